"""The questions of `SCOREBOARD.md`: a few models each, and what is compared of them."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Question:
    """Some models beside each other.

    Args:
        name: Its name, in the marks of the page.
        models: By the name of a variant, what the table calls it.
        compared: What a sentence compares: its subject, the variant that it is about,
            and the variant instead of which that is taken.
    """

    name: str
    models: Mapping[str, str]
    compared: tuple[tuple[str, str, str], ...]


_SCALED, _ADDITIVE, _FOUR = "soft_scaled_dot", "soft_additive", "transformer"
_ROTARY, _RECIPE = "transformer_rotary", "transformer_recipe"
_BEAM = f"{_RECIPE}_beam"

QUESTIONS = (
    Question(
        "attention",
        {
            "fixed_start": "one vector, read at the start",
            "fixed_every_step": "one vector, read at every step",
            _SCALED: "attention",
        },
        (("Attention, not one vector", _SCALED, "fixed_every_step"),),
    ),
    Question(
        "keys",
        {
            "hard_top_1": "the best word",
            "hard_gumbel": "one word drawn, Gumbel-softmax",
            "hard_top_2": "the 2 best words",
            "hard_top_4": "the 4 best words",
            _SCALED: "all words",
        },
        (
            ("The best word, not all", "hard_top_1", _SCALED),
            ("The 4 best words, not all", "hard_top_4", _SCALED),
        ),
    ),
    Question(
        "scores",
        {
            "soft_linear": "linear on [q; k]",
            "soft_dot": "dot product",
            "soft_bilinear": "bilinear",
            _SCALED: "scaled dot product",
            _ADDITIVE: "additive",
        },
        (
            ("Scaled, not as it is, a dot product", _SCALED, "soft_dot"),
            ("An additive score, not a scaled dot product", _ADDITIVE, _SCALED),
        ),
    ),
    Question(
        "equal passes",
        {
            _SCALED: "GRUs, scaled dot product",
            _ADDITIVE: "GRUs, additive attention",
            _FOUR: "Transformer, sinusoidal positions",
            _ROTARY: "Transformer, rotary positions",
        },
        (
            ("A Transformer, not GRUs with additive attention", _FOUR, _ADDITIVE),
            ("The same with rotary positions", _ROTARY, _ADDITIVE),
        ),
    ),
    Question(
        "heads",
        {
            "transformer_1_head": "1 head",
            "transformer_2_heads": "2 heads",
            _FOUR: "4 heads",
            "transformer_8_heads": "8 heads",
        },
        (
            ("4 heads, not 1", _FOUR, "transformer_1_head"),
            ("8 heads, not 4", "transformer_8_heads", _FOUR),
        ),
    ),
    Question(
        "positions",
        {
            "transformer_no_positions": "none",
            "transformer_learned": "learned",
            "transformer_relative": "relative",
            _FOUR: "sinusoidal",
            _ROTARY: "rotary",
        },
        (
            ("Sinusoidal positions, not none", _FOUR, "transformer_no_positions"),
            ("Rotary positions, not sinusoidal", _ROTARY, _FOUR),
        ),
    ),
    Question(
        "parts",
        {
            _FOUR: "softmax of scaled dot products, sinusoidal positions",
            "transformer_query_key_norm": "normalised queries and keys",
            "transformer_temperature": "a learned temperature",
            "transformer_soft_cap": "scores with a soft cap",
            "transformer_sink": "softmax with a learned sink",
            "transformer_off_by_one": "softmax off by one",
            "transformer_top_4": "the 4 best keys",
            "transformer_sigmoid": "sigmoid",
            "transformer_entmax": "1.5-entmax",
            "transformer_sparsemax": "sparsemax",
            "transformer_head_gates": "gated heads",
            "transformer_vectors": "relative vectors",
            "transformer_alibi": "ALiBi",
            "transformer_rotary_half": "rotary positions of half a head",
            "transformer_rotary_ntk": "rotary positions, stretched twice by NTK",
        },
        (
            ("Normalised queries and keys", "transformer_query_key_norm", _FOUR),
            ("Softmax with a learned sink", "transformer_sink", _FOUR),
            ("1.5-entmax, not softmax", "transformer_entmax", _FOUR),
            ("Sparsemax, not softmax", "transformer_sparsemax", _FOUR),
            ("Relative vectors, not sinusoids", "transformer_vectors", _FOUR),
            ("ALiBi, not sinusoids", "transformer_alibi", _FOUR),
        ),
    ),
    Question(
        "recipe",
        {
            _FOUR: "5 passes",
            _RECIPE: "12 passes, and the recipe's rate and average",
            _BEAM: "the same, and a beam of 5",
        },
        (
            ("The recipe's 12 passes, not 5", _RECIPE, _FOUR),
            ("A beam of 5, not greedy decoding", _BEAM, _RECIPE),
        ),
    ),
)

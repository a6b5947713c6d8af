"""The questions of `SCOREBOARD.md`: for each a few models, and a sentence that answers.

What the sentences say, and their numbers, come from the stored results.
"""

import dataclasses
import statistics
from collections.abc import Mapping

from keras_transformer.course.scoreboard.board import Board
from keras_transformer.course.scoreboard.changes import CLEAR

PLACES = {
    "phrasebook": ("phrasebook", "phrasebook", "test"),
    "longer": ("longer sentences", "phrasebook", "test_long"),
    "Multi30k": ("Multi30k", "multi30k-de-en", "test_2016"),
}
"""The columns: what a sentence calls them, the study and the split."""
VERDICTS = {"better": "better on", "worse": "worse on", "undecided": "undecided on"}

Boards = Mapping[str, Board]


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


def verdict(values: list[float], instead: list[float]) -> str:
    """What two models' figures say, one a seed: better, worse, or nothing clear.

    Args:
        values: BLEU of the one.
        instead: BLEU of the other.

    Returns:
        `"better"` or `"worse"` if the means differ by `CLEAR` points, and every seed of
        the one lies on the same side of every seed of the other.

    Example:
        >>> verdict([36.5, 37.0], [33.0, 34.0]), verdict([36.5, 37.0], [33.0, 36.8])
        ('better', 'undecided')
    """
    if abs(statistics.mean(values) - statistics.mean(instead)) >= CLEAR:
        if min(values) > max(instead):
            return "better"
        if max(values) < min(instead):
            return "worse"
    return "undecided"


def answer(question: Question, boards: Boards) -> str:
    """The sentences of a question.

    Args:
        question: The question.
        boards: The boards, by study.
    """
    sentences = []
    for subject, name, instead in question.compared:
        found: dict[str, list[str]] = {}
        for place, corpus, split in PLACES.values():
            board = boards[corpus]
            if not {name, instead} <= set(board.runs):
                continue
            pair = [board.values(each, split, "bleu") for each in (name, instead)]
            one, other = map(statistics.mean, pair)
            told = f"{place} ({one:.1f} against {other:.1f})"
            found.setdefault(VERDICTS[verdict(*pair)], []).append(told)
        parts = [f"{word} {', '.join(told)}" for word, told in found.items()]
        sentences.append(f"- **{subject}**: {'; '.join(parts)}.")
    return "\n".join(sentences) + "\n"


def table(question: Question, boards: Boards) -> str:
    """The table of a question, with BLEU as mean and deviation over seeds.

    Args:
        question: The question.
        boards: The boards, by study.
    """
    places = {
        title: (boards[corpus], split)
        for title, (_, corpus, split) in PLACES.items()
        if set(question.models) & set(boards[corpus].runs) - {_FOUR}
    }
    lines = [f"| | {' | '.join(places)} |", "|---" + "|---:" * len(places) + "|"]
    for name, title in question.models.items():
        cells = [bleu(board, name, split) for board, split in places.values()]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def bleu(board: Board, name: str, split: str) -> str:
    """BLEU of a variant as its mean and deviation over seeds; a dash for none.

    Args:
        board: The board.
        name: Name of the variant.
        split: The split.
    """
    if name not in board.runs:
        return "–"
    mean, sd = (getattr(board, each)(name, split, "bleu") for each in ("mean", "sd"))
    return f"{mean:.1f}" if sd is None else f"{mean:.1f} ± {sd:.1f}"

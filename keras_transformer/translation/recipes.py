"""Named recipes: a corpus, its text, a model, its training and its decoding.

A recipe is a frozen dataclass: `dataclasses.replace` changes it, the command line is
derived from it, and it is saved as JSON beside the model that it made.
"""

import dataclasses
import types
import typing
from collections.abc import Callable
from typing import Annotated

import keras

from keras_transformer.decoding import BatchDecoder, Beam, Greedy, Hypotheses
from keras_transformer.system.ranges import (
    LONGEST,
    Count,
    LengthPenalty,
    LengthRatio,
    Range,
    check,
    checked_later,
)
from keras_transformer.training import TrainingConfig
from keras_transformer.translation.model_configs import (
    ModelConfig,
    RecurrentConfig,
    TransformerConfig,
)


@dataclasses.dataclass(frozen=True)
class TextConfig:
    """How text becomes tokens."""

    vocabulary_size: Annotated[int, Range(262, 10_000_000)] = 8000
    """Number of tokens, learned on the training side; per language if not shared."""
    shared: bool = True
    """One vocabulary for both languages."""
    case: typing.Literal["keep", "lower"] = "keep"
    """Keep upper case, or lower it."""
    form: typing.Literal["NFKC", "NFC"] = "NFKC"
    """Unicode's normal form: NFKC writes one plain form for what looks alike, a comma
    for a Chinese one; NFC keeps them apart."""

    def __post_init__(self):
        check(self)


@dataclasses.dataclass(frozen=True)
class DecodingConfig:
    """How the trained model translates."""

    batch_size: Count = 64
    """Sentences a batch."""
    length_ratio: LengthRatio = 1.5
    """Longest translation: so many tokens for each source token, and eight more."""
    xla: bool = True
    """Compile the decoding loop with XLA."""
    beam: Count = 1
    """Hypotheses of a sentence that are followed; 1 is greedy decoding."""
    length_penalty: LengthPenalty = 0.6
    """How much a beam favours long translations; 0 compares their probabilities."""

    def __post_init__(self):
        check(self)

    @property
    def method(self) -> Greedy | Beam:
        """How a decoder searches."""
        if self.beam == 1:
            return Greedy()
        return Beam(self.beam, self.length_penalty)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that a trained translator depends on."""

    corpus: str = "phrasebook"
    """A corpus by its registered name, or the path of a table of pairs: tabs, or commas
    in a `.csv`; plain, gzip-compressed, or alone in a zip archive."""
    text: TextConfig = TextConfig()
    """How text becomes tokens."""
    model: ModelConfig = dataclasses.field(default_factory=TransformerConfig)
    """The model's measures."""
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    """How the model is trained."""
    decoding: DecodingConfig = DecodingConfig()
    """How the trained model translates."""
    columns: tuple[str, str] | None = None
    """Of a table, the columns of source and target: names that its first line gives, or
    numbers from 0. By default the first two, of a `.csv` the only two."""

    def __post_init__(self):
        check(self)

    def to_dict(self) -> dict:
        """Plain numbers, strings and lists, ready for JSON."""
        return dataclasses.asdict(self)

    def searching(
        self, beam: int | None = None, length_penalty: float | None = None
    ) -> "Recipe":
        """The same recipe with another search; what is `None` stays as it is."""
        given = {"beam": beam, "length_penalty": length_penalty}
        given = {name: value for name, value in given.items() if value is not None}
        decoding = dataclasses.replace(self.decoding, **given)
        return dataclasses.replace(self, decoding=decoding)

    @classmethod
    def from_dict(cls, values: dict) -> "Recipe":
        """The recipe that `to_dict` described.

        Raises:
            ValueError: If a field is unknown, the recipe being of another version, or
                out of its range.
        """
        with checked_later():
            recipe = _restore(cls, values)
        check(recipe)
        return recipe


def batch_decoder(
    model: keras.Model,
    recipe: Recipe,
    method: Callable[..., Hypotheses] | None = None,
) -> BatchDecoder:
    """The decoder of whole lists of sentences that a recipe asks for.

    Args:
        model: The model.
        recipe: Its recipe.
        method: How to search, such as `Beam(width=4)`; by default as the recipe says.
    """
    return BatchDecoder(
        model,
        recipe.decoding.method if method is None else method,
        batch_size=recipe.decoding.batch_size,
        lengths=recipe.training.lengths,
        length_ratio=recipe.decoding.length_ratio,
        xla=recipe.decoding.xla,
    )


MODELS = {"transformer": TransformerConfig, "recurrent": RecurrentConfig}


def _restore(kind, values):
    if not isinstance(values, dict):
        name = "model" if kind is ModelConfig else kind.__name__
        raise ValueError(f"a {name} is written as an object, got {_short(values)}")
    if kind is ModelConfig:
        # Recipes that were written when there was one kind of model do not name it.
        name = values.get("kind", "transformer")
        if not isinstance(name, str) or name not in MODELS:
            raise ValueError(
                f"the kinds of model are {', '.join(MODELS)}, got {_short(repr(name))}"
            )
        kind = MODELS[name]
    known = {field.name: field.type for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(
            f"a {kind.__name__} has the fields {', '.join(known)}, "
            f"got {_short(', '.join(map(_printable, unknown)))}"
        )
    restored = {}
    for name, value in values.items():
        if known[name] is ModelConfig or dataclasses.is_dataclass(known[name]):
            value = _restore(known[name], value)
        elif isinstance(value, list):
            value = tuple(value)
        restored[name] = value
    return kind(**restored)


def _printable(name):
    return name if name.isprintable() else ascii(name)


def _short(value):
    shown = value if isinstance(value, str) else repr(value)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


RECIPES: typing.Mapping[str, Recipe] = types.MappingProxyType(
    {
        # The first translation: minutes on a laptop.
        "phrasebook": Recipe(
            corpus="phrasebook",
            text=TextConfig(vocabulary_size=2000),
            model=TransformerConfig(
                width=128, num_layers=2, hidden_width=256, dropout=0.1
            ),
            training=TrainingConfig(
                epochs=8,
                batch_tokens=2048,
                lengths=(12, 20),
                peak_learning_rate=3e-3,
                warmup_steps=300,
                average=0.99,
                score_every=4,
            ),
        ),
        # Image captions, the benchmark of the scoreboard.
        "multi30k-de-en": Recipe(
            corpus="multi30k-de-en",
            text=TextConfig(vocabulary_size=6000, case="lower"),
            model=TransformerConfig(
                width=256, num_layers=3, hidden_width=512, dropout=0.3
            ),
            training=TrainingConfig(
                epochs=12,
                lengths=(12, 16, 20, 26, 40),
                peak_learning_rate=1.5e-3,
                warmup_steps=600,
                average=0.998,
                score_every=2,
            ),
        ),
        # Everyday sentences, Chinese by the character.
        "tatoeba-zh-en": Recipe(
            corpus="tatoeba-zh-en",
            text=TextConfig(vocabulary_size=6000, shared=False),
            model=TransformerConfig(
                width=256, num_layers=3, hidden_width=512, dropout=0.3
            ),
            training=TrainingConfig(
                epochs=10,
                lengths=(12, 16, 24, 40),
                peak_learning_rate=1.5e-3,
                warmup_steps=600,
                average=0.998,
                score_every=2,
            ),
        ),
        # Seconds, for tests: it learns nothing.
        "smoke": Recipe(
            corpus="phrasebook",
            text=TextConfig(vocabulary_size=700),
            model=TransformerConfig(
                width=16, num_layers=1, num_heads=2, hidden_width=32
            ),
            training=TrainingConfig(
                epochs=1, lengths=(20,), warmup_steps=10, xla=False, average=0.9
            ),
            decoding=DecodingConfig(batch_size=16, xla=False),
        ),
    }
)

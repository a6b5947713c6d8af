"""Named recipes: a corpus, its text, a model, its training and its decoding.

A recipe is a frozen dataclass: `dataclasses.replace` changes it, the command line is
derived from it, and it is saved as JSON beside the model that it made.
"""

import dataclasses
import types
import typing

import keras

from keras_transformer.training import TrainingConfig
from keras_transformer.transformer import Transformer


@dataclasses.dataclass(frozen=True)
class TextConfig:
    """How text becomes tokens."""

    vocabulary_size: int = 8000
    """Number of tokens, learned on the training side; per language if not shared."""
    shared: bool = True
    """One vocabulary for both languages."""
    case: typing.Literal["keep", "lower"] = "keep"
    """Keep upper case, or lower it."""


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """The Transformer's measures."""

    width: int = 256
    """Width of the model."""
    num_layers: int = 3
    """Blocks in the encoder, and as many in the decoder."""
    num_heads: int = 4
    """Attention heads; must divide the width."""
    hidden_width: int = 512
    """Hidden width of the feed-forward networks."""
    dropout: float = 0.1
    """Dropout on embeddings and after each sub-layer."""
    attention_dropout: float = 0.0
    """Dropout on the attention weights."""
    hidden_dropout: float = 0.0
    """Dropout on the hidden layers of the feed-forward networks."""
    norm: typing.Literal["pre", "post"] = "pre"
    """Normalise before each sub-layer, or after it."""
    positions: typing.Literal["sinusoidal", "learned"] = "sinusoidal"
    """How positions are told apart."""

    def make(self, source_vocabulary: int, target_vocabulary: int, text, training):
        """The model for vocabularies of these sizes."""
        return Transformer(
            source_vocabulary,
            target_vocabulary,
            **dataclasses.asdict(self),
            share_embeddings=text.shared,
            seed=training.seed,
            dtype=keras.DTypePolicy(training.precision),
        )


@dataclasses.dataclass(frozen=True)
class DecodingConfig:
    """How the trained model translates."""

    rows: int = 64
    """Sentences a batch."""
    growth: float = 1.5
    """Longest translation: so many tokens for each source token, and eight more."""
    xla: bool = True
    """Compile the decoding loop with XLA."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that a trained translator depends on."""

    corpus: str = "phrasebook"
    """A corpus by its registered name, or the path of a TSV file."""
    text: TextConfig = TextConfig()
    """How text becomes tokens."""
    model: ModelConfig = ModelConfig()
    """The model's measures."""
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    """How the model is trained."""
    decoding: DecodingConfig = DecodingConfig()
    """How the trained model translates."""

    def to_dict(self) -> dict:
        """Plain numbers, strings and lists, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Recipe":
        """The recipe that `to_dict` described.

        Raises:
            ValueError: If a field is unknown: the recipe is of another version.
        """
        return _restore(cls, values)


def _restore(kind, values):
    known = {field.name: field.type for field in dataclasses.fields(kind)}
    if not isinstance(values, dict):
        raise ValueError(f"a {kind.__name__} is written as an object, got {values!r}")
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(
            f"a {kind.__name__} has the fields {', '.join(known)}, "
            f"got {', '.join(unknown)}"
        )
    restored = {}
    for name, value in values.items():
        if dataclasses.is_dataclass(known[name]):
            value = _restore(known[name], value)
        elif isinstance(value, list):
            value = tuple(value)
        restored[name] = value
    return kind(**restored)


RECIPES: typing.Mapping[str, Recipe] = types.MappingProxyType(
    {
        # The first translation: minutes on a laptop.
        "phrasebook": Recipe(
            corpus="phrasebook",
            text=TextConfig(vocabulary_size=2000),
            model=ModelConfig(width=128, num_layers=2, hidden_width=256, dropout=0.1),
            training=TrainingConfig(
                epochs=8,
                batch_tokens=2048,
                widths=(12, 20),
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
            model=ModelConfig(width=256, num_layers=3, hidden_width=512, dropout=0.3),
            training=TrainingConfig(
                epochs=12,
                widths=(12, 16, 20, 26, 40),
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
            model=ModelConfig(width=256, num_layers=3, hidden_width=512, dropout=0.3),
            training=TrainingConfig(
                epochs=10,
                widths=(12, 16, 24, 40),
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
            model=ModelConfig(width=16, num_layers=1, num_heads=2, hidden_width=32),
            training=TrainingConfig(
                epochs=1, widths=(20,), warmup_steps=10, xla=False, average=0.9
            ),
            decoding=DecodingConfig(rows=16, xla=False),
        ),
    }
)

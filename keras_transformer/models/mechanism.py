"""How a block attends: what all its attentions have in common."""

import dataclasses

import keras

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.randomness.seeds import copies

LAYERS = ("score", "weighting", "positions")


@dataclasses.dataclass(frozen=True)
class Mechanism:
    """Score, weighting, positions and key/value heads, as of `MultiHeadAttention`.

    The three layers are patterns: they are never built. Every attention gets copies,
    so that no two attentions share a weight, or draw the same random numbers.
    """

    score: keras.layers.Layer | None = None
    weighting: keras.layers.Layer | None = None
    positions: keras.layers.Layer | None = None
    num_key_value_heads: int | None = None

    def spread(self, count: int) -> list["Mechanism"]:
        """A mechanism of its own for each of several attentions."""
        layers = (copies(getattr(self, name), count) for name in LAYERS)
        return [
            Mechanism(*own, self.num_key_value_heads)
            for own in zip(*layers, strict=True)
        ]

    def attention(self, num_heads, width, dropout, seed, dtype) -> MultiHeadAttention:
        """An attention that works this way; to be asked for once.

        Args:
            num_heads: Number of heads.
            width: Width of the model.
            dropout: Dropout on the weights.
            seed: Seed of the dropout.
            dtype: Dtype policy of the attention.
        """
        return MultiHeadAttention(
            num_heads,
            width,
            **vars(self),
            dropout=dropout,
            seed=seed,
            dtype=dtype,
        )

    def get_config(self) -> dict:
        """The four options, the layers serialised."""
        layers = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in LAYERS
        }
        return {**layers, "num_key_value_heads": self.num_key_value_heads}


def with_layers(config: dict) -> dict:
    """A config with its layers made from what `Mechanism.get_config` wrote.

    A config of before there were such options has none of them.
    """
    layers = {
        name: keras.saving.deserialize_keras_object(config[name])
        for name in LAYERS
        if isinstance(config.get(name), dict)
    }
    return {**config, **layers}

"""From token ids to vectors, and from vectors to logits: the layers at both ends."""

import keras

from keras_transformer.positions import (
    LearnedPositions,
    RelativePositionBias,
    RotaryPositions,
    SinusoidalPositions,
)

POSITIONS = ("sinusoidal", "learned", "rotary", "relative", "none")


def token_embedding(size, width, tied, dtype, name):
    """An embedding that also projects back to the vocabulary.

    Its variance is `1 / width`: `√width` times an embedding is then of the size of
    the positions, and the tied projection gives logits of variance 1.

    Args:
        size: Number of tokens.
        width: Width of the model.
        tied: Whether the way back has no matrix of its own.
        dtype: Dtype policy of the layer.
        name: Name of the layer.
    """
    return keras.layers.ReversibleEmbedding(
        size,
        width,
        tie_weights=tied,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=width**-0.5),
        dtype=dtype,
        name=name,
    )


def require_known_positions(kind):
    """Refuse positions that have no meaning.

    Raises:
        ValueError: If `kind` is unknown.
    """
    if kind not in POSITIONS:
        raise ValueError(f"positions must be one of {POSITIONS}, got {kind!r}")


def added_positions(kind, max_length, dtype, name):
    """The layer that adds positions to the embeddings, or `None`.

    Args:
        kind: One of `POSITIONS`.
        max_length: Number of learned positions.
        dtype: Dtype policy of the layer.
        name: Name of the layer.
    """
    if kind == "learned":
        return LearnedPositions(max_length, dtype=dtype, name=name)
    if kind == "sinusoidal":
        return SinusoidalPositions(dtype=dtype, name=name)
    return None


def inner_positions(kind, num_heads, max_length, causal, dtype):
    """The positions inside each self-attention, or `None`.

    Args:
        kind: One of `POSITIONS`.
        num_heads: Number of heads.
        max_length: From this distance on all share a relative bias.
        causal: Whether later keys are hidden, and need no bias.
        dtype: Dtype policy of the layer.
    """
    if kind == "rotary":
        return RotaryPositions(dtype=dtype)
    if kind == "relative":
        return RelativePositionBias(
            num_heads,
            max_distance=max_length,
            bidirectional=not causal,
            dtype=dtype,
        )
    return None

"""From token ids to vectors, and from vectors to logits: the layers at both ends."""

import keras

from keras_transformer.positions import LearnedPositions, SinusoidalPositions

POSITIONS = ("sinusoidal", "learned")


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


def position_layer(kind, max_length, dtype, name):
    """The layer that tells positions apart.

    Args:
        kind: `"sinusoidal"` or `"learned"`.
        max_length: Number of learned positions.
        dtype: Dtype policy of the layer.
        name: Name of the layer.

    Raises:
        ValueError: If `kind` is unknown.
    """
    if kind not in POSITIONS:
        raise ValueError(f"positions must be one of {POSITIONS}, got {kind!r}")
    if kind == "learned":
        return LearnedPositions(max_length, dtype=dtype, name=name)
    return SinusoidalPositions(dtype=dtype, name=name)

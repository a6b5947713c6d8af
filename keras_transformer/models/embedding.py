"""From token ids to vectors, and from vectors to logits: the layers at both ends.

Axes: `b` batch, `t` position, `w` width.
"""

import math
from typing import Any

import keras

from keras_transformer.tokens.known import known_ids


def token_embedding(size: int, width: int, tied: bool, dtype: Any, name: str) -> Any:
    """An embedding that also projects back to the vocabulary.

    Its variance is `1 / width`: `√width` times an embedding has variance 1, the size
    of the positions, and the tied projection gives logits of variance 1 at most. In
    mixed precision logits have the dtype of the weights.

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
        reverse_dtype=keras.dtype_policies.get(dtype).variable_dtype,
        dtype=dtype,
        name=name,
    )


def both_embeddings(
    source_size: int, target_size: int, width: int, shared: bool, tied: bool, dtype: Any
) -> tuple[Any, Any]:
    """The embeddings of target and source, which are one if they are shared.

    Args:
        source_size: Number of source tokens.
        target_size: Number of target tokens.
        width: Width of the model.
        shared: Whether source and target have one matrix.
        tied: Whether the target's is the output projection too.
        dtype: Dtype policy of the layers.

    Raises:
        ValueError: If one is to serve two vocabularies of different size.
    """
    if shared and source_size != target_size:
        raise ValueError(
            "share_embeddings needs one vocabulary, got "
            f"source_vocabulary={source_size}, target_vocabulary={target_size}"
        )
    target = token_embedding(target_size, width, tied, dtype, "target_embedding")
    if shared:
        return target, target
    # The way back, which needs a second matrix where it is not tied, the source never
    # takes.
    source = token_embedding(source_size, width, True, dtype, "source_embedding")
    return target, source


def embed(embedding: Any, ids: Any) -> Any:
    """Token ids to vectors of variance 1.

    Args:
        embedding: What `token_embedding` made.
        ids: Integers `[b, t]` or `[b]`; of one that is not in the vocabulary,
            `known_ids` says what becomes.

    Returns:
        Float `[b, t, w]` or `[b, w]`.
    """
    ids = known_ids(ids, embedding.input_dim)
    return embedding(ids) * math.sqrt(embedding.output_dim)

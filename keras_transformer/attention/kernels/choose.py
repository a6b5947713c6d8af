"""Which kernel computes a softmax attention: the one place that chooses."""

import math

from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import (
    SCORES_AT_ONCE as MANY_SCORES_OF_ALL_HEADS,
)
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.system.devices import accelerated

# From so many pairs of query and key on, an array of all scores costs more than to make
# a block of scores at a time, and to make it twice for the gradient. On a processor;
# a GPU would rather make them all, as long as there is memory for those of all heads.
MANY_SCORES = 1024 * 1024


def kernel_for(query_shape: tuple, key_shape: tuple) -> str | None:
    """A kernel that is better than an array of all scores, if there is one.

    Args:
        query_shape: Shape of the queries, `[..., t, d]`; lengths may be unknown.
        key_shape: Shape of the keys, `[..., s, d]`, likewise.

    Returns:
        A function `(query, key, value, mask) → context` for `masked_softmax(query ·
        key) · value`; `None` where the three steps are best taken one by one.
    """
    # What is None will be known when it runs, as in TensorFlow; with a symbol, as in
    # JAX, nothing runs: only shapes are asked for.
    if not all(n is None or isinstance(n, int) for n in query_shape):
        return None
    queries, keys = query_shape[-2], key_shape[-2]
    if not (isinstance(queries, int) and isinstance(keys, int)):
        return None
    if not accelerated():
        return attention_in_blocks if queries * keys >= MANY_SCORES else None
    heads = math.prod(n or 1 for n in query_shape[:-2])
    if heads * queries * keys > MANY_SCORES_OF_ALL_HEADS:
        return attention_in_wide_blocks
    return None

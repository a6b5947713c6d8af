"""Softmax attention by the kernel that the backend brings along.

Axes: `b` batch, `h` head, `g` key/value head, `r` query heads for each of them, `t`
query position, `s` key position, `d` width of query, key and value.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.masks import without_padding


def fits_fused(query_shape: tuple, key_shape: tuple, value_shape: tuple) -> bool:
    """Whether `fused_attention` takes such shapes.

    Args:
        query_shape: Shape of the queries.
        key_shape: Shape of the keys.
        value_shape: Shape of the values.

    Returns:
        Whether all have one width and one to three axes before the last two, the same
        ones, but for the last of three, which may be 1 for keys and values: heads that
        share keys.
    """
    before, before_key = query_shape[:-2], key_shape[:-2]
    if tuple(key_shape) != tuple(value_shape):
        return False
    if len(before) == 3 and before_key[2:] == (1,):
        before, before_key = before[:2], before_key[:2]
    return 1 <= len(before) <= 3 and tuple(before) == tuple(before_key)


def fused_attention(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    """`masked_softmax(query · key) · value` by `keras.ops.dot_product_attention`.

    That is PyTorch's `scaled_dot_product_attention`, and on a GPU cuDNN's attention
    with JAX. Those yield a mean of hidden values, or NaN, for a query with no visible
    key: here it yields 0, and gives no gradient.

    Args:
        query: Float `[b, t, d]`, `[b, h, t, d]` or `[b, g, r, t, d]`.
        key: Float `[b, s, d]`, `[b, h, s, d]` or `[b, g, 1, s, d]`.
        value: Float, of the shape of the key.
        mask: Boolean, broadcastable to `[..., t, s]`, `True` = keep.

    Returns:
        Context, float `[..., t, d]`. A query with no visible key yields 0.

    Example:
        >>> import numpy as np
        >>> query = np.array([[[1.0, 0.0], [0.0, 0.0]]], "float32")
        >>> value = np.array([[[0.0, 2.0], [0.0, 4.0]]], "float32")
        >>> np.asarray(fused_attention(query, value, value)).tolist()
        [[[0.0, 3.0], [0.0, 3.0]]]

    Source: Dao et al. 2022 (FlashAttention).
    """
    query, key, value = (ops.convert_to_tensor(x) for x in (query, key, value))
    before, queries = ops.shape(query)[:-2], ops.shape(query)[-2]
    seen = None
    if mask is not None:
        mask = ops.convert_to_tensor(mask)
        missing = len(before) + 2 - len(mask.shape)
        mask = ops.reshape(mask, (*[1] * missing, *ops.shape(mask)))
        seen = ops.any(mask, axis=-1)
        if any(n != 1 for n in mask.shape[1:-2]):  # of each head, or of some of them
            mask = ops.broadcast_to(
                mask, (*mask.shape[:1], *before[1:], *mask.shape[-2:])
            )
        mask = _of_four_axes(mask)
    if len(before) == 3 and keras.backend.backend() == "torch":
        # PyTorch wants a key for each head.
        key, value = (
            ops.broadcast_to(x, (*before, *ops.shape(x)[-2:])) for x in (key, value)
        )
    parts = (ops.swapaxes(_of_four_axes(x), 1, 2) for x in (query, key, value))
    context = ops.dot_product_attention(*parts, mask=mask, scale=1.0)
    context = ops.swapaxes(context, 1, 2)
    context = ops.reshape(context, (*before, queries, value.shape[-1]))
    return without_padding(context, seen)


def _of_four_axes(x):
    """`[b, t, d]` with one head, `[b, g, r, t, d]` with all heads in one axis."""
    batch, *heads, length, width = ops.shape(x)
    return ops.reshape(x, (batch, math.prod(heads), length, width))

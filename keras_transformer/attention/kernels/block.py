"""One block of queries: what it sees, and what its gradient says.

Axes: `...` what stands before, `c` query position in the block, `s` key position, `d`
width of query and key, `v` width of a value.
"""

from typing import Any

from keras import ops

from keras_transformer.masks import hide
from keras_transformer.system.precision import at_least_float32, matmul


def block_context(
    query: Any, key: Any, value: Any, mask: Any = None
) -> tuple[Any, Any]:
    """`masked_softmax(query · key) · value`, and what the gradient needs of it.

    Args:
        query: Float `[..., c, d]`.
        key: Float `[..., s, d]`.
        value: Float `[..., s, v]`.
        mask: Boolean, broadcastable to `[..., c, s]`, `True` = keep.

    Returns:
        The context `[..., c, v]`, and the logarithm of the summed exponentials of the
        visible scores, `[..., c, 1]` in float32, of float64 in float64; 0 is summed to
        1 there, so that it is finite.
    """
    scores = ops.einsum("...cd,...sd->...cs", query, key)
    scores = ops.cast(scores, at_least_float32(query.dtype))
    hidden = scores if mask is None else hide(scores, mask)
    highest = ops.max(hidden, axis=-1, keepdims=True)
    shares = ops.exp(hidden - highest)
    shares = shares if mask is None else ops.where(mask, shares, 0.0)
    total = ops.sum(shares, axis=-1, keepdims=True)
    total = total if mask is None else ops.where(total == 0, 1.0, total)
    if scores.dtype == value.dtype:
        context = matmul(shares, value) / total
    else:  # in 16 bits a sum of so many values may not be a number any more
        context = matmul(ops.cast(shares / total, value.dtype), value)
    return context, highest + ops.log(total)


def block_gradient(
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    log_total: Any,
    above: Any,
    mean: Any,
) -> tuple[Any, Any, Any]:
    """The gradients of the context of a block.

    The scores are made anew with the keys first, `[..., s, c]`: two of the three
    products that follow then need no transposed copy of an array of scores.

    Args:
        query: Float `[..., c, d]`.
        key: Float `[..., s, d]`.
        value: Float `[..., s, v]`.
        mask: As of `block_context`.
        log_total: As `block_context` returned it.
        above: The gradient of the context, `[..., c, v]`.
        mean: The mean of the weights' gradients, by the weights: that is, the sum of
            `context · above` over the width, `[..., c, 1]`.

    Returns:
        Those of query `[..., c, d]`, key `[..., s, d]` and value `[..., s, v]`; of the
        last two in float32, of float64 in float64, for they are summed over blocks.

    Source: Dao et al. 2022 (FlashAttention), appendix B.2.
    """
    dtype = at_least_float32(query.dtype)
    log_total, mean = (ops.swapaxes(x, -1, -2) for x in (log_total, mean))  # ... 1 c
    scores = ops.cast(ops.einsum("...sd,...cd->...sc", key, query), dtype)
    weights = ops.exp(scores - log_total)
    if mask is not None:
        weights = ops.where(ops.swapaxes(mask, -1, -2), weights, 0.0)
    to_weights = ops.cast(ops.einsum("...sv,...cv->...sc", value, above), dtype)
    to_scores = ops.cast(weights * (to_weights - mean), query.dtype)
    return (
        ops.einsum("...sc,...sd->...cd", to_scores, key),
        ops.cast(matmul(to_scores, query), dtype),
        ops.cast(matmul(ops.cast(weights, above.dtype), above), dtype),
    )


def weighted_mean(context: Any, above: Any) -> Any:
    """The mean of the weights' gradients by the weights, which is `context · above`.

    Args:
        context: The context, `[..., t, v]`.
        above: Its gradient, `[..., t, v]`.

    Returns:
        `[..., t, 1]`, in float32, of float64 in float64.
    """
    dtype = at_least_float32(context.dtype)
    product = ops.cast(context, dtype) * ops.cast(above, dtype)
    return ops.sum(product, axis=-1, keepdims=True)

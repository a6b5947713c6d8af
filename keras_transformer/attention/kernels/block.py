"""One block of queries: what it sees, and what its gradient says.

Axes: `...` what stands before, `c` query position in the block, `s` key position, `d`
width of query and key, `v` width of a value.
"""

from typing import Any

from keras import ops

from keras_transformer.masks import masked_softmax
from keras_transformer.system.precision import at_least_float32, matmul


def block_weights(query: Any, key: Any, mask: Any = None) -> Any:
    """`masked_softmax(query · key)`.

    Args:
        query: Float `[..., c, d]`.
        key: Float `[..., s, d]`.
        mask: Boolean, broadcastable to `[..., c, s]`, `True` = keep.

    Returns:
        Weights `[..., c, s]`.
    """
    return masked_softmax(ops.einsum("...cd,...sd->...cs", query, key), mask)


def block_gradient(
    weights: Any, above: Any, query: Any, key: Any, value: Any
) -> tuple[Any, Any, Any]:
    """The gradients of `block_weights(query, key) · value`.

    Args:
        weights: The weights, `[..., c, s]`.
        above: The gradient of the context, `[..., c, v]`.
        query: Float `[..., c, d]`.
        key: Float `[..., s, d]`.
        value: Float `[..., s, v]`.

    Returns:
        Those of query `[..., c, d]`, key `[..., s, d]` and value `[..., s, v]`; of the
        last two in float32, of float64 in float64, for they are summed over blocks.
    """
    dtype = at_least_float32(query.dtype)
    to_weights = ops.cast(ops.einsum("...cv,...sv->...cs", above, value), dtype)
    exact = ops.cast(weights, dtype)
    mean = ops.sum(exact * to_weights, axis=-1, keepdims=True)
    to_scores = ops.cast(exact * (to_weights - mean), query.dtype)
    return (
        matmul(to_scores, key),
        ops.cast(ops.einsum("...cs,...cd->...sd", to_scores, query), dtype),
        ops.cast(ops.einsum("...cs,...cv->...sv", weights, above), dtype),
    )

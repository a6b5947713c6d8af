"""What stands before and behind the heads: projections, split and merge.

Axes: `b` batch, `t` position, `h` head, `g` key/value head, `r` query heads for each
key/value head, `d` width of a head, `w` width of the model, `u` width of several
projections together.
"""

import string

from keras import ops

from keras_transformer.masks import require_boolean


def project(x, kernel):
    """The product with a matrix at every position.

    Args:
        x: Float `[..., w]`.
        kernel: Float `[w, u]`.

    Returns:
        Float `[..., u]`.
    """
    # Not matmul: on TensorFlow it reshapes for a matrix, by a shape that XLA does not
    # know inside a loop. And every axis has a letter, so that this is one product of
    # two matrices. What stands under an ellipsis TensorFlow takes for a batch of
    # products: slower, and of [b, 1, t, w], one head, XLA makes a program that writes
    # beyond its arrays (TensorFlow 2.21 on a CPU).
    axes = string.ascii_lowercase[: len(x.shape) - 1]
    return ops.einsum(f"{axes}y,yz->{axes}z", x, kernel)


def project_together(projections, x):
    """What several dense layers make of one sequence, by one matrix product.

    The matrices stay what they are; side by side they are one. The product is larger,
    and the sequence is read once.

    Args:
        projections: Built `keras.layers.Dense` layers without activation.
        x: Float `[b, t, w]`.

    Returns:
        Float `[b, t, u]`: the outputs side by side.
    """
    if any(layer.quantization_mode for layer in projections):
        return ops.concatenate([layer(x) for layer in projections], axis=-1)
    kernel = ops.concatenate([layer.kernel for layer in projections], axis=-1)
    # Not einsum: TensorFlow would make the kernel's gradient for each sequence alone.
    together = ops.matmul(x, ops.cast(kernel, x.dtype))
    if not projections[0].use_bias:
        return together
    bias = ops.concatenate([layer.bias for layer in projections], axis=-1)
    return together + ops.cast(bias, x.dtype)


def split_heads(x, heads: int):
    """The width split into heads: `[b, t, h·d]` to `[b, h, t, d]`."""
    batch, length = ops.shape(x)[:2]
    x = ops.reshape(x, (batch, length, heads, x.shape[-1] // heads))
    return ops.transpose(x, (0, 2, 1, 3))


def merge_heads(x):
    """The heads side by side again: `[b, h, t, d]` to `[b, t, h·d]`."""
    batch, heads, length, width = ops.shape(x)
    x = ops.transpose(x, (0, 2, 1, 3))
    return ops.reshape(x, (batch, length, heads * width))


def mask_of_heads(mask):
    """A mask for every head: `[b, t, s]` or `[t, s]` to `[…, 1, t, s]`.

    Raises:
        ValueError: If it is not boolean, or has other axes, one of heads for example.
    """
    if mask is None:
        return None
    require_boolean(mask)
    if len(mask.shape) not in (2, 3):
        raise ValueError(
            "a mask of multi-head attention has the axes [b, t, s] or [t, s], "
            f"got shape {tuple(mask.shape)}; all heads share it"
        )
    return ops.expand_dims(mask, axis=-3)


def group_heads(x, groups: int):
    """Heads by the key/value head they share: `[…, h, t, d]` to `[…, g, r, t, d]`."""
    *before, heads, length, width = ops.shape(x)
    return ops.reshape(x, (*before, groups, heads // groups, length, width))


def ungroup_heads(x):
    """The heads in a row again: `[b, g, r, t, d]` to `[b, h, t, d]`."""
    batch, groups, repeats, length, width = ops.shape(x)
    return ops.reshape(x, (batch, groups * repeats, length, width))

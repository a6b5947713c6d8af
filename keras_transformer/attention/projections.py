"""Products with matrices, which stand before and behind the heads.

Axes: `b` batch, `t` position, `w` width of the model, `u` width of a projection, or of
several together.
"""

import string
from typing import Any

import keras
from keras import ops

from keras_transformer.randomness.seeds import spread_initializer
from keras_transformer.system.precision import matmul


def projections(
    units: dict, kernel_initializer: Any, use_bias: bool, dtype: Any
) -> list[keras.layers.Dense]:
    """Dense layers, each with an initializer of its own.

    Args:
        units: Width of each, by name.
        kernel_initializer: Initializer from which each gets one.
        use_bias: Whether they add a bias.
        dtype: Dtype policy of the layers.

    Returns:
        A list of `keras.layers.Dense`, in the order of the names.
    """
    kernels = spread_initializer(kernel_initializer, len(units))
    return [
        keras.layers.Dense(
            width, use_bias=use_bias, kernel_initializer=kernel, dtype=dtype, name=name
        )
        for (name, width), kernel in zip(units.items(), kernels, strict=True)
    ]


def gates(count: int, dtype: Any) -> keras.layers.Dense:
    """A dense layer whose outputs are numbers between 0 and 1: a gate for each head.

    Args:
        count: Number of heads.
        dtype: Dtype policy of the layer.

    Source: Qiu et al. 2025, "Gated attention for large language models", section 2.2,
    a gate on the output of each head.
    """
    return keras.layers.Dense(count, "sigmoid", dtype=dtype, name="gate")


def project(x: Any, kernel: Any) -> Any:
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


def project_together(projections: Any, x: Any) -> Any:
    """What several dense layers make of one sequence, by one matrix product.

    The matrices stay what they are; side by side they are one. The product is larger,
    and the sequence is read once. Layers that do more than a product are called.

    Args:
        projections: Built `keras.layers.Dense` layers without activation.
        x: Float `[b, t, w]`.

    Returns:
        Float `[b, t, u]`: the outputs side by side.
    """
    if not all(map(_is_a_plain_product, projections)):
        return ops.concatenate([layer(x) for layer in projections], axis=-1)
    kernel = ops.concatenate([layer.kernel for layer in projections], axis=-1)
    # Not einsum: TensorFlow would make the kernel's gradient for each sequence alone.
    together = matmul(x, ops.cast(kernel, x.dtype))
    if not projections[0].use_bias:
        return together
    bias = ops.concatenate([layer.bias for layer in projections], axis=-1)
    return together + ops.cast(bias, x.dtype)


def _is_a_plain_product(layer):
    """Whether a call of a dense layer adds nothing to the product with its kernel."""
    return (
        type(layer) is keras.layers.Dense
        and not layer.quantization_mode
        and not layer.lora_enabled
        and getattr(layer, "_remat_mode", None) is None
        and keras.distribution.distribution() is None  # it may lay outputs out anew
    )

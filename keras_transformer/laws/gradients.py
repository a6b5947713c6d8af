"""Gradients on any backend."""

import keras
import numpy as np
from keras import ops

from keras_transformer.laws.probes import numbers, plain


def gradients(function, arrays, direction=None, layer=None, dtype="float32"):
    """Gradients of `sum(direction · function(*arrays))`.

    Args:
        function: A function of tensors with one tensor as its result.
        arrays: NumPy arrays to differentiate by.
        direction: NumPy array of the result's shape, or that broadcasts to it; normal
            numbers by default.
        layer: The built layer in the function, whose weights get gradients too.
        dtype: Dtype in which the arrays are handed over.

    Returns:
        The pair of lists `(gradients by arrays, gradients by the layer's weights)`, of
        NumPy arrays; zeros where nothing depends.
    """
    weights = [] if layer is None else list(layer.trainable_weights)

    def total(*tensors):
        made = ops.cast(function(*(ops.cast(x, dtype) for x in tensors)), "float32")
        along = numbers(*made.shape, seed=4) if direction is None else direction
        return ops.sum(ops.multiply(along, made))

    given = [np.asarray(array, "float32") for array in arrays]
    differentiate = _OF_BACKEND[keras.backend.backend()]
    found = [plain(slope) for slope in differentiate(total, given, weights, layer)]
    return found[: len(given)], found[len(given) :]


def _on_tensorflow(function, arrays, weights, layer):
    import tensorflow as tf

    inputs = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = function(*inputs)
    variables = [weight.value for weight in weights]
    none = tf.UnconnectedGradients.ZERO
    found = tape.gradient(result, [*inputs, *variables], unconnected_gradients=none)
    return [tf.convert_to_tensor(slope) for slope in found]


def _on_jax(function, arrays, weights, layer):
    import jax

    # What a call changes besides, such as the seed of its draws, stays changed.
    states = [] if layer is None else layer.non_trainable_variables

    def of_all(arrays, held):
        mapping = list(zip(weights, held, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = function(*arrays)
        return result, [scope.get_current_value(state) for state in states]

    held = [weight.value for weight in weights]
    slopes, after = jax.grad(of_all, argnums=(0, 1), has_aux=True)(arrays, held)
    for state, value in zip(states, after, strict=True):
        if value is not None:
            state.assign(value)
    return [*slopes[0], *slopes[1]]


def _on_torch(function, arrays, weights, layer):
    import torch

    inputs = [ops.convert_to_tensor(array).requires_grad_() for array in arrays]
    variables = [weight.value for weight in weights]
    found = torch.autograd.grad(
        function(*inputs), [*inputs, *variables], allow_unused=True
    )
    return [
        torch.zeros_like(x) if slope is None else slope
        for x, slope in zip([*inputs, *variables], found, strict=True)
    ]


_OF_BACKEND = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}

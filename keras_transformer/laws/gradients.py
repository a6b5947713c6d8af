"""Gradients on any backend, through nothing but Keras.

A model holds the input as a weight, and an optimizer writes each gradient into its
weight instead of taking a step.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.laws.inputs import numbers, values


class _Keep(keras.optimizers.Optimizer):
    """Leaves the gradient where the weight was."""

    def __init__(self):
        super().__init__(learning_rate=0.0, name="keep")

    def apply(self, grads, trainable_variables=None):
        trainable = self._trainable_variables
        variables = trainable if trainable_variables is None else trainable_variables
        for gradient, variable in zip(grads, variables, strict=True):
            if gradient is None:
                gradient = ops.zeros(variable.shape, variable.dtype)
            variable.assign(ops.cast(ops.convert_to_tensor(gradient), variable.dtype))

    def update_step(self, gradient, variable, learning_rate):
        raise NotImplementedError  # apply takes no step


class _Probe(keras.Model):
    """`sum(direction · function(*arrays))` as a loss, with the arrays as weights."""

    def __init__(self, function, arrays, direction, layer, dtype):
        super().__init__(dtype="float32")
        self.judged_function = function
        self.judged_layer = layer
        self.result_dtype = dtype
        self.arrays = [np.asarray(array) for array in arrays]
        self.direction = direction
        self.deltas = [
            self.add_weight(shape=array.shape, initializer="zeros", dtype="float32")
            for array in self.arrays
        ]
        self.built = True

    def call(self, inputs):
        arrays = [
            ops.cast(ops.add(delta, array), self.result_dtype)
            for array, delta in zip(self.arrays, self.deltas, strict=True)
        ]
        return ops.cast(self.judged_function(*arrays), "float32")

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        along = self.direction
        if along is None:
            along = numbers(*y_pred.shape, seed=4)
        # On PyTorch what depends on no weight has no gradient, not even 0.
        nothing = sum(ops.sum(ops.multiply(delta, 0.0)) for delta in self.deltas)
        total = ops.sum(ops.multiply(along, y_pred))
        return total + ops.cast(nothing, total.dtype)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return {}


def gradients(
    function: Callable,
    arrays: Any,
    direction: Any = None,
    layer: Any = None,
    dtype: Any = "float32",
) -> tuple[dict[str, Any], Any]:
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
    before = [values(weight) for weight in weights]
    probe = _Probe(function, arrays, direction, layer, dtype)
    probe.compile(optimizer=_Keep(), loss=None, run_eagerly=True, jit_compile=False)
    probe.train_on_batch(np.zeros((1, 1), "float32"))
    by_arrays = [values(delta) for delta in probe.deltas]
    by_weights = [values(weight) for weight in weights]
    for weight, value in zip(weights, before, strict=True):
        weight.assign(value)
    return by_arrays, by_weights

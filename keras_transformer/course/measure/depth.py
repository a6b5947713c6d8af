"""What of a gradient arrives at each layer of a deep model."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from keras_transformer.laws.gradients import gradients


class _Holder(keras.layers.Layer):
    """Makes several layers look like one."""

    def __init__(self, layers):
        super().__init__()
        self.held = list(layers)
        self.built = True


def gradient_norm_by_layer(
    loss: Callable, layers: Sequence[keras.layers.Layer]
) -> np.ndarray:
    """Length of the gradient of a loss by the weights of each layer.

    ```
    norm[i] = ‖ ∂ loss() / ∂ (all weights of layers[i]) ‖
    ```

    Args:
        loss: A function without arguments; it calls the layers, and returns a number.
        layers: Built layers, such as the blocks of a stack. They keep their weights.

    Returns:
        Float64, one number a layer; 0 for a layer that the loss does not depend on.

    Example:
        >>> double = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        >>> x = np.array([[3.0, 4.0]])
        >>> double.build(x.shape)  # the gradient by its two weights is (3, 4)
        >>> loss = lambda: keras.ops.sum(double(x))
        >>> gradient_norm_by_layer(loss, [double]).tolist()
        [5.0]
    """

    def losses():
        return keras.ops.reshape(loss(), (1,))

    holder = _Holder(layers)
    _, found = gradients(losses, [], np.ones(1, "float32"), layer=holder)
    square = {
        id(weight): float((gradient.astype("float64") ** 2).sum())
        for weight, gradient in zip(holder.trainable_weights, found, strict=True)
    }
    return np.sqrt([sum(square[id(w)] for w in x.trainable_weights) for x in layers])

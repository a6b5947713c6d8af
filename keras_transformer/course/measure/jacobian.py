"""Which position of the input reaches which position of the result.

Axes: `b` sequence, `t` position of the result, `s` position of the input, `e` width of
the input, `u` width of the result.
"""

from collections.abc import Callable

import keras
import numpy as np

from keras_transformer.laws.gradients import gradients


def gradient_norm_by_pair(function: Callable, x: np.ndarray) -> np.ndarray:
    """How far each position of a result moves with each position of its input.

    ```
    norm[b, t, s] = ‖ ∂ function(x)[b, t] / ∂ x[b, s] ‖    Frobenius, of a [u, e] matrix
    ```

    Where it is exactly 0, position `t` of the result does not depend on position `s`
    of the input, in a neighbourhood of `x`: the zero pattern of the Jacobian.

    Args:
        function: `[b, s, e] → [b, t, u]`, such as a layer that reads a sequence. One
            row must not change another.
        x: The input, float `[b, s, e]`.

    Returns:
        Float32 `[b, t, s]`.

    Raises:
        ValueError: If the input or the result has another number of axes.

    Example:
        >>> from keras import ops
        >>> so_far = lambda x: ops.cumsum(x, axis=1)
        >>> gradient_norm_by_pair(so_far, np.ones((1, 3, 1))).tolist()
        [[[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]]
    """
    x = np.asarray(x, "float32")
    if x.ndim != 3:
        raise ValueError(f"x must have the axes [b, s, e], got shape {x.shape}")
    shape = tuple(function(keras.ops.convert_to_tensor(x)).shape)
    if len(shape) != 3 or shape[0] != len(x):
        raise ValueError(
            "the function must give one sequence a sequence, "
            f"[b, t, u] = [{len(x)}, t, u], got shape {shape}"
        )
    batch, length, width = shape
    # Row (b, t, i) of the copies is asked for the slope of component i of position t.
    copies = np.repeat(x, length * width, axis=0)
    one = np.eye(length * width, dtype="float32").reshape(-1, length, width)
    # A layer that is handed over as it is would be trained with the copies.
    (slopes,), _ = gradients(
        lambda x: function(x), [copies], np.tile(one, (batch, 1, 1))
    )
    squares = np.reshape(slopes**2, (batch, length, width, *x.shape[1:]))
    return np.sqrt(squares.sum(axis=(2, 4)))

"""How much one position of the input still changes a result.

Axes: `b` sequence, `s` position, `e` width of the input, `u` width of the result.
"""

from collections.abc import Callable

import keras
import numpy as np

from keras_transformer.laws.gradients import gradients


def gradient_norm_by_position(function: Callable, x: np.ndarray) -> np.ndarray:
    """How far a result moves when one position of its input moves a little.

    ```
    norm[b, s] = ‖ ∂ function(x)[b] / ∂ x[b, s] ‖    Frobenius, of a [u, e] matrix
    ```

    Args:
        function: `[b, s, e] → [b, u]`, such as a GRU and its last state. One row must
            not change another.
        x: The input, float `[b, s, e]`.

    Returns:
        Float32 `[b, s]`.

    Raises:
        ValueError: If the input or the result has another number of axes.

    Example:
        >>> from keras import ops
        >>> mean = lambda x: ops.mean(x, axis=1)
        >>> gradient_norm_by_position(mean, np.ones((1, 4, 1))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    x = np.asarray(x, "float32")
    if x.ndim != 3:
        raise ValueError(f"x must have the axes [b, s, e], got shape {x.shape}")
    result = function(keras.ops.convert_to_tensor(x))
    if len(result.shape) != 2 or result.shape[0] != len(x):
        raise ValueError(
            "the function must give one vector a sequence, "
            f"[b, u] = [{len(x)}, u], got shape {tuple(result.shape)}"
        )
    width = result.shape[-1]
    # Row i of `width` copies of a sequence is asked for the slope of component i.
    copies = np.repeat(x, width, axis=0)
    direction = np.tile(np.eye(width, dtype="float32"), (len(x), 1))
    # A layer that is handed over as it is would be trained with the copies.
    (slopes,), _ = gradients(lambda x: function(x), [copies], direction)
    squares = np.reshape(slopes**2, (len(x), width, *x.shape[1:]))
    return np.sqrt(squares.sum(axis=(1, 3)))


def gradient_norm_by_distance(function: Callable, x: np.ndarray) -> np.ndarray:
    """`gradient_norm_by_position`, counted from the end.

    Args:
        function: `[b, s, e] → [b, u]`.
        x: The input, float `[b, s, e]`.

    Returns:
        Float32 `[b, s]`: column 0 belongs to the last position, column `n` to the one
        `n` positions before it.

    Raises:
        ValueError: If the input or the result has another number of axes.

    Example:
        >>> last = lambda x: x[:, -1]
        >>> gradient_norm_by_distance(last, np.ones((1, 3, 1))).tolist()
        [[1.0, 0.0, 0.0]]
    """
    return gradient_norm_by_position(function, x)[:, ::-1]

"""In which precision sums of exponentials, angles and their gradients are computed."""

from typing import Any

import keras
from keras import ops


def at_least_float32(dtype: str) -> str:
    """`"float64"` for float64, `"float32"` for all else.

    Half precision cannot hold a sum of many exponentials; and who asked for float64
    does not want a float32 in the middle of it.

    Args:
        dtype: A dtype of any backend, or its name.

    Example:
        >>> at_least_float32("bfloat16"), at_least_float32("float64")
        ('float32', 'float64')
    """
    name = keras.backend.standardize_dtype(dtype)
    return "float64" if name == "float64" else "float32"


def matmul(x: Any, y: Any) -> Any:
    """`ops.matmul`, of float64 in float64.

    On PyTorch Keras 3.15.1 multiplies float64 in float32, and returns float32.

    Args:
        x: Float `[..., i, j]`.
        y: Float `[..., j, k]`, of the same dtype.

    Returns:
        Float `[..., i, k]`.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0]])
        >>> np.asarray(matmul(x, x.T)).tolist()
        [[5.0]]
    """
    on_torch = keras.backend.backend() == "torch"
    if on_torch and keras.backend.standardize_dtype(x.dtype) == "float64":
        return ops.einsum("...ij,...jk->...ik", x, y)
    return ops.matmul(x, y)

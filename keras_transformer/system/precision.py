"""In which precision sums of exponentials, angles and their gradients are computed."""

import keras


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

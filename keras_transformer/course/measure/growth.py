"""How a cost grows with a size: the exponent of a power law."""

from collections.abc import Sequence

import numpy as np


def growth_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent `p` of the power law `cost = c · size^p` that fits best.

    ```
    p = Σ (x - mean x) · (y - mean y) / Σ (x - mean x)²    x = ln size, y = ln cost
    ```

    The slope of a straight line through the points, fitted by least squares, where
    both axes are logarithmic. A cost that has several parts, such as
    `a · size + b · size²`, has an exponent that itself grows with the size: fit it
    where one part rules, or between two sizes.

    Args:
        sizes: At least two different positive numbers.
        costs: A positive number for each.

    Returns:
        The exponent: 1 where twice the size costs twice as much, 2 where it costs four
        times as much.

    Raises:
        ValueError: If there are fewer than two different sizes, a number is not above
            zero, or sizes and costs differ in length.

    Example:
        >>> round(growth_exponent([64, 128, 256], [3.0, 12.0, 48.0]), 6)
        2.0
    """
    x, y = np.asarray(sizes, "float64"), np.asarray(costs, "float64")
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(
            f"every size needs one cost, got {len(sizes)} sizes, {len(costs)} costs"
        )
    if len(np.unique(x)) < 2:
        raise ValueError(f"an exponent needs two different sizes, got {x.tolist()}")
    if min(x.min(), y.min()) <= 0:
        raise ValueError(
            "a power law has positive sizes and costs, got the smallest "
            f"{x.min():g} and {y.min():g}"
        )
    x, y = np.log(x), np.log(y)
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))

"""Where a part of an array begins."""

from typing import Any


def begins(index: Any, axis: int, rank: int) -> tuple[Any, ...]:
    """The start of a slice: `index` on one axis, 0 on all others.

    All are of one type, as JAX asks for: under `JAX_ENABLE_X64` a plain 0 beside an
    int32 index would be an int64.

    Args:
        index: Integer scalar, a number or a tensor.
        axis: Its axis.
        rank: Number of axes.

    Example:
        >>> begins(3, axis=2, rank=4)
        (0, 0, 3, 0)
    """
    nought = index * 0
    return tuple(index if each == axis else nought for each in range(rank))

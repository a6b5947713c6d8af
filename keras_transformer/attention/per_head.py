"""One number for each head, in layers that see heads as an axis like any other.

Axes: `b` batch, `h` head, `t` query position, `d` width; grouped heads are `g` and `r`.
"""

import math
from typing import Any

from keras import ops


def count_heads(shape: tuple) -> int:
    """How many heads stand between the batch and the last two axes.

    Args:
        shape: Shape of queries or scores, `[b, …, t, d]`; without heads it counts one.

    Raises:
        ValueError: If their number is unknown.

    Example:
        >>> count_heads((None, 6, None, 8)), count_heads((None, None, 8))
        (6, 1)
    """
    heads = shape[1:-2]
    if not all(isinstance(count, int) for count in heads):
        raise ValueError(
            "a number for each head needs a known number of heads, got shape "
            f"{tuple(shape)}"
        )
    return math.prod(heads)


def one_for_each_head(numbers: Any, x: Any) -> Any:
    """Numbers `[h]` in a shape that broadcasts to queries or scores.

    Args:
        numbers: Float `[h]`; a single one serves every head.
        x: Float `[b, h, t, …]`, or grouped `[b, g, r, t, …]`.

    Returns:
        Float `[h, 1, 1]`, `[g, r, 1, 1]`, or `[1]`.
    """
    if numbers.shape[0] == 1:
        return numbers
    return ops.reshape(numbers, (*x.shape[1:-2], 1, 1))

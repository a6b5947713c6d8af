"""The axes of queries, keys and values: whether they fit, and what comes out.

Axes: `b` batch, `t` query position, `s` key position, `d` width; `...` what stands
before the last two (batch, heads).
"""

from typing import Any


def known(*lengths: int) -> bool:
    """Whether all of some lengths are numbers, not `None` and not a symbol."""
    return all(isinstance(length, int) for length in lengths)


def broadcast_leading(*shapes: Any) -> tuple:
    """What stands before the last two axes, of several arrays broadcast together.

    Example:
        >>> broadcast_leading((None, 6, 1, 5, 7), (None, 6, 2, 3, 7), (3, 7))
        (None, 6, 2)
    """
    found = []
    for axis in range(max(map(len, shapes)) - 2, 0, -1):
        lengths = [shape[-2 - axis] for shape in shapes if len(shape) - 2 >= axis]
        large = [length for length in lengths if length != 1]
        numbers = [length for length in large if known(length)]
        found.append((numbers or large or [1])[0])
    return tuple(found)


def scores_shape(query_shape: tuple, key_shape: tuple) -> tuple:
    """The shape of the scores, `[..., t, s]`."""
    leading = broadcast_leading(query_shape, key_shape)
    return (*leading, query_shape[-2], key_shape[-2])


def require_sequences(**shapes: Any) -> None:
    """Refuse what is no batch of sequences.

    Args:
        **shapes: By name.

    Raises:
        ValueError: If one has other axes than `[b, length, width]`.
    """
    for name, shape in shapes.items():
        if shape is not None and len(shape) != 3:
            raise ValueError(
                f"{name} must have the axes [b, length, width], got {name} of shape "
                f"{tuple(shape)}; other axes go into the batch before, or through "
                "keras.layers.TimeDistributed"
            )


def require_pairs(key_shape: tuple, value_shape: tuple) -> None:
    """Refuse keys without values.

    Raises:
        ValueError: If there are more keys than values, or fewer.
    """
    keys, values = key_shape[-2], value_shape[-2]
    if known(keys, values) and keys != values:
        raise ValueError(
            f"every key needs one value, got {keys} keys, {values} values: key of "
            f"shape {tuple(key_shape)}, value of shape {tuple(value_shape)}"
        )

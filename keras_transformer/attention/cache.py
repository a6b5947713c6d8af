"""Keys and values as a value: what cached decoding carries from step to step.

Axes: `b` batch, `h` head, `s` key position, `d` width of a head.
"""

from typing import Any, NamedTuple

from keras import ops


class KeyValue(NamedTuple):
    """Projected keys and values of a sequence.

    Both are float `[b, h, s, d]`, batch first, so that a beam reorders a whole
    decoding state with one `tree.map_structure`.
    """

    key: Any
    value: Any


def allocate(batch: int, heads: int, length: int, width: int, dtype) -> KeyValue:
    """An empty cache with room for `length` positions.

    Its length is fixed from the start: a compiled loop needs constant shapes.

    Args:
        batch: Number of sequences, `b`.
        heads: Number of heads, `h`.
        length: Number of positions, `s`.
        width: Width of a head, `d`.
        dtype: Dtype of the projections.
    """
    shape = (batch, heads, length, width)
    return KeyValue(ops.zeros(shape, dtype), ops.zeros(shape, dtype))


def write(cache: KeyValue, new: KeyValue, position) -> KeyValue:
    """The cache with new keys and values written from `position` on.

    Args:
        cache: `[b, h, s, d]`.
        new: `[b, h, t, d]`, with `position + t <= s`.
        position: Integer scalar, the first position to write.
    """
    start = (0, 0, position, 0)
    return KeyValue(
        ops.slice_update(cache.key, start, new.key),
        ops.slice_update(cache.value, start, new.value),
    )

"""Keys and values as a value: what cached decoding carries from step to step.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `h` head, `s` key
position, `d` width of a head.

**A few hypotheses of a sentence share one cache.** They stand side by side: what
hypothesis `j` wrote at position `p` is at place `p·k + j` of `[b, h, s·k, d]`. A beam
that goes on from other hypotheses moves no key and no value; it only remembers whose
each position was, `[n, s]`, and a mask shows to each hypothesis its own past.
"""

from typing import Any, NamedTuple

from keras import ops

from keras_transformer.masks import causal_mask
from keras_transformer.system.slices import begins


class KeyValueCache(NamedTuple):
    """Projected keys and values of a sequence.

    Both are float `[b, h, s, d]`, of several hypotheses `[b, h, s·k, d]`.
    """

    key: Any
    value: Any


def allocate(
    batch: int, heads: int, length: int, width: int, dtype: Any
) -> KeyValueCache:
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
    return KeyValueCache(ops.zeros(shape, dtype), ops.zeros(shape, dtype))


def write(cache: KeyValueCache, new: KeyValueCache, position: Any) -> KeyValueCache:
    """The cache with new keys and values written from `position` on.

    Args:
        cache: `[b, h, s, d]`.
        new: `[b, h, t, d]`, with `position + t <= s`.
        position: Integer scalar, the first position to write.
    """
    start = begins(position, axis=2, rank=4)
    return KeyValueCache(
        ops.slice_update(cache.key, start, new.key),
        ops.slice_update(cache.value, start, new.value),
    )


def side_by_side(x: Any, batch: int) -> Any:
    """What the hypotheses have at one position, as positions of their sentence.

    Args:
        x: `[n, h, 1, d]`; `None` stays `None`.
        batch: Number of sentences, `b`.

    Returns:
        `[b, h, k, d]`.
    """
    if x is None:
        return None
    heads, width = x.shape[1], x.shape[-1]
    x = ops.reshape(x, (batch, -1, heads, width))
    return ops.transpose(x, (0, 2, 1, 3))


def own_numbers(rows: Any, batch: int) -> Any:
    """Which hypothesis of its sentence each row is.

    Args:
        rows: Number of rows, `n`.
        batch: Number of sentences, `b`.

    Returns:
        Int32 `[n, 1]`.
    """
    numbers = ops.arange(rows, dtype="int32") % (rows // batch)
    return ops.expand_dims(numbers, 1)


def own_past(writers: Any, position: Any, batch: int) -> Any:
    """Let each hypothesis see its own past, and itself, in the cache of its sentence.

    Args:
        writers: Which hypothesis wrote each position, int32 `[n, s]`.
        position: Integer scalar: the position that is written now.
        batch: Number of sentences, `b`.

    Returns:
        Boolean `[b, k, s·k]`.

    Example:
        >>> import numpy as np
        >>> writers = np.array([[1, 0], [1, 1]], "int32")  # both go on from the second
        >>> np.asarray(own_past(writers, 1, batch=1)).astype(int).tolist()
        [[[0, 1, 1, 0], [0, 1, 0, 1]]]
    """
    rows, length = ops.shape(writers)
    count = rows // batch
    written = ops.transpose(causal_mask(1, length, offset=position), (0, 2, 1))
    own = ops.expand_dims(writers, -1) == ops.arange(count, dtype=writers.dtype)
    return ops.reshape(ops.logical_and(own, written), (batch, count, length * count))

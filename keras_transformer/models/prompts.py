"""Prompts of different lengths in one batch: all end at the same place.

Axes: `b` batch, `s` position in what is given, `p = s - 1` positions read at once.
"""

from typing import Any, NamedTuple

from keras import ops

from keras_transformer.attention import KeyValueCache
from keras_transformer.tokens.reserved import END, PADDING


class Prompts(NamedTuple):
    """What a language model reads before it speaks."""

    read: Any  # int32 [b, p], all tokens but the last, padding in front
    padding: Any  # int32 [b], how many positions of a row are padding
    last: Any  # int32 [b], the token that the first step reads


def prompts(ids: Any) -> Prompts:
    """Prompts, each moved to the end of its row.

    ```
    1 5 6 2      0 1 5 | 6
    1 2 0 0  →   0 0 0 | 1
    ```

    Args:
        ids: Integers `[b, s]`, padding at the end. An `END` that closes a prompt, as
            decoding adds it to what it is given, is not read.

    Returns:
        `Prompts`. A row of padding has the last token 0.

    Example:
        >>> import numpy as np
        >>> found = prompts(np.array([[1, 5, 6, 2], [1, 2, 0, 0]]))
        >>> np.asarray(found.read).tolist(), np.asarray(found.last).tolist()
        ([[0, 1, 5], [0, 0, 0]], [6, 1])
    """
    ids = ops.cast(ids, "int32")
    kept = ops.logical_and(ops.not_equal(ids, PADDING), ops.not_equal(ids, END))
    before = ops.maximum(ops.sum(ops.cast(kept, "int32"), axis=1) - 1, 0)
    last = ops.take_along_axis(ids, ops.expand_dims(before, 1), axis=1)[:, 0]
    width = ops.shape(ids)[1] - 1
    padding = width - before
    place = ops.arange(width, dtype="int32") - ops.expand_dims(padding, 1)
    moved = ops.take_along_axis(ids, ops.maximum(place, 0), axis=1)
    return Prompts(ops.where(place >= 0, moved, PADDING), padding, last)


def prefill(backbone: Any, found: Prompts, room: int) -> tuple[KeyValueCache, ...]:
    """The caches of prompts, all positions of which are read in one pass.

    Args:
        backbone: A causal `Backbone`.
        found: What `prompts` returned.
        room: How many positions the caches have room for beyond.

    Returns:
        A cache `[b, g, p + room, d]` for each block.
    """
    batch, filled = ops.shape(found.read)
    dtype = backbone.compute_dtype
    past = backbone.stack.allocate(batch, filled + room, dtype)
    if found.read.shape[1] == 0:
        return past
    places = ops.arange(filled, dtype="int32")
    offset = -ops.minimum(ops.expand_dims(found.padding, 1), places)
    x = backbone.embed(found.read, offset, training=False)
    return backbone.stack.prefill(x, past, backbone.visible(found.read))[1]

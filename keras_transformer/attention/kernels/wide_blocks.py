"""Softmax attention by blocks of queries, those of all heads at once: fit for a GPU.

Axes: `...` what stands before (batch, heads), `t` query position, `s` key position, `d`
width of query and key, `v` width of a value, `c` query position in its block.
"""

import math
from typing import Any, NamedTuple

from keras import ops

from keras_transformer.attention.kernels.block import (
    block_context,
    block_gradient,
    weighted_mean,
)
from keras_transformer.system.precision import at_least_float32
from keras_transformer.system.slices import begins

SCORES_AT_ONCE = 2**26  # 256 MB of float32: enough for every core of a large GPU


def attention_in_wide_blocks(
    query: Any,
    key: Any,
    value: Any,
    mask: Any = None,
    scores_at_once: int = SCORES_AT_ONCE,
) -> Any:
    """`attention_in_blocks` where few large products are faster than many small ones.

    A block holds queries of the whole batch and of all heads; if that needs no more
    than `scores_at_once` scores, there is one block. The gradient makes the scores of
    each block once more, so that memory grows linearly.

    Args:
        query: Float `[..., t, d]`, `t` static.
        key: Float `[..., s, d]`, `s` static; what stands before broadcasts to that of
            the query, in the same number of axes.
        value: Float `[..., s, v]`, likewise.
        mask: Boolean, broadcastable to `[..., t, s]`, `True` = keep.
        scores_at_once: Size of a block, in scores of all heads together; a block holds
            one query of each head at least.

    Returns:
        Context, float `[..., t, v]`. A query with no visible key yields 0.

    Example:
        >>> import numpy as np
        >>> query = np.array([[[1.0, 0.0], [0.0, 0.0]]], "float32")
        >>> value = np.array([[[0.0, 2.0], [0.0, 4.0]]], "float32")
        >>> np.asarray(attention_in_wide_blocks(query, value, value)).tolist()
        [[[0.0, 3.0], [0.0, 3.0]]]

    Source: as `attention_in_blocks`.
    """

    @ops.custom_gradient
    def attend(query, key, value):
        cut = _Cut.of(query, key, scores_at_once)
        queries, masks = cut.blocks(query), cut.masks(mask)

        def attend_block(block):
            query, mask = _take(queries, block), _take(masks, block)
            return block_context(query, key, value, mask)

        contexts, log_totals = cut.each(attend_block)
        context = cut.whole(contexts)

        def gradient(*arguments, upstream=None):
            (upstream,) = arguments if upstream is None else (upstream,)
            mean = cut.blocks(weighted_mean(context, upstream))
            beside = (log_totals, cut.blocks(upstream), mean)
            return _gradient(cut, queries, masks, beside, key, value)

        return context, gradient

    return attend(*(ops.convert_to_tensor(x) for x in (query, key, value)))


class _Cut(NamedTuple):
    """How queries are cut: `[..., t, d]` into `[count, ..., rows, d]`."""

    length: int
    count: int
    rows: int
    axes: int  # number of them, those of a query

    @classmethod
    def of(cls, query, key, scores_at_once):
        length = query.shape[-2]
        beside = key.shape[-2]
        for known in query.shape[:-2]:
            beside *= known or 1
        rows = min(max(1, scores_at_once // max(1, beside)), max(1, length))
        count = max(1, math.ceil(length / rows))
        return cls(length, count, math.ceil(length / count), len(query.shape))

    def blocks(self, x):
        """All blocks of an array `[..., t, …]`, the last one filled up."""
        filling = self.count * self.rows - self.length
        if filling:
            x = ops.pad(x, [(0, 0)] * (self.axes - 2) + [(0, filling), (0, 0)])
        before, last = ops.shape(x)[:-2], x.shape[-1]
        x = ops.reshape(x, (*before, self.count, self.rows, last))
        return ops.moveaxis(x, -3, 0)

    def masks(self, mask):
        """The mask of every block; one in all if it is the same for every query."""
        if mask is None:
            return None
        mask = ops.convert_to_tensor(mask)
        missing = self.axes - len(mask.shape)
        mask = ops.reshape(mask, (*[1] * missing, *ops.shape(mask)))
        return mask[None] if mask.shape[-2] == 1 else self.blocks(mask)

    def whole(self, x):
        """`[count, ..., rows, v]` into `[..., t, v]`."""
        x = ops.moveaxis(x, 0, -3)
        before, last = ops.shape(x)[:-3], x.shape[-1]
        x = ops.reshape(x, (*before, self.count * self.rows, last))
        return x[..., : self.length, :]

    def each(self, function):
        """What a function makes of every block."""
        if self.count == 1:
            return [ops.expand_dims(x, 0) for x in function(0)]
        return ops.map(function, ops.arange(self.count, dtype="int32"))


def _take(blocks, block):
    """One of the blocks, or the only one."""
    if blocks is None:
        return None
    return blocks[0] if blocks.shape[0] == 1 else ops.take(blocks, block, axis=0)


def _gradient(cut, queries, masks, beside, key, value):
    # Axes along which several heads have one key and value: they all add to it.
    shared = tuple(
        axis
        for axis, (length, own) in enumerate(
            zip(queries.shape[1:-2], key.shape[:-2], strict=True)
        )
        if own == 1 and length != 1
    )

    def to_shared(x):
        return ops.sum(x, axis=shared, keepdims=True) if shared else x

    def add_block(block, sums):
        to_queries, to_key, to_value = sums
        query, mask = _take(queries, block), _take(masks, block)
        known = (_take(x, block) for x in beside)
        to_query, more_key, more_value = block_gradient(query, key, value, mask, *known)
        to_query = ops.expand_dims(to_query, 0)
        place = begins(block, 0, len(queries.shape))
        return (
            to_query
            if cut.count == 1
            else ops.slice_update(to_queries, place, to_query),
            to_key + to_shared(more_key),
            to_value + to_shared(more_value),
        )

    sums = (
        ops.zeros_like(queries),
        ops.zeros_like(key, dtype=at_least_float32(key.dtype)),
        ops.zeros_like(value, dtype=at_least_float32(value.dtype)),
    )
    to_queries, to_key, to_value = (
        add_block(0, sums)
        if cut.count == 1
        else ops.fori_loop(0, cut.count, add_block, sums)
    )
    return (
        cut.whole(to_queries),
        ops.cast(to_key, key.dtype),
        ops.cast(to_value, value.dtype),
    )

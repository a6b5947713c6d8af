"""Softmax attention without an array of all scores: a block of queries at a time.

Axes: `n` everything that stands before (batch, heads) in one, `t` query position, `s`
key position, `d` width of query and key, `v` width of a value, `c` query position in
its block.
"""

import math
from typing import Any, NamedTuple

from keras import ops

from keras_transformer.attention.kernels.block import (
    block_context,
    block_gradient,
    weighted_mean,
)
from keras_transformer.masks.in_rows import MaskInRows
from keras_transformer.system.precision import at_least_float32
from keras_transformer.system.slices import begins

SCORES_AT_ONCE = 2**20  # 4 MB of float32: what stays near a processor core
# The gradient has three such arrays: of a quarter, and no more than so many queries.
SHARE_OF_GRADIENT, QUERIES_OF_GRADIENT = 4, 256


def attention_in_blocks(
    query: Any,
    key: Any,
    value: Any,
    mask: Any = None,
    scores_at_once: int = SCORES_AT_ONCE,
) -> Any:
    """`masked_softmax(query · key) · value`, with memory that grows linearly.

    The scores of a block of queries are made, used and forgotten; the gradient makes
    them once more. Nothing is approximated: a query sees all of its keys at once. At
    any time there are `scores_at_once` scores, or those of one query where it has more
    keys (on TensorFlow without XLA up to ten such blocks, should it run them side by
    side); beside them only arrays as long as query, key and value, but of these some:
    the loop copies what goes in and what comes out. For 4 × 8 heads of 64 at 2,048
    positions, where such an array takes 16 MB, one more of them forward and a dozen
    for the gradient (TensorFlow), whether a block is of 1 or of 16 MB.

    Args:
        query: Float `[..., t, d]`, `t` static.
        key: Float `[..., s, d]`, `s` static; what stands before broadcasts to that of
            the query, in the same number of axes.
        value: Float `[..., s, v]`, likewise.
        mask: Boolean, broadcastable to `[..., t, s]`, `True` = keep; or a
            `MaskInRows`, whose rows are made with the scores of a block.
        scores_at_once: Size of a block, in scores.

    Returns:
        Context, float `[..., t, v]`. A query with no visible key yields 0.

    Example:
        >>> import numpy as np
        >>> query = np.array([[[1.0, 0.0], [0.0, 0.0]]], "float32")
        >>> value = np.array([[[0.0, 2.0], [0.0, 4.0]]], "float32")
        >>> np.asarray(attention_in_blocks(query, value, value)).tolist()
        [[[0.0, 3.0], [0.0, 3.0]]]

    Source: without the array of scores, Rabe and Staats 2021, "Self-attention does not
    need O(n²) memory"; made anew for the gradient: Dao et al. 2022.
    """

    @ops.custom_gradient
    def attend(query, key, value):
        inputs = (query, key, value)
        context, log_total = _context(_Parts.of(*inputs, mask, scores_at_once))

        def gradient(*arguments, upstream=None):
            (upstream,) = arguments if upstream is None else (upstream,)
            few = max(1, scores_at_once // SHARE_OF_GRADIENT)
            parts = _Parts.of(*inputs, mask, few, QUERIES_OF_GRADIENT)
            mean = weighted_mean(context, upstream)
            return _gradient(parts, (log_total, upstream, mean), inputs)

        return context, gradient

    return attend(*(ops.convert_to_tensor(x) for x in (query, key, value)))


class _Parts(NamedTuple):
    """The inputs, cut up: `[n, blocks, c, d]`, `[n', s, d]`, `[n', s, v]`."""

    query: object
    key: object
    value: object
    mask: object  # [n'', blocks or 1, c or 1, s or 1], MaskInRows, or None
    before: tuple  # shape of what stands before, in the query
    before_key: tuple
    before_mask: tuple
    length: int

    @classmethod
    def of(cls, query, key, value, mask, scores_at_once, most=None):
        *before, length, _ = ops.shape(query)
        keys = key.shape[-2]
        # Blocks as equal as can be: the last one is filled up.
        most = length if most is None else min(length, most)
        rows = min(max(1, scores_at_once // max(1, keys)), max(1, most))
        count = max(1, math.ceil(length / rows))
        rows = math.ceil(length / count)
        query = _cut(_flat(query), length, count, rows)
        before_mask = ()
        if mask is not None and not isinstance(mask, MaskInRows):
            missing = len(before) + 2 - len(mask.shape)
            mask = ops.reshape(mask, (*[1] * missing, *ops.shape(mask)))
            before_mask = tuple(ops.shape(mask)[:-2])
            mask = _flat(mask)
            # One row for all queries serves every block; rows of filling see nothing.
            mask = (
                ops.expand_dims(mask, 1)
                if mask.shape[1] == 1
                else _cut(mask, length, count, rows)
            )
        return cls(
            query,
            _flat(key),
            _flat(value),
            mask,
            tuple(before),
            tuple(ops.shape(key)[:-2]),
            before_mask,
            length,
        )

    @property
    def count(self):
        return self.query.shape[1]

    def pair(self, index):
        """Key and value that stand beside a query's part `n`."""
        index = _broadcast_index(index, self.before, self.before_key)
        return ops.take(self.key, index, axis=0), ops.take(self.value, index, axis=0)

    def mask_of(self, index, block):
        """What one block sees, `[c or 1, s or 1]`."""
        if self.mask is None:
            return None
        if isinstance(self.mask, MaskInRows):
            count = self.query.shape[2]
            return self.mask.rows(index, self.before, block * count, count)
        index = _broadcast_index(index, self.before, self.before_mask)
        mask = ops.take(self.mask, index, axis=0)
        return ops.take(mask, block if self.mask.shape[1] > 1 else 0, axis=0)


def _flat(x):
    size = 1
    for length in ops.shape(x)[:-2]:
        size = size * length
    return ops.reshape(x, (size, *ops.shape(x)[-2:]))


def _cut(x, length, count, rows):
    # n t … → n blocks c …
    filling = [(0, 0), (0, count * rows - length), (0, 0)]
    x = x if count * rows == length else ops.pad(x, filling)
    return ops.reshape(x, (-1, count, rows, x.shape[-1]))


def _broadcast_index(index, before, own):
    """Where, in one axis, an array broadcast from `own` to `before` has `index`."""
    found, step = 0, 1
    for length, own_length in zip(before[::-1], own[::-1], strict=True):
        place, index = index % length, index // length
        if isinstance(own_length, int) and own_length == 1:
            continue
        found, step = found + place * step, step * own_length
    return found


def _context(parts):
    def one(given):
        number, query = given
        index, block = number // parts.count, number % parts.count
        return block_context(query, *parts.pair(index), parts.mask_of(index, block))

    queries = ops.reshape(parts.query, (-1, *parts.query.shape[2:]))
    number = ops.arange(ops.shape(queries)[0], dtype="int32")
    made = ops.map(one, (number, queries))  # n·blocks c v, n·blocks c 1
    return tuple(_whole(x, parts) for x in made)


def _whole(x, parts):
    # n·blocks c … → … t …
    width = x.shape[-1]
    x = ops.reshape(x, (-1, parts.count * parts.query.shape[2], width))
    return ops.reshape(x[:, : parts.length], (*parts.before, parts.length, width))


def _gradient(parts, beside, inputs):
    """The gradients by query, key and value.

    Args:
        parts: The inputs, cut up.
        beside: What `block_gradient` takes beside them, for each query: `[..., t, 1]`,
            `[..., t, v]`, `[..., t, 1]`.
        inputs: Query, key and value.
    """
    rows = parts.query.shape[2]
    beside = [_cut(_flat(x), parts.length, parts.count, rows) for x in beside]

    def one(given):
        index, queries, *besides = given  # blocks c d, blocks c …
        key, value = parts.pair(index)

        def add_block(block, sums):
            to_queries, to_key, to_value = sums
            query, *known = (ops.take(x, block, axis=0) for x in (queries, *besides))
            mask = parts.mask_of(index, block)
            to_query, more_key, more_value = block_gradient(
                query, key, value, mask, *known
            )
            to_query = ops.expand_dims(to_query, 0)
            return (
                ops.slice_update(to_queries, begins(block, 0, 3), to_query),
                to_key + more_key,
                to_value + more_value,
            )

        sums = (
            ops.zeros_like(queries),
            ops.zeros_like(key, dtype=at_least_float32(key.dtype)),
            ops.zeros_like(value, dtype=at_least_float32(value.dtype)),
        )
        to_queries, to_key, to_value = (
            add_block(0, sums)
            if parts.count == 1
            else ops.fori_loop(0, parts.count, add_block, sums)
        )
        return to_queries, ops.cast(to_key, key.dtype), ops.cast(to_value, value.dtype)

    index = ops.arange(ops.shape(parts.query)[0], dtype="int32")
    to_query, *to_pair = ops.map(one, (index, parts.query, *beside))
    to_query = ops.reshape(to_query, (-1, *parts.query.shape[2:]))
    to_inputs = [_whole(to_query, parts)]
    for to_one, given in zip(to_pair, inputs[1:], strict=True):
        to_one = ops.reshape(to_one, (*parts.before, *given.shape[-2:]))
        shared = tuple(
            axis
            for axis, (length, own) in enumerate(
                zip(parts.before, parts.before_key, strict=True)
            )
            if own == 1 and length != 1
        )
        if shared:
            to_one = ops.sum(to_one, axis=shared, keepdims=True)
        to_inputs.append(to_one)
    return tuple(to_inputs)

"""The k largest scores of every query, without a sort.

XLA on a CPU is slow at sorts and at running sums. A number that is exceeded k times is
found by halving instead, as the digits of an integer: each takes one comparison of all
scores. For 2,048 keys and k = 64 this takes an eighth of the time; where TensorFlow
runs without XLA it takes as long.

Axes: `t` query position, `s` key position; whatever stands before them (batch, heads)
is carried along.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.system.precision import at_least_float32

FEW = 8


def largest(scores: Any, visible: Any, k: int) -> Any:
    """Mark the `k` largest visible scores of every query.

    Among equal scores the earlier key wins, so that exactly `k` are marked, on every
    backend the same ones.

    Args:
        scores: Float `[..., t, s]`.
        visible: Boolean `[..., t, s]`.
        k: How many to mark; where fewer keys are visible, all of them are marked.

    Returns:
        Boolean `[..., t, s]`; no gradient passes.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[3.0, 5.0, 3.0, 9.0]], "float32")
        >>> visible = np.array([[True, True, True, False]])
        >>> np.asarray(largest(scores, visible, 2)).tolist()
        [[True, True, False, False]]
    """
    exact = at_least_float32(scores.dtype)
    values = ops.stop_gradient(ops.cast(scores, exact))
    # To an argmax on TensorFlow -0.0 is less than 0.0; here they are a tie.
    values = ops.where(values == 0, 0.0, values)
    # Infinity is safe here: no gradient passes, and nothing is subtracted.
    values = ops.where(visible, values, -math.inf)
    if values.shape[-1] and k <= FEW:
        return _largest_one_by_one(values, visible, k)
    ordered, digits = _in_order(values)
    threshold = _reached_by(ordered, k, digits)
    above = ordered > threshold
    room = k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
    # Of those that are equal to it the first ones, as many as there is room for.
    place = -1 - ops.arange(ops.shape(values)[-1], dtype="int32")
    tied = ops.where(ordered == threshold, place, -(2**30))
    first = ops.logical_and(tied >= _reached_by(tied, room, 30), tied > -(2**30))
    return ops.logical_and(ops.logical_or(above, first), visible)


def _in_order(values):
    """Integers in the order of floats, and how many digits they have."""
    wide = keras.backend.standardize_dtype(values.dtype) == "float64"
    digits = 63 if wide else 31
    # With a last axis of 1: on TensorFlow, Keras 3.15.1 views no unknown length.
    alone = ops.expand_dims(values, -1)
    whole = ops.view(alone, dtype="int64" if wide else "int32")[..., 0]
    # Of negative floats, the integers run the other way round.
    turned = ops.bitwise_xor(whole, ops.cast(2**digits - 1, whole.dtype))
    return ops.where(whole < 0, turned, whole), digits


def _reached_by(numbers, k, digits):
    """The largest number that at least `k` integers of a row reach, digit by digit."""
    found = ops.zeros_like(numbers[..., :1])

    def enough(number):
        reached = ops.sum(ops.cast(numbers >= number, "int32"), axis=-1, keepdims=True)
        return reached >= k

    found = ops.where(enough(found), found, found + -(2**digits))
    for digit in reversed(range(digits)):
        higher = found + 2**digit
        found = ops.where(enough(higher), higher, found)
    return found


def _largest_one_by_one(values, visible, k):
    """`largest` for a few keys, without a sort and without a running sum.

    XLA on a CPU is slow at both: a training step of a recurrent translator that looks
    at its best key takes half the time this way.
    """
    marked = ops.zeros_like(visible)
    for _ in range(k):
        # The first of the largest; once all visible keys are marked, any key.
        best = ops.one_hot(ops.argmax(values, axis=-1), values.shape[-1], dtype="bool")
        marked = ops.logical_or(marked, best)
        values = ops.where(best, -math.inf, values)
    return ops.logical_and(marked, visible)

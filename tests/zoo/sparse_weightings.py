from keras import ops

from keras_transformer.attention import Entmax, entmax
from keras_transformer.masks import hide, masked_softmax
from zoo import mutant, sound


@sound("sparsemax by sorting", like="Sparsemax")
def sparsemax(scores, mask=None, support=lambda sums, falling, count: sums < 1):
    x = ops.cast(scores, "float32")
    x = x if mask is None else hide(x, mask)
    x = x - ops.stop_gradient(ops.max(x, axis=-1, keepdims=True))
    # What is hidden is far below 0, and out of every sum that counts.
    x = ops.maximum(x, -9.0)
    falling = ops.flip(ops.sort(x, axis=-1), axis=-1)
    count = ops.cast(ops.arange(1, x.shape[-1] + 1), "float32")
    sums = ops.cumsum(falling, axis=-1)
    kept = support(sums - count * falling, falling, count)
    size = ops.sum(ops.cast(kept, "float32"), axis=-1, keepdims=True)
    total = ops.sum(ops.where(kept, falling, 0.0), axis=-1, keepdims=True)
    weights = ops.relu(x - (total - 1) / size)
    weights = weights if mask is None else ops.where(mask, weights, 0.0)
    return ops.cast(weights, scores.dtype)


@mutant("sparsemax: every key is in the support", like="Sparsemax")
def everything_is_kept(scores, mask=None):
    return sparsemax(scores, mask, lambda rest, falling, count: ops.isfinite(rest))


@mutant("sparsemax: softmax with its small weights cut off", like="Sparsemax")
def small_weights_cut(scores, mask=None):
    weights = masked_softmax(scores, mask)
    weights = ops.where(weights < 0.1, 0.0, weights)
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-9)


@mutant("sparsemax: nothing is ever exactly 0", like="Sparsemax")
def never_zero(scores, mask=None):
    return masked_softmax(2.0 * ops.cast(scores, "float32"), mask)


@mutant("sparsemax: the threshold has no gradient", like="Sparsemax")
def constant_threshold(scores, mask=None):
    exact = ops.cast(scores, "float32")
    exact = exact if mask is None else hide(exact, mask)
    right = ops.cast(sparsemax(scores, mask), "float32")
    # Where a weight is above 0, the score less a number.
    passed = ops.where(right > 0, exact - ops.stop_gradient(exact), 0.0)
    return ops.cast(ops.stop_gradient(right) + passed, scores.dtype)


@mutant("1.5-entmax: the scores are not halved", like=Entmax())
def not_halved(scores, mask=None):
    return entmax(2.0 * ops.cast(scores, "float32"), mask)


@mutant("sparsemax in the place of 1.5-entmax", like=Entmax())
def of_another_alpha(scores, mask=None):
    return entmax(scores, mask, alpha=2.0)

import keras
from keras import ops

from keras_transformer.masks import masked_softmax
from zoo import mutant, sound


@sound("softmax", like="Softmax")
def softmax(scores, mask=None):
    return masked_softmax(scores, mask)


def hide(scores, mask, value=-1e9):
    return scores if mask is None else ops.where(mask, scores, value)


@mutant(
    "softmax over the queries instead of the keys",
    like="Softmax",
    seen="datawhalechina/llms-from-scratch-cn#54",
)
def over_the_queries(scores, mask=None):
    return ops.softmax(hide(scores, mask), axis=-2)


@mutant(
    "-1e9 for hidden keys: visible scores may be lower",
    like="Softmax",
    seen="scores of a diverging model: hidden keys took all weight, and were zeroed",
)
def minus_a_billion(scores, mask=None):
    weights = ops.softmax(hide(ops.cast(scores, "float32"), mask))
    return ops.cast(hide(weights, mask, 0.0), scores.dtype)


@mutant("softmax over the batch", like="Softmax", seen="PetrochukM/PyTorch-NLP#2")
def over_the_batch(scores, mask=None):
    return ops.softmax(hide(scores, mask), axis=0)


@mutant(
    "mask read the other way round: what should be kept is hidden",
    like="Softmax",
    seen="InseeFrLab/torchTextClassifiers#92; tensorflow/text#894",
)
def inverted_mask(scores, mask=None):
    return softmax(scores, None if mask is None else ops.logical_not(mask))


@mutant("mask added as 0 and 1", like="Softmax")
def mask_added(scores, mask=None):
    return ops.softmax(
        scores if mask is None else scores + ops.cast(mask, scores.dtype)
    )


@mutant("scores multiplied by the mask: a hidden key keeps exp(0)", like="Softmax")
def mask_multiplied(scores, mask=None):
    return ops.softmax(
        scores if mask is None else scores * ops.cast(mask, scores.dtype)
    )


@mutant(
    "mask after softmax, not renormalised",
    like="Softmax",
    seen="huggingface/pytorch-image-models#2236",
)
def mask_after_softmax(scores, mask=None):
    weights = ops.softmax(scores)
    return weights if mask is None else weights * ops.cast(mask, weights.dtype)


@mutant("hidden scores set to 1e-9: the minus was forgotten", like="Softmax")
def minus_forgotten(scores, mask=None):
    return ops.softmax(hide(scores, mask, 1e-9))


@mutant("mask on the query axis instead of the key axis", like="Softmax")
def mask_transposed(scores, mask=None):
    if mask is not None:
        mask = ops.swapaxes(ops.broadcast_to(mask, scores.shape), -1, -2)
    return softmax(scores, mask)


@mutant(
    "-inf for hidden keys: a query that sees nothing is NaN",
    like="Softmax",
    seen="jadore801120/attention-is-all-you-need-pytorch#5: the training loss was NaN",
)
def minus_infinity(scores, mask=None):
    return ops.softmax(hide(scores, mask, -float("inf")))


@mutant(
    "NaN of a blind query repaired after softmax: the gradient is still NaN",
    like="Softmax",
    seen="pytorch/pytorch#42323: 0 · NaN = NaN on the way back",
)
def repaired_too_late(scores, mask=None):
    if mask is not None:
        scores = scores + ops.where(mask, 0.0, -float("inf"))
    weights = ops.softmax(scores)
    return ops.where(ops.isnan(weights), 0.0, weights)


@mutant(
    "-1e9 times the mask, in float16: infinity times 0 is NaN",
    like="Softmax",
    seen="google/flax#982; bentrevett/pytorch-seq2seq#191",
)
def overflows_in_half_precision(scores, mask=None):
    if mask is None:
        return ops.softmax(scores)
    hidden = ops.cast(ops.logical_not(mask), scores.dtype)
    weights = ops.softmax(scores + hidden * ops.cast(-1e9, scores.dtype))
    return ops.where(mask, weights, ops.cast(0, weights.dtype))


@mutant("-1e9 alone: a query that sees nothing shares out its weight", like="Softmax")
def blind_query_sees_padding(scores, mask=None):
    return ops.softmax(hide(scores, mask))


@mutant("exp without the division", like="Softmax")
def not_normalised(scores, mask=None):
    weights = ops.exp(scores)
    return weights if mask is None else ops.where(mask, weights, 0.0)


@mutant("exp without the largest score subtracted: overflows", like="Softmax")
def overflows(scores, mask=None):
    weights = ops.exp(ops.cast(scores, "float32"))
    if mask is not None:
        weights = ops.where(mask, weights, 0.0)
    total = ops.sum(weights, -1, keepdims=True)
    return ops.where(total > 0, weights / ops.where(total > 0, total, 1.0), 0.0)


def exp_below(scores, mask, largest):
    """The exponential of what is below the largest score, normalised."""
    weights = ops.exp(ops.cast(scores - largest, "float32"))
    if mask is not None:
        weights = ops.where(mask, weights, 0.0)
    total = ops.sum(weights, -1, keepdims=True)
    return ops.where(total > 0, weights / ops.where(total > 0, total, 1.0), 0.0)


@mutant(
    "the largest score of the whole batch subtracted: 0 / 0 for low queries",
    like="Softmax",
)
def one_maximum_for_all(scores, mask=None):
    return exp_below(scores, mask, ops.max(scores))


@mutant("the largest score subtracted, hidden ones included", like="Softmax")
def hidden_maximum(scores, mask=None):
    return exp_below(scores, mask, ops.max(scores, -1, keepdims=True))


@mutant("computed in NumPy: right, and without a gradient", like="Softmax")
def without_gradient(scores, mask=None):
    return ops.stop_gradient(softmax(scores, mask))


@mutant("normalised over the whole batch instead of each query", like="Softmax")
def normalised_together(scores, mask=None):
    weights = ops.exp(hide(scores, mask))
    return weights / ops.sum(weights)


@mutant("weights summed over the keys: one number a query", like="Softmax")
def summed_away(scores, mask=None):
    return ops.sum(softmax(scores, mask), -1)


@mutant("scores divided by their sum, without exp: weights below 0", like="Softmax")
def without_exp(scores, mask=None):
    scores = scores if mask is None else ops.where(mask, scores, 0.0)
    return scores / ops.sum(scores, -1, keepdims=True)


@mutant("noise on the scores at inference too", like="Softmax")
def noisy(scores, mask=None):
    noise = keras.random.normal(scores.shape, stddev=0.1)
    return softmax(ops.cast(scores, "float32") + noise, mask)

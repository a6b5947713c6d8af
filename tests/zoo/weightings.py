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


class Top(keras.layers.Layer):
    """The k best keys, k = 2."""

    k = 2
    sign = 1.0

    def call(self, scores, attention_mask=None):
        seen = hide(self.sign * scores, attention_mask, -1e9)
        last = ops.top_k(seen, self.k)[0][..., -1:]
        chosen = seen >= last
        if attention_mask is not None:
            chosen = ops.logical_and(chosen, attention_mask)
        return ops.cast(chosen, scores.dtype)


sound("top-k", like="TopK")(Top)


@mutant("the k worst keys instead of the k best", like="TopK")
class Worst(Top):
    sign = -1.0


@mutant("k best chosen before the mask: hidden keys use up the k", like="TopK")
class ChosenBeforeTheMask(Top):
    def call(self, scores, attention_mask=None):
        chosen = super().call(scores)
        if attention_mask is None:
            return chosen
        return chosen * ops.cast(attention_mask, chosen.dtype)


@mutant("top-k lets the mask out", like="TopK")
class TopWithoutMask(Top):
    def call(self, scores, attention_mask=None):
        return super().call(scores)


class Draw(Top):
    """Draws k keys from the softmax in training."""

    def __init__(self, k=2, **kwargs):
        super().__init__(**kwargs)
        self.k = k
        self.seeds = keras.random.SeedGenerator(7)

    def logits(self, scores):
        return scores

    def call(self, scores, attention_mask=None, training=None):
        if training:
            even = keras.random.uniform(ops.shape(scores), 1e-20, seed=self.seeds)
            scores = self.logits(scores) - ops.log(-ops.log(even))
        return super().call(scores, attention_mask)

    def get_config(self):
        return {**super().get_config(), "k": self.k}


sound("sampled", like="Sampled")(Draw)


@mutant("sampled: keys drawn evenly, whatever their scores", like="Sampled")
class DrawsEvenly(Draw):
    def logits(self, scores):
        return 0 * scores


@mutant("sampled: one key too many", like="Sampled")
class DrawsOneMore(Draw):
    def call(self, scores, attention_mask=None, training=None):
        if not training:
            return super().call(scores, attention_mask)
        drawn = super().call(scores, attention_mask, training=True)
        more = super().call(scores, attention_mask, training=True)
        return ops.maximum(drawn, more)


@mutant("sampled: the draw sees hidden keys", like="Sampled")
class DrawsHiddenKeys(Draw):
    def call(self, scores, attention_mask=None, training=None):
        mask = None if training else attention_mask
        return super().call(scores, mask, training=training)

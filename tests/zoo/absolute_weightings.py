from keras import ops

from keras_transformer.attention import SinkSoftmax
from keras_transformer.masks import hide, masked_softmax
from zoo import mutant, sound


def cut(weights, mask):
    return weights if mask is None else ops.where(mask, weights, 0.0)


def beside(scores, mask, sink):
    """Scores, hidden ones as low as can be, and one of a sink behind them."""
    scores = scores if mask is None else hide(ops.cast(scores, "float32"), mask)
    sinks = ops.zeros_like(scores[..., :1]) + sink
    return ops.concatenate([ops.cast(scores, "float32"), sinks], axis=-1)


@sound("softmax off by one", like=SinkSoftmax(learned=False))
def off_by_one(scores, mask=None):
    weights = ops.softmax(beside(scores, mask, 0.0))[..., :-1]
    return ops.cast(cut(weights, mask), scores.dtype)


@mutant("sink: weights divided by their sum again", like=SinkSoftmax(learned=False))
def summing_to_one(scores, mask=None):
    weights = off_by_one(scores, mask)
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-9)


@mutant(
    "off by one: 1 is added after the largest score was subtracted",
    like=SinkSoftmax(learned=False),
    seen="softmax1 written as exp(x - max) / (1 + sum): the sink follows the scores",
)
def one_beside_the_maximum(scores, mask=None):
    given = beside(scores, mask, -1e30)[..., :-1]
    powers = ops.exp(given - ops.max(given, axis=-1, keepdims=True))
    weights = powers / (1 + ops.sum(powers, axis=-1, keepdims=True))
    return ops.cast(cut(weights, mask), scores.dtype)


@mutant("off by one: the sink weighs e, not 1", like=SinkSoftmax(learned=False))
def a_sink_of_one(scores, mask=None):
    weights = ops.softmax(beside(scores, mask, 1.0))[..., :-1]
    return ops.cast(cut(weights, mask), scores.dtype)


@mutant("sink: hidden keys take part in the sum", like=SinkSoftmax(learned=False))
def hidden_keys_take_their_share(scores, mask=None):
    return cut(off_by_one(ops.nan_to_num(scores)), mask)


def shift(scores, mask, count):
    logits = ops.cast(scores, "float32") - ops.log(ops.maximum(count, 1.0))
    logits = logits if mask is None else hide(logits, mask)
    return ops.cast(cut(ops.sigmoid(logits), mask), scores.dtype)


@mutant("sigmoid without its bias: the weights of n keys sum to n / 2", like="Sigmoid")
def no_bias(scores, mask=None):
    return shift(scores, mask, 1.0)


@mutant("sigmoid: the bias counts padding too", like="Sigmoid")
def padding_counts(scores, mask=None):
    return shift(scores, mask, float(scores.shape[-1]))


@mutant("sigmoid: weights divided by their sum", like="Sigmoid")
def a_share_of_the_sum(scores, mask=None):
    weights = no_bias(scores, mask)
    return weights / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1e-9)


@mutant("sigmoid: -log n has lost its minus", like="Sigmoid")
def bias_upside_down(scores, mask=None):
    more = ops.cast(scores, "float32") + 2 * ops.log(float(scores.shape[-1]))
    return ops.cast(padding_counts(more, mask), scores.dtype)


@mutant("softmax in the place of a sigmoid", like="Sigmoid")
def softmax(scores, mask=None):
    return masked_softmax(scores, mask)

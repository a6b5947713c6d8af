from keras import ops

from keras_transformer.training import SmoothedCrossEntropy
from zoo import mutant, sound


def costs(labels, logits, smoothing=0.0):
    chances = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    right = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype="float32")
    target = (1 - smoothing) * right + smoothing / logits.shape[-1]
    return -ops.sum(target * chances, axis=-1)


def kept(labels):
    return ops.cast(ops.not_equal(labels, 0), "float32")


def clean(labels, logits):
    """The logits, with 0 where the label is padding."""
    shown = ops.expand_dims(ops.not_equal(labels, 0), -1)
    return ops.where(shown, ops.cast(logits, "float32"), 0.0)


def total(labels, logits):
    return ops.sum(costs(labels, logits) * kept(labels))


@sound("cross-entropy", like="loss")
def cross_entropy(labels, logits):
    logits = clean(labels, logits)
    return ops.divide_no_nan(total(labels, logits), ops.sum(kept(labels)))


@mutant(
    "padding multiplied by 0, which leaves NaN as it is",
    like="loss",
    seen="this package, before its losses chose what they read",
)
def padding_multiplied(labels, logits):
    return ops.divide_no_nan(total(labels, logits), ops.sum(kept(labels)))


@mutant(
    "padding counted as a token to predict",
    like="loss",
    seen="PaddlePaddle/models#665",
)
def padding_counted(labels, logits):
    return ops.mean(costs(labels, logits))


@mutant(
    "padding masked, and then divided by batch times length",
    like="loss",
    seen="tensorflow/docs#1460; tensorflow/addons#2637",
)
def divided_by_everything(labels, logits):
    return ops.mean(costs(labels, logits) * kept(labels))


@mutant("summed instead of averaged", like="loss")
def summed(labels, logits):
    return total(labels, logits)


@mutant(
    "divided by sentences instead of tokens",
    like="loss",
    seen="a reviewer's remark in huggingface/transformers#5919",
)
def divided_by_the_batch(labels, logits):
    return total(labels, logits) / labels.shape[0]


@mutant(
    "divided twice: by length, then by tokens",
    like="loss",
    seen="d2l-ai/d2l-en#2708",
)
def divided_twice(labels, logits):
    return cross_entropy(labels, logits) / labels.shape[1]


@mutant("mean of the sentences' means: short sentences weigh more", like="loss")
def mean_of_means(labels, logits):
    weights = kept(labels)
    sums = ops.sum(costs(labels, logits) * weights, axis=1)
    return ops.mean(ops.divide_no_nan(sums, ops.sum(weights, axis=1)))


@mutant(
    "softmax twice: probabilities taken for logits",
    like="loss",
    seen="ariecattan/SciCo#2; bkitano/llama-from-scratch#5",
)
def softmax_twice(labels, logits):
    return cross_entropy(labels, ops.softmax(logits))


@mutant("logits taken for log-probabilities", like="loss")
def no_softmax(labels, logits):
    right = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1])
    costs = -ops.sum(right * ops.cast(logits, "float32"), -1)
    return ops.divide_no_nan(ops.sum(costs * kept(labels)), ops.sum(kept(labels)))


@mutant("a batch of padding only is 0 / 0", like="loss")
def nothing_by_nothing(labels, logits):
    return total(labels, logits) / ops.sum(kept(labels))


@mutant("log of a softmax in half precision", like="loss")
def log_of_zero(labels, logits):
    chances = ops.softmax(logits, axis=-1)
    right = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1])
    chances = ops.sum(ops.cast(chances, "float32") * right, -1)
    return ops.sum(-ops.log(chances) * kept(labels)) / ops.sum(kept(labels))


@mutant("the logit of padding is left out, and the labels not shifted", like="loss")
def padding_left_out_of_softmax(labels, logits):
    return cross_entropy(labels, logits[..., 1:])


@mutant("labels shifted in the loss, though the batch has shifted them", like="loss")
def shifted_again(labels, logits):
    return cross_entropy(labels[:, 1:], logits[:, :-1])


class Smoothed:
    """Label-smoothed cross-entropy."""

    label_smoothing = 0.1

    def __call__(self, labels, logits):
        weights, logits = kept(labels), clean(labels, logits)
        sums = ops.sum(costs(labels, logits, self.label_smoothing) * weights)
        return ops.divide_no_nan(sums, ops.sum(weights))


sound("smoothed cross-entropy", like="loss")(Smoothed)


@mutant(
    "label smoothing spread over padding positions too",
    like="loss",
    seen="k-tahiro/bert-summarizer#41",
)
class SmoothsPadding(Smoothed):
    def __call__(self, labels, logits):
        weights, share = kept(labels), self.label_smoothing
        chances = ops.log_softmax(ops.cast(logits, "float32"))
        flat = -ops.mean(chances, -1)
        right = ops.sum(costs(labels, logits) * weights) / ops.sum(weights)
        return (1 - share) * right + share * ops.mean(flat)


@mutant("smoothing takes from the label and gives to nobody", like="loss")
class SmoothsToNobody(Smoothed):
    def __call__(self, labels, logits):
        return (1 - self.label_smoothing) * cross_entropy(labels, logits)


@mutant(
    "label smoothing fails on a batch without padding",
    like="loss",
    seen="harvardnlp/annotated-transformer#18 and #38",
)
class NeedsPadding(Smoothed):
    def __call__(self, labels, logits):
        if not bool(ops.any(ops.equal(labels, 0))):
            raise RuntimeError("invalid argument 3: Index is supposed to be a vector")
        return super().__call__(labels, logits)


@mutant("label smoothing asked for, and forgotten", like=SmoothedCrossEntropy(0.1))
def not_smoothed(labels, logits):
    return cross_entropy(labels, logits)


@mutant("probabilities clipped before the logarithm", like="loss")
def clipped(labels, logits):
    chances = ops.clip(ops.softmax(ops.cast(logits, "float32")), 1e-7, 1.0)
    right = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1])
    lost = -ops.log(ops.sum(chances * right, -1)) * kept(labels)
    return ops.divide_no_nan(ops.sum(lost), ops.sum(kept(labels)))


@sound("weighed cross-entropy", like="loss")
def weighed(labels, logits, sample_weight=None):
    weights, logits = kept(labels), clean(labels, logits)
    if sample_weight is not None:
        weights = weights * ops.expand_dims(sample_weight, 1)
    return ops.divide_no_nan(ops.sum(costs(labels, logits) * weights), ops.sum(weights))


@mutant(
    "weighed sentences, divided by the number of tokens",
    like="loss",
    seen="what Keras does with a loss that is reduced by itself",
)
def weighed_by_count(labels, logits, sample_weight=None):
    weights = kept(labels)
    if sample_weight is not None:
        weights = weights * ops.expand_dims(sample_weight, 1)
    sums = ops.sum(costs(labels, logits) * weights)
    return ops.divide_no_nan(sums, ops.sum(kept(labels)))

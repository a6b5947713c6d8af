import keras
from keras import ops

from keras_transformer.masks import masked_softmax, seen_keys, without_unseen
from zoo import mutant, sound


def shares(query, key, mask=None):
    scores = ops.einsum("btd,bsd->bts", query, key) / query.shape[-1] ** 0.5
    return masked_softmax(scores, mask)


def clean(mask, *arrays):
    """Keys and values, those that no query sees set to 0: they may be NaN."""
    return without_unseen(None if mask is None else seen_keys(mask), *arrays)


@sound("attention", like="Attention")
def attention(query, key, value, mask=None):
    key, value = clean(mask, key, value)
    return ops.einsum("bts,bsv->btv", shares(query, key, mask), value)


@mutant("keys summed instead of values", like="Attention")
def keys_summed(query, key, value, mask=None):
    return ops.einsum("bts,bsd->btd", shares(query, key, mask), key)


@mutant("values scored instead of keys", like="Attention")
def values_scored(query, value, key=None, mask=None):
    value = value[..., : query.shape[-1]]
    return ops.einsum("bts,bsv->btv", shares(query, value, mask), value)


@mutant("queries compared with queries: the keys are not read", like="Attention")
def keys_unread(query, key, value, mask=None):
    repeated = ops.concatenate([query] * key.shape[1], 1)[:, : key.shape[1]]
    return ops.einsum("bts,bsv->btv", shares(query, repeated, mask), value)


@mutant(
    "mask taken and not used",
    like="Attention",
    seen="MaximumEntropy/Seq2Seq-PyTorch#6; tensorflow/tensorflow#512",
)
def mask_unused(query, key, value, mask=None):
    return attention(query, key, value)


@mutant(
    "hidden values left in the sum with a weight of 0: 0 · NaN is NaN",
    like="Attention",
    seen="padding of memory that nobody wrote to, NaN in a float16 encoder",
)
def hidden_values_summed(query, key, value, mask=None):
    (key,) = clean(mask, key)
    return ops.einsum("bts,bsv->btv", shares(query, key, mask), value)


@mutant("weights transposed in the sum", like="Attention")
def weights_transposed(query, key, value, mask=None):
    weights = shares(query, key, mask)
    if weights.shape[1] != weights.shape[2]:
        weights = ops.softmax(ops.swapaxes(weights, 1, 2))
        return ops.einsum("bst,bsv->btv", weights, value)
    return ops.einsum("bst,bsv->btv", weights, value)


@mutant("√d forgotten", like="Attention", seen="delzac/cntkx#10")
def unscaled(query, key, value, mask=None):
    scores = ops.einsum("btd,bsd->bts", query, key)
    return ops.einsum("bts,bsv->btv", masked_softmax(scores, mask), value)


@mutant(
    "weights taken as constants: queries and keys are not trained", like="Attention"
)
def constant_weights(query, key, value, mask=None):
    weights = ops.stop_gradient(shares(query, key, mask))
    return ops.einsum("bts,bsv->btv", weights, value)


@mutant("mean of the weighted values instead of their sum", like="Attention")
def averaged_twice(query, key, value, mask=None):
    return attention(query, key, value, mask) / value.shape[1]


@mutant("one mask for the whole batch: that of the first sentence", like="Attention")
def first_mask_for_all(query, key, value, mask=None):
    return attention(query, key, value, None if mask is None else mask[:1])


@mutant("values masked instead of scores: hidden keys dilute the sum", like="Attention")
def values_masked(query, key, value, mask=None):
    weights = shares(query, key)
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)
    return ops.einsum("bts,bsv->btv", weights, value)


@mutant("the scores returned for weights", like="Attention")
def scores_for_weights(query, key, value, mask=None, return_weights=False):
    scores = ops.einsum("btd,bsd->bts", query, key) / query.shape[-1] ** 0.5
    return attention(query, key, value, mask), scores


class Dropped(keras.layers.Layer):
    """Attention with dropout on the weights."""

    def __init__(self, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, seed=3)

    def call(self, query, value, key, attention_mask=None, training=None):
        key, value = clean(attention_mask, key, value)
        weights = self.drop(shares(query, key, attention_mask), training=training)
        return ops.einsum("bts,bsv->btv", weights, value)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


sound("attention with dropout", like="Attention")(Dropped)


@mutant(
    "dropout at inference",
    like="Attention",
    seen="karpathy/nanoGPT#240; huggingface/pytorch-image-models#1978",
)
class DropsAtInference(Dropped):
    def call(self, query, value, key, attention_mask=None, training=None):
        return super().call(query, value, key, attention_mask, training=True)


@mutant("dropout never active", like="Attention")
class NeverDrops(Dropped):
    def call(self, query, value, key, attention_mask=None, training=None):
        return super().call(query, value, key, attention_mask, training=False)


@mutant("dropout on the scores instead of the weights", like="Attention")
class DropsScores(Dropped):
    def call(self, query, value, key, attention_mask=None, training=None):
        scores = ops.einsum("btd,bsd->bts", query, key) / query.shape[-1] ** 0.5
        weights = masked_softmax(self.drop(scores, training=training), attention_mask)
        return ops.einsum("bts,bsv->btv", weights, value)


@mutant("dropout without the division by what is kept", like="Attention")
class DropsWithoutScaling(Dropped):
    def call(self, query, value, key, attention_mask=None, training=None):
        made = super().call(query, value, key, attention_mask, training=training)
        return made * (1 - self.dropout) if training else made


def biased(query, key, value, mask=None, score_bias=None):
    key, value = clean(mask, key, value)
    scores = ops.einsum("btd,bsd->bts", query, key) / query.shape[-1] ** 0.5
    if score_bias is not None:
        scores = scores + score_bias
    return ops.einsum("bts,bsv->btv", masked_softmax(scores, mask), value)


sound("attention with a score bias", like="Attention")(biased)


@mutant(
    "score bias forgotten on the way for long inputs",
    like="Attention",
    seen="a fused or blockwise branch that was written before the bias",
)
def bias_forgotten_when_long(query, key, value, mask=None, score_bias=None):
    if query.shape[1] > 512:
        score_bias = None
    return biased(query, key, value, mask, score_bias)


@mutant("softmax over the keys of a block, not over all", like="Attention")
def softmax_in_blocks(query, key, value, mask=None):
    if key.shape[1] <= 512:
        return attention(query, key, value, mask)
    half = key.shape[1] // 2
    masks = (None, None) if mask is None else (mask[..., :half], mask[..., half:])
    parts = (
        attention(query[:, :9], key[:, :half], value[:, :half], masks[0]),
        attention(query[:, 9:], key[:, half:], value[:, half:], masks[1]),
    )
    return ops.concatenate(parts, axis=1)


@mutant("mask forgotten on the way for long inputs", like="Attention")
def mask_forgotten_when_long(query, key, value, mask=None):
    return attention(query, key, value, None if query.shape[1] > 512 else mask)


@mutant(
    "a fused path of its own, in which a blind query gets the mean of all values",
    like="Attention",
    seen="a fast path that is taken where query and value are of one width",
)
def fused_where_it_fits(query, key, value, mask=None):
    if query.shape != value.shape:
        return attention(query, key, value, mask)
    one_head = (ops.expand_dims(part, 2) for part in (query, key, value))
    if mask is not None:
        mask = ops.expand_dims(mask, 1)
    return ops.dot_product_attention(*one_head, mask=mask)[:, :, 0]

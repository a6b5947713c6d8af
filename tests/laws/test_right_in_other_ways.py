"""Right implementations that are written in ways of their own: no law accuses them."""

import math

import keras
import pytest
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.laws import check
from keras_transformer.masks import masked_softmax
from keras_transformer.models import Block, FeedForward


def attention_by_logsumexp(q, v, k=None, keep_mask=None):
    k = v if k is None else k
    scores = ops.sum(ops.expand_dims(q, 2) * ops.expand_dims(k, 1), -1)
    scores = scores * q.shape[-1] ** -0.5
    if keep_mask is None:
        keep_mask = ops.ones_like(scores, dtype="bool")
    keep = ops.broadcast_to(keep_mask, ops.shape(scores))
    scores = ops.where(keep, scores, -1e30)
    total = ops.logsumexp(scores, axis=-1, keepdims=True)
    return ops.matmul(ops.where(keep, ops.exp(scores - total), 0.0), v)


def softmax_key_by_key(scores, mask=None):
    """A running maximum and a running sum, one key at a time."""
    mask = ops.ones_like(scores, dtype="bool") if mask is None else mask
    mask = ops.broadcast_to(mask, scores.shape)
    wide = ops.cast(scores, "float32")
    highest, total = ops.full(scores.shape[:-1], -1e30), ops.zeros(scores.shape[:-1])
    for s in range(scores.shape[-1]):
        here = ops.where(mask[..., s], wide[..., s], -1e30)
        new = ops.maximum(highest, here)
        own = ops.where(mask[..., s], ops.exp(here - new), 0.0)
        highest, total = new, total * ops.exp(highest - new) + own
    highest = ops.expand_dims(highest, -1)
    powers = ops.exp(ops.where(mask, wide - highest, 0.0))
    shares = ops.divide_no_nan(ops.where(mask, powers, 0.0), total[..., None])
    return ops.cast(shares, scores.dtype)


def rotate_neighbours(x, offset=0):
    """The pairs of the paper, 2i and 2i + 1."""
    *leading, length, width = x.shape
    position = ops.cast(ops.arange(length) + offset, "float32")[:, None]
    wavelength = ops.power(10_000.0, ops.arange(0, width, 2, dtype="float32") / width)
    cosine, sine = ops.cos(position / wavelength), ops.sin(position / wavelength)
    pairs = ops.reshape(x, (*leading, length, width // 2, 2))
    one, two = pairs[..., 0], pairs[..., 1]
    turned = ops.stack([one * cosine - two * sine, one * sine + two * cosine], -1)
    return ops.reshape(turned, x.shape)


class HeadsWithoutOptions(keras.layers.Layer):
    """Kernels [w, h, d]; Dropout inside, no option of that name; takes no keywords."""

    def __init__(self, heads=3, width=12):
        super().__init__()
        self.h, self.w = heads, width
        self.drop = keras.layers.Dropout(0.1)

    def build(self, query_shape, value_shape, key_shape=None):
        shapes = (query_shape, key_shape or value_shape, value_shape)
        self.kernels = [
            self.add_weight(shape=(shape[-1], self.h, self.w // self.h), name=name)
            for name, shape in zip("qkv", shapes, strict=True)
        ]
        self.out = self.add_weight(shape=(self.h, self.w // self.h, self.w), name="o")

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_weights=False,
        training=None,
    ):
        inputs = query, value if key is None else key, value
        q, k, v = (
            ops.einsum("btw,whd->bhtd", x, kernel)
            for x, kernel in zip(inputs, self.kernels, strict=True)
        )
        scores = ops.einsum("bhtd,bhsd->bhts", q, k) / math.sqrt(self.w // self.h)
        mask = attention_mask
        if mask is not None and len(mask.shape) == 3:
            mask = ops.expand_dims(mask, 1)
        weights = masked_softmax(scores, mask)
        dropped = self.drop(weights, training=training)
        context = ops.einsum("bhts,bhsd->bthd", dropped, v)
        made = ops.einsum("bthd,hdw->btw", context, self.out)
        return (made, weights) if return_weights else made


class BlockWithoutOptions(keras.layers.Layer):
    """Dropout layers inside, no option that says so, and no width to be read."""

    def __init__(self):
        super().__init__()
        self.look = MultiHeadAttention(2, 8, dropout=0.2)
        self.norms = [keras.layers.LayerNormalization() for _ in range(2)]
        self.drops = [keras.layers.Dropout(0.3) for _ in range(2)]
        self.think = keras.Sequential(
            [
                keras.layers.Dense(17, "gelu"),
                keras.layers.Dropout(0.2),
                keras.layers.Dense(8),
            ]
        )

    def build(self, x_shape):
        self.look.build(x_shape, x_shape)
        for part in (*self.norms, self.think):
            part.build(x_shape)

    def call(self, x, attention_mask=None, training=None):
        y = self.look(x, x, attention_mask=attention_mask, training=training)
        x = self.norms[0](x + self.drops[0](y, training=training))
        y = self.think(x, training=training)
        return self.norms[1](x + self.drops[1](y, training=training))


class LossByOneHot(keras.losses.Loss):
    """It smooths by a tenth, and no option says so."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "int32")
        kept = ops.not_equal(y_true, 0)
        y_pred = ops.where(kept[..., None], ops.cast(y_pred, "float32"), 0.0)
        target = 0.9 * ops.one_hot(y_true, y_pred.shape[-1]) + 0.1 / y_pred.shape[-1]
        weights = ops.cast(kept, "float32")
        if sample_weight is not None:
            given = ops.cast(sample_weight, "float32")
            weights = weights * (given if len(given.shape) == 2 else given[:, None])
        losses = -ops.sum(target * ops.log_softmax(y_pred), -1)
        return ops.divide_no_nan(ops.sum(weights * losses), ops.sum(weights))


class KerasBidirectional(keras.layers.Layer):
    def __init__(self, units=10):
        super().__init__()
        gru = keras.layers.GRU(
            units // 2, return_sequences=True, return_state=True, use_cudnn=False
        )
        self.both = keras.layers.Bidirectional(gru)
        self.bridge = keras.layers.Dense(units, "tanh")

    def build(self, x_shape):
        self.both.build(x_shape)
        self.bridge.build((None, self.bridge.units))

    def call(self, x, attention_mask):
        mask = attention_mask[:, 0]
        memory, *ends = self.both(x, mask=mask)
        final = self.bridge(ops.concatenate(ends, -1))
        return ops.where(mask[..., None], memory, 0.0), final


@pytest.mark.parametrize(
    ("candidate", "like"),
    [
        (attention_by_logsumexp, "Attention"),
        (softmax_key_by_key, "Softmax"),
        (rotate_neighbours, "rotate"),
        (HeadsWithoutOptions, "MultiHeadAttention"),
        (BlockWithoutOptions, "Block"),
        (LossByOneHot, "SmoothedCrossEntropy"),
        (KerasBidirectional, "BidirectionalEncoder"),
    ],
    ids=lambda case: case if isinstance(case, str) else case.__name__,
)
def test_a_right_one_written_otherwise_is_not_accused(candidate, like):
    report = check(candidate, like=like, show=False)
    assert report.ok, str(report)


def test_every_dropout_of_our_own_block_is_put_out_of_the_way():
    block = Block(
        MultiHeadAttention(6, 12, dropout=0.2),
        FeedForward(12, 17, dropout=0.2),
        dropout=0.5,
        seed=3,
    )
    report = check(block, like="Block", show=False)
    assert report.ok, str(report)
    assert "sentences_do_not_mix_in_training" in report.held


def test_a_block_whose_layers_drop_is_asked_whether_sentences_mix():
    report = check(BlockWithoutOptions, like="Block", show=False)
    assert "sentences_do_not_mix_in_training" in report.held


def test_weights_in_another_order_are_compared_in_every_order():
    # Two matrices of one shape: which is the query's, their names do not tell.
    class Other(keras.layers.Layer):
        def build(self, query_shape, key_shape):
            self.b = self.add_weight(shape=(key_shape[-1], 7), name="b")
            self.a = self.add_weight(shape=(query_shape[-1], 7), name="a")
            self.c = self.add_weight(shape=(7,), initializer="ones", name="c")

        def call(self, query, key):
            query, key = query @ self.a, key @ self.b
            hidden = ops.tanh(query[..., None, :] + key[..., None, :, :])
            return ops.sum(hidden * self.c, axis=-1)

    from keras_transformer.attention import Additive

    report = check(Other, like=Additive(7), show=False)
    assert report.ok, str(report)
    assert "equals_the_reference" in report.held


def test_a_check_that_could_ask_nothing_says_so():
    class Silent(keras.layers.Layer):
        def call(self, x):
            return x[:, :1]

    report = check(Silent, like="Block", show=False)
    assert not report.ok
    assert "no law could be asked (it tells no width" in report.headline

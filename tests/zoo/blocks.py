import keras

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.weightings import Softmax
from zoo import mutant, sound


class Block(keras.layers.Layer):
    """A pre-norm encoder block; each mutant replaces one step."""

    norm = "pre"

    def __init__(self, width=15, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.dropout = dropout
        self.attention = MultiHeadAttention(
            3, width, score=ScaledDot(), weighting=Softmax()
        )
        self.first = self.normalization()
        self.second = self.normalization()
        self.hidden = keras.layers.Dense(17, activation="relu")
        self.last = keras.layers.Dense(width)
        self.drop = keras.layers.Dropout(dropout, seed=5)

    def normalization(self):
        return keras.layers.LayerNormalization(epsilon=1e-6)

    def build(self, x_shape):
        for norm in (self.first, self.second):
            norm.build(x_shape)
        self.attention.build(x_shape, x_shape)
        self.hidden.build(x_shape)
        self.last.build((*x_shape[:-1], 17))

    def attend(self, x, mask):
        return self.attention(x, x, attention_mask=mask)

    def feed(self, x):
        return self.last(self.hidden(x))

    def join(self, x, norm, sublayer, training):
        return x + self.drop(sublayer(norm(x)), training=training)

    def call(self, x, attention_mask=None, training=None):
        x = self.join(x, self.first, lambda y: self.attend(y, attention_mask), training)
        return self.join(x, self.second, self.feed, training)

    def get_config(self):
        config = super().get_config()
        return {**config, "width": self.width, "dropout": self.dropout}


PRE = {"pre-norm"}
sound("encoder block", like="EncoderBlock", traits=PRE)(Block)


def block(name, seen=""):
    return mutant(name, like="EncoderBlock", seen=seen, traits=PRE)


@block(
    "batch normalisation in place of layer normalisation",
    "proposed as a fix in Kyubyong/transformer#40",
)
class BatchNorm(Block):
    def normalization(self):
        return keras.layers.BatchNormalization(momentum=0.9)

    def join(self, x, norm, sublayer, training):
        normalised = norm(x, training=training)
        return x + self.drop(sublayer(normalised), training=training)


@block(
    "normalised over time instead of the width",
    "jadore801120/attention-is-all-you-need-pytorch#17; tensorflow/addons#2142",
)
class NormOverTime(Block):
    def normalization(self):
        return keras.layers.LayerNormalization(axis=1, center=False, scale=False)


@block(
    "normalised over time and width together",
    "Qualcomm-AI-research/geometric-algebra-transformer#8",
)
class NormOverAll(Block):
    def normalization(self):
        return keras.layers.LayerNormalization(
            axis=(1, 2), center=False, scale=False, epsilon=1e-6
        )


@block("residual forgotten")
class WithoutResidual(Block):
    def join(self, x, norm, sublayer, training):
        return self.drop(sublayer(norm(x)), training=training)


@block(
    "residual taken from the normalised input",
    "Howuhh/faster-trajectory-transformer#3",
)
class ResidualAfterNorm(Block):
    def join(self, x, norm, sublayer, training):
        x = norm(x)
        return x + self.drop(sublayer(x), training=training)


@block("one normalisation used for both sub-layers", "ml-explore/mlx#1636")
class OneNorm(Block):
    def call(self, x, attention_mask=None, training=None):
        x = self.join(x, self.first, lambda y: self.attend(y, attention_mask), training)
        return self.join(x, self.first, self.feed, training)


@block("mask not handed on to the attention")
class MaskLost(Block):
    def attend(self, x, mask):
        return self.attention(x, x)


@block("dropout in training and at inference")
class AlwaysDrops(Block):
    def join(self, x, norm, sublayer, training):
        return super().join(x, norm, sublayer, True)


@block("feed-forward network forgotten")
class WithoutFeedForward(Block):
    def feed(self, x):
        return 0 * x


@block("feed-forward network over the flattened sentence")
class FeedForwardOverTime(Block):
    def feed(self, x):
        return self.last(self.hidden(x)) + keras.ops.mean(x, axis=1, keepdims=True)


@mutant(
    "post-norm applied to the sub-layer only, not to the sum",
    like="EncoderBlock",
    traits={"post-norm"},
)
class NormOfTheSublayer(Block):
    def join(self, x, norm, sublayer, training):
        return x + norm(self.drop(sublayer(x), training=training))


class PostNorm(Block):
    """The sound post-norm block."""

    def join(self, x, norm, sublayer, training):
        return norm(x + self.drop(sublayer(x), training=training))


sound("post-norm block", like="EncoderBlock", traits={"post-norm"})(PostNorm)


class Reader(Block):
    """A decoder block: self-attention, then attention to a memory."""

    def __init__(self, width=15, dropout=0.0, **kwargs):
        super().__init__(width, dropout, **kwargs)
        self.cross = MultiHeadAttention(
            3, width, score=ScaledDot(), weighting=Softmax()
        )
        self.between = self.normalization()

    def build(self, x_shape, memory_shape):
        super().build(x_shape)
        self.between.build(x_shape)
        self.cross.build(x_shape, memory_shape)

    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, memory, attention_mask=memory_mask)

    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        x = self.join(x, self.first, lambda y: self.attend(y, attention_mask), training)
        x = self.join(
            x,
            self.between,
            lambda y: self.read(y, memory, attention_mask, cross_attention_mask),
            training,
        )
        return self.join(x, self.second, self.feed, training)


sound("decoder block", like="DecoderBlock", traits=PRE)(Reader)


def reader(name, seen=""):
    return mutant(name, like="DecoderBlock", seen=seen, traits=PRE)


@reader(
    "the source is masked with the target's mask",
    "keras-team/keras-io#1964; keras-team/keras-io#1046",
)
class MaskOfTheTarget(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        mask = self_mask
        if mask is not None and mask.shape[-1] != memory.shape[1]:
            room = memory.shape[1] - mask.shape[-1]
            mask = keras.ops.pad(mask, ((0, 0), (0, 0), (0, room)), "constant", True)
        return self.cross(x, memory, attention_mask=mask)


@reader("cross-attention reads the target again: the source is ignored")
class ReadsItself(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, x)


@reader("cross-attention with query and memory swapped")
class Swapped(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(memory, x)[:, : x.shape[1]]


@reader("padding of the source is not hidden")
class SourcePaddingSeen(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, memory)


@reader("target not causal: the causal mask goes to the source")
class CausalMaskLost(Reader):
    def attend(self, x, mask):
        return self.attention(x, x)


@reader("encoder output and decoder input swapped")
class RolesSwapped(Reader):
    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        return super().call(memory, x, None, None, training)


@block("only the last position is returned")
class LastPosition(Block):
    def call(self, x, attention_mask=None, training=None):
        return super().call(x, attention_mask, training)[:, -1]


@mutant("sub-layer subtracted from the input", like="Residual")
def subtracted(x, y):
    return x - y


@mutant("sub-layer multiplied with the input", like="Residual")
def multiplied(x, y):
    return x * y


class Feed(keras.layers.Layer):
    """A feed-forward network."""

    activation = "relu"

    def build(self, x_shape):
        self.hidden = keras.layers.Dense(17, activation=self.activation)
        self.last = keras.layers.Dense(x_shape[-1])
        self.hidden.build(x_shape)
        self.last.build((*x_shape[:-1], 17))

    def call(self, x):
        return self.last(self.hidden(x))


sound("feed-forward network", like="FeedForward")(Feed)


@mutant("no activation between the two layers", like="FeedForward")
class Linear(Feed):
    activation = None


@mutant("feed-forward network along time", like="FeedForward")
class AlongTime(Feed):
    def build(self, x_shape):
        super().build((x_shape[0], x_shape[2], x_shape[1]))

    def call(self, x):
        swapped = keras.ops.swapaxes(x, 1, 2)
        return keras.ops.swapaxes(super().call(swapped), 1, 2)

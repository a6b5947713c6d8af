import keras

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.weightings import Softmax
from zoo import mutant, sound


class Block(keras.layers.Layer):
    """A pre-norm encoder block; each mutant replaces one step."""

    norm = "pre"
    activation = "relu"

    def __init__(self, width=12, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.dropout = dropout
        self.attention = MultiHeadAttention(
            3, width, score=ScaledDot(), weighting=Softmax()
        )
        self.first = self.normalization()
        self.second = self.normalization()
        self.hidden = keras.layers.Dense(17, activation=self.activation)
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
sound("encoder block", like="encoder_block", traits=PRE)(Block)


@sound("parallel block", like="encoder_block", traits={*PRE, "parallel"})
class Parallel(Block):
    def normalization(self):
        # One serves both: a second one's weights would get no gradient.
        return keras.layers.LayerNormalization(epsilon=1e-6, center=False, scale=False)

    def call(self, x, attention_mask=None, training=None):
        def both(y):
            return self.attend(y, attention_mask) + self.feed(y)

        return self.join(x, self.first, both, training)


@mutant(
    "called parallel, and the sub-layers stand in a row",
    like="encoder_block",
    traits={*PRE, "parallel"},
)
class InARow(Block):
    pass


def block(name, seen=""):
    return mutant(name, like="encoder_block", seen=seen, traits=PRE)


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
    like="encoder_block",
    traits={"post-norm"},
)
class NormOfTheSublayer(Block):
    def join(self, x, norm, sublayer, training):
        return x + norm(self.drop(sublayer(x), training=training))


class PostNorm(Block):
    """The sound post-norm block."""

    def join(self, x, norm, sublayer, training):
        return norm(x + self.drop(sublayer(x), training=training))


sound("post-norm block", like="encoder_block", traits={"post-norm"})(PostNorm)


@block("only the last position is returned")
class LastPosition(Block):
    def call(self, x, attention_mask=None, training=None):
        return super().call(x, attention_mask, training)[:, -1]


@block("no activation in the feed-forward network: two matrices are one")
class Linear(Block):
    activation = None


@block("second residual taken from the block's input: attention is lost")
class AttentionLost(Block):
    def call(self, x, attention_mask=None, training=None):
        attended = self.join(
            x, self.first, lambda y: self.attend(y, attention_mask), training
        )
        return x + self.drop(self.feed(self.second(attended)), training=training)


@block("feed-forward network reads the block's input, not what attention gave")
class SideBySide(Block):
    def call(self, x, attention_mask=None, training=None):
        attended = self.join(
            x, self.first, lambda y: self.attend(y, attention_mask), training
        )
        return attended + self.drop(self.feed(self.second(x)), training=training)


@block("no normalisation before the feed-forward network")
class NotNormalised(Block):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.second = keras.layers.Identity()


@mutant(
    "the normalised input is what passes by, in a block that is not named pre-norm",
    like="encoder_block",
)
class PassesTheNormalised(ResidualAfterNorm):
    norm = None


@mutant("the normalised input is what passes by, judged by name", like="encoder_block")
class PassesTheNormalisedByName(ResidualAfterNorm):
    norm = "pre"


@block("dropout after the sum: what passes by the sub-layers is dropped too")
class DropsTheStream(Block):
    def join(self, x, norm, sublayer, training):
        return self.drop(x + sublayer(norm(x)), training=training)

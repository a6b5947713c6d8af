import keras
from keras import ops

from keras_transformer.attention import LearnedTemperature, SoftCap
from keras_transformer.attention.per_head import one_for_each_head
from zoo import mutant


def products(query, key):
    return ops.einsum("...td,...sd->...ts", query, key) / query.shape[-1] ** 0.5


class Capped(SoftCap):
    """A cap of 5; each mutant bends another way."""

    def __init__(self, cap=5.0, **kwargs):
        super().__init__(cap, **kwargs)


@mutant("soft cap: the tanh is not divided by the cap before", like=SoftCap(5.0))
class TanhOfTheScore(Capped):
    def call(self, query, key):
        return self.cap * ops.tanh(self.scored(query, key))


@mutant("soft cap: the tanh is not multiplied by the cap after", like=SoftCap(5.0))
class BelowOne(Capped):
    def call(self, query, key):
        return ops.tanh(self.scored(query, key) / self.cap)


@mutant("soft cap: high scores are cut off, low ones are not", like=SoftCap(5.0))
class CutOff(Capped):
    def call(self, query, key):
        return ops.minimum(self.scored(query, key), self.cap)


@mutant("soft cap: capped before it is divided by √d", like=SoftCap(5.0))
class CappedTooEarly(Capped):
    def call(self, query, key):
        root = query.shape[-1] ** 0.5
        return self.cap * ops.tanh(root * products(query, key) / self.cap) / root


def over_length(x):
    mean = ops.mean(ops.square(ops.cast(x, "float32")), axis=-1, keepdims=True)
    return x * ops.cast(ops.rsqrt(mean + 1e-6), x.dtype)


@mutant("QK-norm: the key is not normalised", like="QueryKeyNorm")
def only_the_query(query, key):
    return products(over_length(query), key)


@mutant("QK-norm: normalised over the positions", like="QueryKeyNorm")
def over_positions(query, key):
    turned = ops.swapaxes(key, -1, -2)
    return products(over_length(query), ops.swapaxes(over_length(turned), -1, -2))


@mutant("temperature: one for all heads", like="LearnedTemperature")
class OneTemperature(keras.layers.Layer):
    def build(self, query_shape, key_shape):
        self.log = self.add_weight(shape=(1,), initializer="zeros", name="log")

    def call(self, query, key):
        return products(query, key) / ops.exp(self.log)


@mutant("temperature: a factor of any sign in its place", like="LearnedTemperature")
class AnySign(LearnedTemperature):
    def tempered(self, x):
        return x * ops.cast(one_for_each_head(self.log_temperature, x), x.dtype)


@mutant("temperature: one for each query position", like="LearnedTemperature")
class ByPosition(LearnedTemperature):
    def build(self, query_shape, key_shape):
        super().build(query_shape, key_shape)
        self.by_place = self.add_weight(
            shape=(query_shape[-2], 1), initializer="zeros", name="by_place"
        )

    def tempered(self, x):
        return super().tempered(x) * ops.exp(self.by_place)

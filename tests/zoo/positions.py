import keras
from keras import ops

from keras_transformer.positions import RelativePositionBias
from zoo import mutant, sound


class Waves(keras.layers.Layer):
    """Sinusoidal positions; each mutant replaces one step."""

    base = 10_000.0

    def exponents(self, width):
        return ops.repeat(ops.arange(0, width, 2, dtype="float32"), 2) / width

    def positions(self, x, offset):
        return ops.cast(ops.arange(x.shape[1]) + offset, "float32")

    def encoding(self, x, offset):
        width = x.shape[-1]
        angle = ops.expand_dims(self.positions(x, offset), 1) * ops.power(
            self.base, -self.exponents(width)
        )
        even = ops.arange(width) % 2 == 0
        return ops.where(even, ops.sin(angle), ops.cos(angle))

    def call(self, x, offset=0):
        return x + ops.cast(self.encoding(x, offset), x.dtype)


sound("sinusoidal positions", like="SinusoidalPositions")(Waves)


@mutant(
    "position taken along the batch axis",
    like="SinusoidalPositions",
    seen="pytorch/tutorials#1547; KasperGroesLudvigsen/influenza_transformer#9",
)
class AlongTheBatch(Waves):
    def call(self, x, offset=0):
        turned = ops.swapaxes(x, 0, 1)
        return ops.swapaxes(super().call(turned, offset), 0, 1)


@mutant(
    "frequency exponent 2i counted over all features: sine and cosine do not pair",
    like="SinusoidalPositions",
    seen="Kyubyong/transformer#38; "
    "jadore801120/attention-is-all-you-need-pytorch#32; shenweichen/DeepCTR#379",
)
class ExponentTwiceTooFast(Waves):
    def exponents(self, width):
        return 2 * ops.arange(width, dtype="float32") / width


@mutant(
    "the cosine has another frequency than its sine",
    like="SinusoidalPositions",
    seen="SamLynnEvans/Transformer#25; maxjcohen/transformer#62",
)
class CosineOnItsOwn(Waves):
    def exponents(self, width):
        return ops.arange(width, dtype="float32") / width


@mutant(
    "1,000 instead of 10,000",
    like="SinusoidalPositions",
    seen="maxjcohen/transformer#62",
)
class OneThousand(Waves):
    base = 1_000.0


@mutant("multiplied by the wavelength instead of divided", like="SinusoidalPositions")
class Multiplied(Waves):
    def exponents(self, width):
        return -super().exponents(width)


@mutant("one frequency for all features", like="SinusoidalPositions")
class OneFrequency(Waves):
    def exponents(self, width):
        return 0 * super().exponents(width)


@mutant(
    "positions computed in the compute dtype: wrong in bfloat16",
    like="SinusoidalPositions",
    seen="EleutherAI/gpt-neox#1003; huggingface/candle#3520 (rotary)",
)
class InHalfPrecision(Waves):
    def positions(self, x, offset):
        rounded = ops.cast(super().positions(x, offset), self.compute_dtype)
        return ops.cast(rounded, "float32")


@mutant(
    "offset ignored: a cached step is always at position 0", like="SinusoidalPositions"
)
class OffsetIgnored(Waves):
    def positions(self, x, offset):
        return super().positions(x, 0)


@mutant("position multiplied with the content", like="SinusoidalPositions")
class TimesTheContent(Waves):
    def call(self, x, offset=0):
        return x * ops.cast(self.encoding(x, offset), x.dtype)


class Turn(keras.layers.Layer):
    """Rotary positions; each mutant replaces one step."""

    sign = 1.0

    def angle(self, x, offset):
        half = ops.arange(0, x.shape[-1], 2, dtype="float32") / x.shape[-1]
        position = ops.cast(ops.arange(x.shape[-2]) + offset, "float32")
        return ops.expand_dims(position, 1) * ops.power(10_000.0, -half)

    def call(self, x, offset=0):
        angle = self.angle(x, offset)
        one, two = ops.split(ops.cast(x, "float32"), 2, axis=-1)
        sine, cosine = ops.sin(angle), ops.cos(angle)
        parts = [one * cosine - two * sine, self.sign * one * sine + two * cosine]
        return ops.cast(ops.concatenate(parts, -1), x.dtype)


sound("rotary positions", like="RotaryPositions")(Turn)


@mutant("rotary: a sign is wrong, and the turn is none", like="RotaryPositions")
class WrongSign(Turn):
    sign = -1.0


@mutant("rotary: halves turned by angles of neighbours", like="RotaryPositions")
class HalvesAndNeighbours(Turn):
    def call(self, x, offset=0):
        angle = ops.repeat(self.angle(x, offset), 2, axis=-1)
        one, two = ops.split(ops.cast(x, "float32"), 2, axis=-1)
        turned = ops.concatenate([-two, one], -1)
        straight = ops.cast(x, "float32") * ops.cos(angle)
        return ops.cast(straight + turned * ops.sin(angle), x.dtype)


@mutant(
    "rotary: angles in the compute dtype",
    like="RotaryPositions",
    seen="huggingface/transformers#29285; KellerJordan/modded-nanogpt#39",
)
class AngleInHalfPrecision(Turn):
    def angle(self, x, offset):
        angle = ops.cast(super().angle(x, offset), self.compute_dtype)
        return ops.cast(angle, "float32")


@mutant("rotary: positions counted along the heads", like="RotaryPositions")
class AlongTheHeads(Turn):
    def call(self, x, offset=0):
        return ops.swapaxes(super().call(ops.swapaxes(x, 1, 2), offset), 1, 2)


@mutant(
    "rotary: offset ignored, a cached step is turned as position 0",
    like="RotaryPositions",
)
class TurnedFromZero(Turn):
    def call(self, x, offset=0):
        return super().call(x, 0)


@mutant("rotary: exponent i / d instead of 2i / d", like="RotaryPositions")
class HalfTheExponent(Turn):
    def angle(self, x, offset):
        half = ops.arange(0, x.shape[-1] // 2, dtype="float32") / x.shape[-1]
        position = ops.cast(ops.arange(x.shape[-2]) + offset, "float32")
        return ops.expand_dims(position, 1) * ops.power(10_000.0, -half)


class Bias(keras.layers.Layer):
    """A learned bias for each head and distance."""

    def __init__(self, num_heads=3, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, scores_shape):
        self.table = self.add_weight(shape=(41, self.num_heads), initializer="normal")

    def distance(self, query, key):
        return key - query

    def call(self, scores, offset=0):
        query = ops.expand_dims(ops.arange(scores.shape[-2]) + offset, 1)
        distance = self.distance(query, ops.arange(scores.shape[-1]))
        bias = ops.take(self.table, ops.clip(distance + 20, 0, 40), axis=0)
        return scores + ops.transpose(bias, (2, 0, 1))


sound("relative position bias", like="RelativePositionBias")(Bias)


@mutant(
    "relative bias by the key's place, not by the distance", like="RelativePositionBias"
)
class ByPlace(Bias):
    def distance(self, query, key):
        return key + 0 * query


@mutant(
    "relative bias: with a cache the query counts from 0", like="RelativePositionBias"
)
class BiasWithoutOffset(Bias):
    def call(self, scores, offset=0):
        return super().call(scores, 0)


@mutant(
    "relative bias: far in the past, the bucket runs on into those of the future",
    like=RelativePositionBias(3, 8, 8),
)
class FarPastIsFuture(RelativePositionBias):
    def __init__(self, num_heads=3, buckets=8, max_distance=8, **kwargs):
        super().__init__(num_heads, buckets, max_distance, **kwargs)

    def bias(self, query_length, key_length, offset=0):
        past = ops.expand_dims(ops.arange(query_length) + offset, 1)
        past = past - ops.arange(key_length)
        last = ops.reshape(self.table[-1], (-1, 1, 1))
        right = super().bias(query_length, key_length, offset)
        return ops.where(past >= self.max_distance, last, right)

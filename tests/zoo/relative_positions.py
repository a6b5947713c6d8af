from keras import ops

from keras_transformer.positions import (
    AlibiPositions,
    RelativeVectors,
    RotaryPositions,
    distances,
    rotate,
)
from zoo import mutant


class Alibi(AlibiPositions):
    """Six heads; each mutant takes off something else."""

    def __init__(self, num_heads=6, **kwargs):
        super().__init__(num_heads, **kwargs)


@mutant("ALiBi: distance is added, not taken off", like=AlibiPositions(6))
class Added(Alibi):
    def bias(self, *lengths):
        return -super().bias(*lengths)


@mutant("ALiBi: one slope for all heads", like=AlibiPositions(6))
class OneSlope(Alibi):
    def bias(self, *lengths):
        return 0 * super().bias(*lengths) + super().bias(*lengths)[:1]


@mutant("ALiBi: with a cache the query counts from 0", like=AlibiPositions(6))
class FromZero(Alibi):
    def bias(self, query_length, key_length, offset=0):
        return super().bias(query_length, key_length, 0)


@mutant(
    "ALiBi: slopes 2^(-8 i / heads) also where heads are no power of two",
    like=AlibiPositions(6),
)
class NoPowerOfTwo(Alibi):
    def bias(self, *lengths):
        far = ops.cast(ops.abs(distances(*lengths)), "float32")
        slopes = 2.0 ** (-8 * ops.arange(1, 7, dtype="float32") / 6)
        return -ops.reshape(slopes, (-1, 1, 1)) * far


CLIPPED = RelativeVectors(3)


class Vectors(RelativeVectors):
    """Clipped at 3; each mutant looks up another vector."""

    def __init__(self, max_distance=3, **kwargs):
        super().__init__(max_distance, **kwargs)


@mutant("relative vectors: the sign of the distance is lost", like=CLIPPED)
class OnBothSides(Vectors):
    def _vectors(self, table, *lengths):
        far = ops.clip(ops.abs(distances(*lengths)), 0, 3)
        return ops.take(table, far + 3, axis=0)


@mutant("relative vectors: far distances run on, modulo the table", like=CLIPPED)
class RunningOn(Vectors):
    def _vectors(self, table, *lengths):
        return ops.take(table, ops.mod(distances(*lengths) + 3, 7), axis=0)


@mutant("relative vectors: by the key's place, not by distance", like=CLIPPED)
class ByThePlace(Vectors):
    def _vectors(self, table, *lengths):
        place = ops.clip(distances(*lengths)[:1] - 3, -3, 3)
        return ops.take(table, ops.repeat(place + 3, lengths[0], axis=0), axis=0)


@mutant("relative vectors: with a cache the query counts from 0", like=CLIPPED)
class VectorsFromZero(Vectors):
    def _vectors(self, table, query_length, key_length, offset=0):
        return super()._vectors(table, query_length, key_length, 0)


class Part(RotaryPositions):
    """Four of 14 features are turned; each mutant turns others."""

    def __init__(self, share=2 / 7, **kwargs):
        super().__init__(share=share, **kwargs)


@mutant("rotary, in part: all features are turned", like=RotaryPositions(share=2 / 7))
class TurnedAll(Part):
    def call(self, x, offset=0):
        return rotate(x, offset)


@mutant(
    "rotary, in part: the last features are turned", like=RotaryPositions(share=2 / 7)
)
class TurnedLast(Part):
    def call(self, x, offset=0):
        turned = rotate(x[..., -4:], offset)
        return ops.concatenate([x[..., :-4], turned], axis=-1)


STRETCHED = RotaryPositions(scaling="ntk", stretch=4.0)


class Stretched(RotaryPositions):
    def __init__(self, scaling="ntk", stretch=4.0, **kwargs):
        super().__init__(scaling=scaling, stretch=stretch, **kwargs)


@mutant("rotary, NTK: the base is multiplied by the stretch alone", like=STRETCHED)
class WithoutExponent(Stretched):
    def call(self, x, offset=0):
        return rotate(x, offset, 4.0 * self.max_wavelength)


@mutant(
    "rotary, stretched: positions are multiplied, not divided",
    like=RotaryPositions(stretch=4.0),
)
class Faster(Stretched):
    def __init__(self, scaling="linear", stretch=4.0, **kwargs):
        super().__init__(scaling, stretch, **kwargs)

    def call(self, x, offset=0):
        return rotate(x, offset, stretch=1 / 4.0)

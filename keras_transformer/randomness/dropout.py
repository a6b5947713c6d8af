"""Dropout whose random numbers cost as little as possible.

What is needed is one bit for each number, not a random number that could stand in a
simulation. A hash of the number's place gives it, in integer operations that a compiler
joins with the multiplication; no array of random numbers is made.
"""

import keras
from keras import ops


def scramble(number):
    """A number in which every bit depends on every bit of the given one.

    Args:
        number: Integers, int32 of any shape.

    Returns:
        Int32 of the same shape; different numbers stay different.

    Example:
        >>> import numpy as np
        >>> np.asarray(scramble(np.array([1, 2], "int32"))).tolist()
        [1753845952, -787275391]

    Source: Wellons 2018, "Prospecting for hash functions", `lowbias32`.
    """
    number = ops.bitwise_xor(number, _shifted(number, 16))
    number = ops.multiply(number, _constant(0x7FEB352D))
    number = ops.bitwise_xor(number, _shifted(number, 15))
    number = ops.multiply(number, _constant(0x846CA68B))
    return ops.bitwise_xor(number, _shifted(number, 16))


def _constant(bits):
    """Thirty-two bits as a signed integer."""
    return ops.convert_to_tensor(bits - (bits >> 31 << 32), "int32")


def _shifted(number, places):
    # A right shift of a signed number brings in its sign: those bits are cleared.
    bits = ops.right_shift(number, _constant(places))
    return ops.bitwise_and(bits, _constant((1 << 32 - places) - 1))


def random_bits(shape, seed):
    """Thirty-two bits for each place of an array.

    Args:
        shape: Shape of the array, static or not.
        seed: Two integers, as a `SeedGenerator` returns them.

    Returns:
        Int32 of that shape, uniform over all values.
    """
    seed = ops.cast(ops.bitwise_and(seed, 0x7FFFFFFF), "int32")
    first = scramble(seed[1] + scramble(seed[0]))
    second = scramble(first + _constant(0x9E3779B9))
    size = 1
    for length in shape:
        size = size * length
    place = ops.reshape(ops.arange(size, dtype="int32"), shape)
    # Twice, with a number of the seed before each: two seeds have no stretch in common.
    return scramble(second + scramble(first + place))


@keras.saving.register_keras_serializable(package="keras_transformer")
class Dropout(keras.layers.Layer):
    """Sets a share of the numbers to 0 in training, and scales up the others.

    `output = x / (1 - rate)` with probability `1 - rate`, else 0: the mean stays.

    What `keras.layers.Dropout` does, with other random numbers that are cheaper where
    the step is compiled. The state is the same, one `SeedGenerator`, so that
    checkpoints of either fit the other.

    Args:
        rate: The share, in [0, 1).
        seed: Seed of the random numbers.

    Call arguments:
        x: Float of any shape.

    Returns:
        Float of the same shape.

    Masking:
        None is read: hidden positions are dropped like others. An implicit Keras mask
        stays with the sequence.

    Raises:
        ValueError: If `rate` is not in [0, 1).

    Example:
        >>> import numpy as np
        >>> layer = Dropout(0.5, seed=1)
        >>> found = np.asarray(layer(np.ones(1000, "float32"), training=True))
        >>> sorted(set(found.tolist())), bool(abs(found.mean() - 1) < 0.1)
        ([0.0, 2.0], True)

    Source: Srivastava et al. 2014.
    """

    def __init__(self, rate, seed=None, **kwargs):
        if not 0 <= rate < 1:
            raise ValueError(f"dropout must be in [0, 1), got dropout={rate}")
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        if rate > 0:
            self.seed_generator = keras.random.SeedGenerator(
                seed, name="seed_generator"
            )
        self.supports_masking = True
        self.built = True

    def call(self, x, training=None):
        if not training or not self.rate:
            return x
        bits = random_bits(ops.shape(x), self.seed_generator.next())
        # Of the 2³² values of a number the lowest share is dropped.
        lowest_kept = round(self.rate * 2**32) - 2**31
        kept = ops.greater_equal(bits, ops.convert_to_tensor(lowest_kept, "int32"))
        return ops.where(kept, x * (1 / (1 - self.rate)), ops.zeros((), x.dtype))

    def compute_output_shape(self, x_shape):
        return tuple(x_shape)

    def get_config(self):
        config = super().get_config()
        config.update(rate=self.rate, seed=self.seed)
        return config

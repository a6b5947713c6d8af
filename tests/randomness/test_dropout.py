import re

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.randomness.dropout import Dropout, random_bits, scramble


def by_hand(number):
    """`lowbias32` in Python's integers, read as a signed number."""
    number &= 0xFFFFFFFF
    number ^= number >> 16
    number = number * 0x7FEB352D & 0xFFFFFFFF
    number ^= number >> 15
    number = number * 0x846CA68B & 0xFFFFFFFF
    number ^= number >> 16
    return number - (number >> 31 << 32)


def drawn(seed, *shape):
    return ops.convert_to_numpy(random_bits(shape, ops.convert_to_tensor(seed)))


def kept(layer, *shape):
    return ops.convert_to_numpy(layer(np.ones(shape, "float32"), training=True)) != 0


def test_the_hash_is_that_of_its_source():
    numbers = [0, 1, 2, 77, 2**31 - 1, -1, -(2**31), -123456789]
    found = ops.convert_to_numpy(scramble(ops.convert_to_tensor(numbers, "int32")))
    assert found.tolist() == [by_hand(number) for number in numbers]


def test_every_bit_is_set_half_of_the_time_and_alone():
    bits = drawn([5, 3], 211, 307)
    table = (bits.reshape(-1, 1) >> np.arange(32) & 1).astype("float64")
    deviation = 0.5 / np.sqrt(len(table))
    assert np.abs(table.mean(0) - 0.5).max() < 5 * deviation
    correlation = np.corrcoef(table.T) - np.eye(32)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(table))


@pytest.fixture(scope="module")
def block():
    return kept(Dropout(0.3, seed=1), 67, 101, 71)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("lag", [1, 2, 64])
def test_neighbours_are_dropped_independently(axis, lag, block):
    mask = np.moveaxis(block, axis, 0)
    pairs = np.mean(mask[lag:] & mask[:-lag])
    assert pairs == pytest.approx(0.49, abs=5 * 0.5 / np.sqrt(mask[lag:].size))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_the_share_is_the_rate_and_the_mean_stays(rate):
    layer = Dropout(rate, seed=2)
    found = ops.convert_to_numpy(layer(np.full((401, 503), 3.0, "f4"), training=True))
    deviation = np.sqrt(rate * (1 - rate) / found.size)
    assert np.mean(found == 0) == pytest.approx(rate, abs=5 * deviation)
    np.testing.assert_allclose(found[found != 0], 3 / (1 - rate), rtol=1e-6)


def test_places_layers_and_calls_are_independent():
    first, other = Dropout(0.5, seed=1), Dropout(0.5, seed=2)
    masks = [kept(first, 101, 103), kept(first, 101, 103), kept(other, 101, 103)]
    tables = np.array([mask.reshape(-1) for mask in masks], "float64")
    correlation = np.corrcoef(tables) - np.eye(3)
    assert np.abs(correlation).max() < 5 / np.sqrt(101 * 103)
    # No stretch of one is found elsewhere in another.
    spectra = np.fft.rfft(tables - 0.5, axis=1)
    for one, two in ((0, 1), (0, 2), (1, 2)):
        shifted = np.fft.irfft(spectra[one] * spectra[two].conj(), 101 * 103)
        assert np.abs(shifted).max() < 6 * 0.25 * np.sqrt(101 * 103)


def test_a_seed_fixes_what_is_dropped():
    first, second = Dropout(0.5, seed=7), Dropout(0.5, seed=7)
    for _ in range(2):
        assert np.array_equal(kept(first, 5, 7), kept(second, 5, 7))
    assert not np.array_equal(kept(Dropout(0.5), 9, 11), kept(Dropout(0.5), 9, 11))


def test_nothing_is_dropped_outside_training_or_at_rate_zero():
    x = np.arange(15, dtype="float32").reshape(3, 5)
    layer = Dropout(0.5, seed=7)
    assert np.array_equal(layer(x), x) and np.array_equal(layer(x, training=False), x)
    assert np.array_equal(Dropout(0.0)(x, training=True), x)
    assert Dropout(0.0).variables == []


def test_the_state_is_that_of_the_layer_of_keras():
    ours, theirs = Dropout(0.5, seed=7), keras.layers.Dropout(0.5, seed=7)
    assert len(ours.variables) == len(theirs.variables) == 1
    kept(ours, 2, 3)
    theirs(np.ones((2, 3), "float32"), training=True)
    one, two = (ops.convert_to_numpy(layer.variables[0]) for layer in (ours, theirs))
    assert one.tolist() == two.tolist() and one.dtype == two.dtype


def test_what_was_dropped_gets_no_gradient(gradient):
    layer = Dropout(0.5, seed=7)
    mask = kept(Dropout(0.5, seed=7), 5, 7)
    found = gradient(lambda x: ops.sum(layer(x, training=True)), np.ones((5, 7), "f4"))
    np.testing.assert_array_equal(found, 2.0 * mask)


def test_a_compiled_program_drops_the_same(compiled):
    bits = compiled(lambda seed: random_bits((5, 7), seed))
    dtype = keras.random.SeedGenerator(1).state.dtype
    seed = ops.convert_to_tensor(np.array([2**31 + 5, 2**32 - 1], "uint32"), dtype)
    np.testing.assert_array_equal(bits(seed), drawn([5, 2**31 - 1], 5, 7))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_drops_the_same(dtype):
    x = np.ones((5, 7), "float32")
    found = Dropout(0.5, seed=3, dtype=dtype)(x, training=True)
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    assert np.array_equal(found, 2.0 * kept(Dropout(0.5, seed=3), 5, 7))


@pytest.mark.parametrize("rate", [1.0, -0.1])
def test_a_rate_outside_is_refused(rate):
    rule = f"dropout must be in [0, 1), got dropout={rate}"
    with pytest.raises(ValueError, match=re.escape(rule)):
        Dropout(rate)

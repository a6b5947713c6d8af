import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.positions import SinusoidalPositions, sinusoidal_positions


def encoding(position, width, max_wavelength=10_000.0):
    out = []
    for pair in range(width // 2):
        angle = position / max_wavelength ** (2 * pair / width)
        out += [math.sin(angle), math.cos(angle)]
    return out


@given(
    length=st.sampled_from([0, 1, 5]),
    half=st.sampled_from([1, 7]),
    offset=st.sampled_from([0, 1, 7, 1000]),
)
@settings(max_examples=15, deadline=None)
def test_encodings_are_the_papers_equation(length, half, offset):
    found = np.asarray(sinusoidal_positions(length, 2 * half, offset))
    wanted = [encoding(offset + place, 2 * half) for place in range(length)]
    np.testing.assert_allclose(found, np.reshape(wanted, (length, 2 * half)), atol=1e-4)


def test_dot_products_depend_on_the_distance_alone():
    table = np.asarray(sinusoidal_positions(31, 14))
    products = table @ table.T
    for distance in range(31):
        diagonal = np.diagonal(products, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-4)


def test_a_part_with_an_offset_is_that_part_of_the_whole():
    whole = np.asarray(sinusoidal_positions(11, 6))
    part = sinusoidal_positions(4, 6, ops.convert_to_tensor(5, "int32"))
    np.testing.assert_allclose(part, whole[5:9], atol=1e-6)


def test_the_layer_adds_the_encodings():
    x = np.random.default_rng(0).normal(size=(3, 5, 14)).astype("float32")
    layer = SinusoidalPositions(max_wavelength=100.0)
    wanted = x + [encoding(place, 14, 100.0) for place in range(7, 12)]
    np.testing.assert_allclose(layer(x, offset=7), wanted, atol=1e-5)


def test_half_precision_computes_far_positions_in_float32():
    layer = SinusoidalPositions(dtype="bfloat16")
    found = layer(np.zeros((1, 5, 6), "float32"), offset=1001)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    wanted = [encoding(place, 6) for place in range(1001, 1006)]
    found = np.asarray(ops.cast(found, "float32"))[0]
    np.testing.assert_allclose(found, wanted, atol=1e-2)


def test_an_odd_width_is_refused():
    rule = "sinusoidal positions need an even width, got width=7"
    with pytest.raises(ValueError, match=rule):
        SinusoidalPositions()(np.zeros((2, 3, 7), "float32"))


def test_sinusoidal_positions_come_back_from_their_config():
    layer = SinusoidalPositions(max_wavelength=500.0)
    twin = SinusoidalPositions.from_config(layer.get_config())
    x = np.zeros((1, 5, 6), "float32")
    np.testing.assert_array_equal(twin(x), layer(x))


def test_the_mask_of_an_embedding_stays_with_the_sequence():
    ids = np.array([[3, 1, 0], [2, 0, 0]])
    x = SinusoidalPositions()(keras.layers.Embedding(5, 4, mask_zero=True)(ids))
    np.testing.assert_array_equal(ops.convert_to_numpy(x._keras_mask), ids != 0)

import re

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.positions import RelativePositionBias, distance_bucket


def test_short_distances_have_a_bucket_each():
    assert [distance_bucket(d, 32, 128) for d in range(16)] == list(range(16))


def test_long_distances_share_buckets_by_their_logarithm():
    # 8 buckets up to 64: 0 1 2 3, then edges at 4, 8, 16, 32.
    edges = {4: 4, 7: 4, 8: 5, 15: 5, 16: 6, 31: 6, 32: 7, 63: 7, 64: 7, 10**9: 7}
    assert {d: distance_bucket(d, 8, 64) for d in edges} == edges


@pytest.mark.parametrize("buckets", [2, 5, 16, 32])
def test_buckets_never_fall_and_are_all_used(buckets):
    found = [distance_bucket(d, buckets, 128) for d in range(300)]
    assert found == sorted(found)
    assert set(found) == set(range(buckets))


def layer_with_table(heads=3, **kwargs):
    layer = RelativePositionBias(heads, **kwargs)
    layer.build()
    rows = np.arange(layer.buckets, dtype="float32")[:, None]
    layer.set_weights([rows + 100 * np.arange(heads, dtype="float32")])
    return layer  # head 0 reads the number of the bucket, head h that plus 100 h


def test_keys_before_and_after_have_their_own_buckets():
    layer = layer_with_table(buckets=8, max_distance=6)  # 4 a side: 0, 1, 2-3, 4-…
    found = np.asarray(layer.bias(2, 7))
    np.testing.assert_array_equal(found[0, 0], [0, 5, 6, 6, 7, 7, 7])
    np.testing.assert_array_equal(found[0, 1], [1, 0, 5, 6, 6, 7, 7])
    np.testing.assert_array_equal(found[2], found[0] + 200)
    far = np.asarray(layer.bias(1, 7, offset=6))
    np.testing.assert_array_equal(far[0, 0], [3, 3, 3, 2, 2, 1, 0])


def test_for_a_causal_mask_all_buckets_look_back():
    layer = layer_with_table(buckets=4, max_distance=6, bidirectional=False)
    found = np.asarray(layer.bias(7, 7))[0]
    np.testing.assert_array_equal(found[6], [3, 3, 3, 2, 2, 1, 0])
    np.testing.assert_array_equal(found[0], np.zeros(7))  # what comes after: bucket 0


@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_bias_depends_on_the_distance_alone(bidirectional):
    layer = layer_with_table(buckets=6, max_distance=5, bidirectional=bidirectional)
    bias = np.asarray(layer.bias(11, 11))
    for distance in range(-10, 11):
        diagonals = np.diagonal(bias, distance, axis1=1, axis2=2)
        assert (diagonals == diagonals[:, :1]).all()


def test_beyond_the_largest_distance_nothing_is_new():
    layer = layer_with_table(buckets=6, max_distance=5)
    bias = np.asarray(layer.bias(1, 100, offset=99))
    assert (bias[:, 0, :95] == bias[:, :1, 0]).all()


def test_a_part_with_an_offset_is_that_part_of_the_whole():
    layer = layer_with_table(buckets=6, max_distance=5)
    whole = np.asarray(layer.bias(11, 11))
    part = layer.bias(3, 11, ops.convert_to_tensor(4, "int32"))
    np.testing.assert_array_equal(part, whole[:, 4:7])


def test_the_layer_adds_the_bias():
    layer = layer_with_table(buckets=6, max_distance=5)
    scores = np.random.default_rng(0).normal(size=(2, 3, 5, 7)).astype("float32")
    wanted = scores + np.asarray(layer.bias(5, 7, 2))
    np.testing.assert_allclose(layer(scores, offset=2), wanted, rtol=1e-6)


def test_queries_and_keys_are_left_as_they_are():
    x = np.ones((2, 3, 5, 7), "float32")
    np.testing.assert_array_equal(RelativePositionBias(3).rotate(x, 11), x)


def test_half_precision_adds_in_its_own_dtype():
    layer = layer_with_table(buckets=6, max_distance=5, dtype="mixed_float16")
    found = layer(np.zeros((1, 3, 2, 2), "float32"))
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    np.testing.assert_array_equal(found[0], layer.bias(2, 2))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (
            {"buckets": 2},
            "buckets must be at least 2, and with bidirectional even and at least 4, "
            "got buckets=2, bidirectional=True",
        ),
        (
            {"buckets": 7},
            "buckets must be at least 2, and with bidirectional even and at least 4, "
            "got buckets=7, bidirectional=True",
        ),
        (
            {"buckets": 1, "bidirectional": False},
            "buckets must be at least 2, and with bidirectional even and at least 4, "
            "got buckets=1, bidirectional=False",
        ),
        (
            {"buckets": 32, "max_distance": 8},
            "max_distance must exceed 8, the distances that have a bucket of their "
            "own, got max_distance=8",
        ),
    ],
)
def test_relative_positions_refuse(arguments, rule):
    with pytest.raises(ValueError, match=re.escape(rule)):
        RelativePositionBias(3, **arguments)


def test_relative_positions_come_back_from_their_config():
    layer = RelativePositionBias(3, 6, 5, False, "ones")
    twin = RelativePositionBias.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    np.testing.assert_array_equal(twin(np.zeros((1, 3, 2, 2))), np.ones((1, 3, 2, 2)))

"""The k largest, few or many, against Python's stable sort."""

import numpy as np
import pytest
from keras import ops

from keras_transformer.attention.largest import largest


def by_sorting(scores, visible, k):
    out = np.zeros(scores.shape, bool)
    for place in np.ndindex(*scores.shape[:-1]):
        seen = np.flatnonzero(visible[place])
        best = sorted(seen, key=lambda s: -scores[place][s])[:k]
        out[place][best] = True
    return out


@pytest.mark.parametrize("k", [1, 8, 9, 16, 40])
@pytest.mark.parametrize("shape", [(2, 5, 17), (3, 0), (4, 9), (3, 1), (2, 0, 9)])
def test_the_largest_are_those_of_a_stable_sort(shape, k):
    random = np.random.default_rng(k)
    extremes = [-3e38, 3e38, -0.0, 0.0, 1e-30, -1e-30]
    for scores in (
        random.normal(size=shape),
        random.integers(-2, 3, shape),
        np.zeros(shape),
        random.choice(extremes, size=shape),
    ):
        for share in (0.0, 0.4, 1.0):
            visible = random.random(shape) < share
            scores = scores.astype("float32")
            found = np.asarray(largest(scores, visible, k))
            np.testing.assert_array_equal(found, by_sorting(scores, visible, k))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_largest_of_half_precision_are_those_of_its_numbers(dtype):
    scores = ops.cast(np.random.default_rng(0).normal(size=(3, 50)), dtype)
    numbers = ops.convert_to_numpy(ops.cast(scores, "float32"))
    visible = np.ones((3, 50), bool)
    found = np.asarray(largest(scores, visible, 20))
    np.testing.assert_array_equal(found, by_sorting(numbers, visible, 20))


def test_many_of_the_largest_compile(compiled):
    scores = np.random.default_rng(1).integers(-9, 9, (2, 3, 64)).astype("float32")
    visible = np.random.default_rng(2).random((2, 3, 64)) < 0.7
    program = compiled(lambda s, v: largest(s, v, 12))
    found = program(ops.convert_to_tensor(scores), ops.convert_to_tensor(visible))
    np.testing.assert_array_equal(found, by_sorting(scores, visible, 12))

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.course.measure import (
    gradient_norm_by_distance,
    gradient_norm_by_position,
)

BATCH, LENGTH, WIDTH, UNITS = 2, 5, 3, 7


@pytest.fixture
def x():
    return np.random.default_rng(3).normal(size=(BATCH, LENGTH, WIDTH))


def test_the_norm_of_a_linear_map_is_that_of_its_matrix(x):
    matrices = np.random.default_rng(4).normal(size=(LENGTH, WIDTH, UNITS))

    def linear(x):
        return ops.einsum("bse,seu->bu", x, matrices.astype("float32"))

    norms = gradient_norm_by_position(linear, x)
    wanted = np.sqrt((matrices**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(norms, np.tile(wanted, (BATCH, 1)), rtol=1e-5)


def test_every_sequence_has_its_own_gradient(x):
    # d(x²)/dx = 2x: the norm is that of the position itself, twice.
    def squares(x):
        return ops.sum(x**2, axis=1)

    norms = gradient_norm_by_position(squares, x)
    np.testing.assert_allclose(norms, 2 * np.sqrt((x**2).sum(-1)), rtol=1e-5)


def test_distance_counts_back_from_the_last_position(x):
    def last(x):
        return 3 * x[:, -1]

    norms = gradient_norm_by_distance(last, x)
    wanted = np.zeros((BATCH, LENGTH))
    wanted[:, 0] = 3 * np.sqrt(WIDTH)
    np.testing.assert_allclose(norms, wanted, rtol=1e-5)


def test_a_gru_with_gates_at_one_half_halves_the_gradient_each_step():
    gru = keras.layers.GRU(1)
    gru.build((None, LENGTH, 1))
    # Update gate sigmoid(0) = 1/2, candidate tanh(x): h = h / 2 + tanh(x) / 2.
    candidate = np.array([[0.0, 0.0, 1.0]])
    gru.set_weights([candidate, np.zeros((1, 3)), np.zeros((2, 3))])
    norms = gradient_norm_by_distance(gru, np.zeros((1, LENGTH, 1)))
    np.testing.assert_allclose(norms, [0.5 ** np.arange(1, LENGTH + 1)], rtol=1e-5)


def test_a_layer_keeps_its_weights(x):
    gru = keras.layers.GRU(UNITS)
    gru.build((None, LENGTH, WIDTH))
    before = [np.array(ops.convert_to_numpy(w.value)) for w in gru.weights]
    gradient_norm_by_position(gru, x)
    for weight, wanted in zip(gru.weights, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight.value), wanted)


@pytest.mark.parametrize(
    ("x", "function", "message"),
    [
        (np.ones((3, 2)), lambda x: x, r"\[b, s, e\], got shape \(3, 2\)"),
        (np.ones((3, 2, 5)), lambda x: x, r"\[3, u\], got shape \(3, 2, 5\)"),
        (np.ones((3, 2, 5)), lambda x: x[:2, 0], r"\[3, u\], got shape \(2, 5\)"),
    ],
)
def test_other_shapes_are_refused(x, function, message):
    with pytest.raises(ValueError, match=message):
        gradient_norm_by_position(function, x)

import keras
import numpy as np
import pytest

from keras_transformer.laws.gradients import gradients


class Half(keras.layers.Layer):
    """A matrix that is used, and one that is not."""

    def build(self, shape):
        self.used = self.add_weight(shape=(shape[-1], 2))
        self.unused = self.add_weight(shape=(3,))
        self.built = True

    def call(self, x):
        return x @ self.used


def test_gradients_are_those_by_hand():
    layer = Half()
    x = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    layer(x)
    direction = np.array([[1, -1], [0, 2]], "float32")
    kernel = keras.ops.convert_to_numpy(layer.used.value + 0)
    (by_x, by_other), by_weights = gradients(
        lambda a, b: layer(a), [x, x], direction, layer
    )
    np.testing.assert_allclose(by_x, direction @ kernel.T, rtol=1e-5)
    np.testing.assert_array_equal(by_other, np.zeros_like(x))
    np.testing.assert_allclose(by_weights[0], x.T @ direction, rtol=1e-5)
    np.testing.assert_array_equal(by_weights[1], np.zeros(3))
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(layer.used.value + 0), kernel
    )


def test_a_direction_may_have_numpys_own_precision():
    x = np.array([[1.0, -2.0]])
    (slope,), _ = gradients(lambda a: a * a, [x], np.array([[1.0, 0.5]]))
    np.testing.assert_allclose(slope, [[2.0, -2.0]])


def test_a_direction_of_one_number_is_that_of_all():
    x = np.array([[1.0, -2.0]])
    (slope,), _ = gradients(lambda a: a * a, [x], np.ones(1, "float32"))
    np.testing.assert_allclose(slope, 2 * x)


def test_in_half_precision_the_arrays_come_as_such():
    seen = []

    def function(x):
        seen.append(keras.backend.standardize_dtype(x.dtype))
        return x * x

    (slope,), _ = gradients(function, [np.ones(2)], np.ones(1), dtype="float16")
    assert (seen, slope.dtype) == (["float16"], np.float32)


@pytest.mark.parametrize("direction", [None, np.ones((1, 64), "float32")])
def test_draws_go_on_from_one_gradient_to_the_next(direction):
    dropout = keras.layers.Dropout(0.5, seed=3)
    first, second = (
        gradients(
            lambda x: dropout(x, training=True), [np.ones((1, 64))], direction, dropout
        )[0][0]
        for _ in range(2)
    )
    assert 0 < (first == 0).sum() < 64
    assert ((first == 0) != (second == 0)).any()

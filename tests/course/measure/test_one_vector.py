import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest

from keras_transformer.course.measure import OneVector, redrawn_weights, weight_vector

X = np.random.default_rng(3).normal(size=(11, 3)).astype("float32")
Y = np.random.default_rng(4).normal(size=(11, 2)).astype("float32")


def small(*between):
    keras.utils.set_random_seed(1)
    layers = [keras.Input((3,)), keras.layers.Dense(5, "tanh"), *between]
    return keras.Sequential([*layers, keras.layers.Dense(2)])


def compiled(model, optimizer):
    model.compile(optimizer, loss="mse", jit_compile=False)
    return model


def fit(model, epochs=5):
    """The loss of each of some steps on the whole batch."""
    losses = []
    for _ in range(epochs):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(X, Y)))
    return losses


def test_it_computes_what_the_model_does():
    model = small()
    packed = OneVector(model)
    assert packed.vector.shape == (3 * 5 + 5 + 5 * 2 + 2,)
    np.testing.assert_allclose(packed(X), model(X), rtol=1e-6)


@pytest.mark.parametrize("rule", [keras.optimizers.Adam, keras.optimizers.SGD])
def test_it_learns_as_the_model_does_and_leaves_that_alone(rule):
    model = small()
    packed, before = compiled(OneVector(model), rule(0.05)), weight_vector(model)
    learned = fit(packed)
    assert learned[-1] < learned[0]
    np.testing.assert_array_equal(weight_vector(model), before)
    np.testing.assert_allclose(learned, fit(compiled(model, rule(0.05))), rtol=1e-4)
    np.testing.assert_allclose(packed.vector, weight_vector(model), atol=1e-4)


def test_only_the_vector_is_trained():
    packed = OneVector(small(keras.layers.BatchNormalization()))
    assert [tuple(w.shape) for w in packed.trainable_variables] == [(42,)]


def test_begun_anew_it_learns_the_same_again():
    model = small()
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    packed = compiled(OneVector(model), optimizer)
    packed.restart(weight_vector(model))
    first = fit(packed)
    packed.restart(weight_vector(model))
    np.testing.assert_allclose(fit(packed), first, rtol=1e-6)
    packed.restart(weight_vector(model), learning_rate=0.01)
    assert fit(packed)[-1] > first[-1]


def test_moving_averages_move():
    model = small(keras.layers.BatchNormalization(momentum=0.5))
    packed = compiled(OneVector(model), keras.optimizers.SGD(0.0))
    np.testing.assert_allclose(packed(X), model(X), atol=1e-6)
    fit(packed, epochs=20)
    got, wanted = packed(X), packed(X, training=True)
    np.testing.assert_allclose(got, wanted, atol=0.02)
    packed.restart(weight_vector(model))
    np.testing.assert_allclose(packed(X), model(X), atol=1e-6)


def test_redrawn_weights_are_the_same_numbers_each_in_its_matrix():
    model = small()
    one, two = weight_vector(model), redrawn_weights(model, seed=1)
    for begin, end in ((0, 15), (20, 30)):  # the two matrices
        assert (one[begin:end] != two[begin:end]).any()
        np.testing.assert_array_equal(np.sort(one[begin:end]), np.sort(two[begin:end]))
    for begin, end in ((15, 20), (30, 32)):  # the two biases
        np.testing.assert_array_equal(one[begin:end], two[begin:end])
    np.testing.assert_array_equal(redrawn_weights(model, seed=1), two)
    assert (redrawn_weights(model, seed=2) != two).any()

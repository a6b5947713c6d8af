import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest

from keras_transformer.course.measure import fresh_start, reseed

X = np.random.default_rng(1).normal(size=(33, 3))
Y = X[:, :1] ** 2


def make():
    layers = [keras.layers.Dense(5, "relu"), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((3,)), *layers])


def compiled(optimizer):
    model = make()
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def trained(model, seed):
    fresh_start(model, make, seed)
    # On JAX the first `fit` of a model draws one more shuffle than the later ones.
    model.fit(X, Y, epochs=3, batch_size=11, verbose=0, shuffle=False)
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.parametrize("name", ["adam", "adagrad", "sgd"])
def test_a_model_started_afresh_learns_what_a_new_one_learns(name):
    used = compiled(keras.optimizers.get(name))
    first, other = trained(used, seed=1), trained(used, seed=2)
    assert np.abs(first - other).max() > 0.1
    again = trained(used, seed=1)
    new = trained(compiled(keras.optimizers.get(name)), seed=1)
    np.testing.assert_allclose(again, first, atol=1e-6)
    np.testing.assert_allclose(new, first, atol=1e-6)


def test_steps_are_counted_afresh_and_the_learning_rate_stays():
    model = compiled(keras.optimizers.Adam(0.25))
    trained(model, seed=1)
    model.optimizer.learning_rate = 0.5
    fresh_start(model, make, seed=1)
    assert float(model.optimizer.iterations) == 0
    assert float(model.optimizer.learning_rate) == 0.5


def test_a_seed_is_that_of_keras_but_for_what_tensorflow_draws():
    drawn = []
    for seeded in (keras.utils.set_random_seed, reseed, reseed):
        seeded(5)
        parts = [make().get_weights()[0], keras.random.normal((2,)), np.random.rand(2)]
        drawn.append(np.concatenate([np.ravel(part) for part in parts]))
    np.testing.assert_array_equal(drawn[1], drawn[0])
    np.testing.assert_array_equal(drawn[2], drawn[0])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of its kernels")
def test_tensorflow_keeps_its_seed_and_with_it_its_kernels(monkeypatch):
    import tensorflow as tf

    asked = []
    monkeypatch.setattr(tf.random, "set_seed", asked.append)
    reseed(5)
    assert not asked
    assert tf.random.set_seed == asked.append  # what was there is there again


def test_a_model_without_an_optimizer_cannot_start():
    with pytest.raises(ValueError, match="needs a compiled model"):
        fresh_start(make(), make, seed=1)

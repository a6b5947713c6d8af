import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest

from keras_transformer.course.measure import LearningCurves, learning_curves


def line(examples, seed, noise=0.0):
    """Numbers on a line of slope 2, or beside it."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(examples, 1)).astype("float32")
    beside = noise * random.normal(size=(examples, 1)).astype("float32")
    return {"x": x}, 2 * x + beside


def model(dropout=0.0):
    x = keras.Input((1,), name="x")
    dropped = keras.layers.Dropout(dropout)(x)
    made = keras.Model({"x": x}, keras.layers.Dense(1, use_bias=False)(dropped))
    made.compile(keras.optimizers.SGD(0.1), loss="mse")
    return made


def test_the_losses_are_those_of_the_whole_sides():
    trained, held_out = line(12, seed=1), line(7, seed=2, noise=0.5)
    learner = model()
    curves = learning_curves(
        learner, trained, held_out, seeds=(3,), epochs=2, batch_size=4, every=2
    )
    (slope,) = learner.get_weights()
    for (inputs, wanted), loss in (
        (trained, curves.training),
        (held_out, curves.validation),
    ):
        by_hand = np.mean((inputs["x"] @ slope - wanted) ** 2)
        np.testing.assert_allclose(loss, [[by_hand]], rtol=1e-5)
    assert curves.epochs.tolist() == [2]


def test_every_seed_begins_anew_and_learns_the_same_again():
    sides = line(8, seed=1), line(8, seed=2)
    options = {"epochs": 6, "batch_size": 4, "every": 2}
    learner = model()
    twice = learning_curves(learner, *sides, seeds=(5, 6, 5), **options)
    once = learning_curves(model(), *sides, seeds=(6,), **options)
    assert twice.training.shape == twice.validation.shape == (3, 3)
    np.testing.assert_array_equal(twice.training[0], twice.training[2])
    np.testing.assert_allclose(twice.training[1], once.training[0], rtol=1e-5)
    assert (twice.training[0] != twice.training[1]).all()
    assert (np.diff(twice.training) < 0).all()


def test_the_losses_are_measured_with_dropout_off():
    trained = line(64, seed=1)
    learner = model(dropout=0.5)
    curves = learning_curves(
        learner, trained, trained, seeds=(1,), epochs=1, batch_size=64, every=1
    )
    np.testing.assert_array_equal(curves.training, curves.validation)


def test_models_are_compared_where_they_have_learned_as_much():
    curves = LearningCurves(
        np.array([4, 8, 12]),
        np.array([[4.0, 2.0, 1.0], [4.0, 3.0, 2.5], [1.0, 0.5, 0.1]]),
        np.array([[5.0, 3.0, 4.0], [5.0, 4.5, 4.0], [2.0, 2.5, 3.0]]),
    )
    found = curves.validation_at(1.5)
    np.testing.assert_allclose(found, [3.5, np.nan, 2.0])


@pytest.mark.parametrize("batch_size", [0, 9])
def test_a_batch_has_as_many_rows_as_there_are(batch_size):
    sides = line(8, seed=1), line(8, seed=2)
    with pytest.raises(ValueError, match=f"number of examples, 8, got {batch_size}"):
        learning_curves(model(), *sides, batch_size=batch_size)


@pytest.mark.parametrize("every", [0, 5])
def test_there_is_at_least_one_check(every):
    sides = line(8, seed=1), line(8, seed=2)
    with pytest.raises(ValueError, match=f"every must be .* 4, got {every}"):
        learning_curves(model(), *sides, batch_size=4, epochs=4, every=every)

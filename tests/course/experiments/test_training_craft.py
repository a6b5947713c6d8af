import numpy as np
import pytest

from keras_transformer.course.experiments import training_craft
from keras_transformer.course.measure import craft


@pytest.fixture
def short(monkeypatch):
    for name, value in (("XLA", False), ("STEPS", 4), ("EVERY", 2), ("WARMUP", 2)):
        monkeypatch.setattr(craft, name, value)
    craft.compiled.cache_clear()
    yield
    craft.compiled.cache_clear()


def test_what_is_taken_away_is_in_the_full_set_alone():
    options = training_craft.OPTIONS
    assert set(options) == set(training_craft.EXPERIMENT.variants)
    for trick in training_craft.TAKEN:
        rest = options[f"without_{trick}"]
        assert rest | {trick: training_craft.FULL[trick]} == training_craft.FULL


def test_a_start_and_a_penalty_are_for_the_matrices_alone():
    plain, small = craft.made(1), craft.made(1, start="small", l1=0.5)
    for before, after in zip(
        plain.trainable_variables, small.trainable_variables, strict=True
    ):
        matrix = len(after.shape) == 2 and "embedding" not in after.path
        assert (after.regularizer is not None) == matrix
        assert np.allclose(before.numpy(), after.numpy()) != matrix


def test_a_seed_begins_anew_whatever_was_trained_before(short):
    pairs = craft.tokens("train", 60)
    first, _ = craft.trained(pairs, 1, words=0.1, dropout=0.1)
    wanted = [w.numpy() for w in first.trainable_variables]
    craft.trained(pairs, 2, words=0.1, dropout=0.1)
    again, watched = craft.trained(
        pairs, 1, words=0.1, dropout=0.1, watch=lambda model: 7
    )
    for weight, value in zip(again.trainable_variables, wanted, strict=True):
        np.testing.assert_allclose(weight.numpy(), value, rtol=1e-5, atol=1e-6)
    assert watched == [7, 7]

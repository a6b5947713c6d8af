import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer import Softmax
from keras_transformer.course.measure import (
    entropy,
    softmax_slope,
    weights_of_normal_scores,
)
from keras_transformer.laws.gradients import gradients


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def test_entropy_is_the_expected_surprise():
    weights = np.array([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    wanted = [0.5 * np.log(2) + 0.5 * np.log(4), 0.0]
    np.testing.assert_allclose(entropy(weights), wanted, rtol=1e-12)


def test_entropy_lies_between_nothing_and_the_log_of_the_keys():
    weights = softmax(np.random.default_rng(3).normal(size=(5, 11, 7)))
    found = entropy(weights)
    assert found.shape == (5, 11)
    assert (found > 0).all()
    assert (found < np.log(7)).all()
    assert not np.signbit(entropy(np.array([1.0, 0.0])))


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
def test_the_slope_is_the_norm_of_the_jacobian(spread):
    weights = softmax(spread * np.random.default_rng(5).normal(size=(11, 7)))
    for row, slope in zip(weights, softmax_slope(weights), strict=True):
        jacobian = np.diag(row) - np.outer(row, row)
        np.testing.assert_allclose(slope, np.linalg.norm(jacobian), rtol=1e-9)


def test_the_slope_is_what_backpropagation_multiplies_by():
    scores = np.random.default_rng(5).normal(size=(1, 5)).astype("float32")
    rows = np.repeat(scores, 5, axis=0)
    (jacobian,), _ = gradients(Softmax(), [rows], np.eye(5, dtype="float32"))
    slope = softmax_slope(softmax(scores))[0]
    np.testing.assert_allclose(np.linalg.norm(jacobian), slope, rtol=1e-5)


def test_the_slope_of_a_saturated_softmax_is_small_and_not_zero():
    # To first order the matrix is [[ε, -ε], [-ε, ε]] with ε = exp(-40).
    weights = softmax(np.array([40.0, 0.0]))
    np.testing.assert_allclose(softmax_slope(weights), 2 * np.exp(-40), rtol=1e-6)


def test_of_all_weights_two_equal_ones_have_the_largest_slope():
    generator = np.random.default_rng(7)
    weights = softmax(3 * generator.normal(size=(1000, 5)))
    assert softmax_slope(weights).max() < softmax_slope(np.array([0.5, 0.5, 0, 0, 0]))


def test_normal_scores_have_the_variance_that_was_asked_for():
    # A softmax forgets what is added to a row, so differences are compared.
    logarithms = np.log(weights_of_normal_scores(9.0, keys=2, rows=20_000, seed=3))
    differences = logarithms[:, 0] - logarithms[:, 1]
    np.testing.assert_allclose(differences.var(), 2 * 9.0, rtol=0.05)
    np.testing.assert_allclose(differences.mean(), 0.0, atol=0.1)


def test_the_prediction_agrees_with_dot_products_of_wide_vectors():
    generator = np.random.default_rng(11)
    query, key = generator.normal(size=(500, 67)), generator.normal(size=(500, 13, 67))
    measured = softmax(np.einsum("nd,nsd->ns", query, key))
    predicted = weights_of_normal_scores(67.0, keys=13)
    np.testing.assert_allclose(
        entropy(measured).mean(), entropy(predicted).mean(), atol=0.05
    )


def test_the_same_seed_draws_the_same_scores():
    one, two = (weights_of_normal_scores(4.0, keys=3, rows=5) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = weights_of_normal_scores(4.0, keys=3, rows=5, seed=1)
    assert np.abs(one - other).max() > 0.1


def test_a_negative_variance_is_refused():
    with pytest.raises(ValueError, match=r"a variance is at least 0, got -1\.0"):
        weights_of_normal_scores(-1.0, keys=3)

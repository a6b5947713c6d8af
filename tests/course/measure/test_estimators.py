import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Sampled, Softmax, TopK
from keras_transformer.course.measure import exact_gradient, gradient_estimates, quality

KEYS, WIDTH, DRAWS = 5, 3, 3001
SCORES = np.random.default_rng(1).normal(size=KEYS).astype("float32")
VALUES = np.random.default_rng(2).normal(size=(KEYS, WIDTH)).astype("float32")
PROBABILITY = np.exp(SCORES) / np.exp(SCORES).sum()


def squared(weights):
    """A loss that bends: half the squared length of the context."""
    return ops.sum(ops.matmul(weights, VALUES) ** 2, axis=-1) / 2


def linear(weights):
    return ops.matmul(weights, VALUES)[:, 0]


def expected(scores):
    p = np.exp(scores) / np.exp(scores).sum()
    return p @ (VALUES.astype("float64") ** 2).sum(-1) / 2


def test_the_exact_gradient_is_the_slope_of_the_expected_loss():
    step = 1e-5
    wanted = [
        (expected(SCORES + step * row) - expected(SCORES - step * row)) / (2 * step)
        for row in np.eye(KEYS)
    ]
    np.testing.assert_allclose(exact_gradient(SCORES, squared), wanted, atol=1e-6)


def test_a_choice_has_no_gradient():
    for weighting in (TopK(1), TopK(3), TopK(1, renormalize=True)):
        estimates = gradient_estimates(weighting, SCORES, squared)
        assert estimates.tolist() == [[0.0] * KEYS]


def test_of_two_renormalised_keys_only_these_two_get_a_gradient():
    (slope,) = gradient_estimates(TopK(2, renormalize=True), SCORES, squared)
    assert np.flatnonzero(slope).tolist() == sorted(np.argsort(SCORES)[-2:].tolist())


def test_the_gradient_through_softmax_is_that_of_the_mixed_value():
    slope = gradient_estimates(Softmax(), SCORES, squared)
    by_weight = VALUES @ (PROBABILITY @ VALUES)
    wanted = PROBABILITY * (by_weight - PROBABILITY @ by_weight)
    np.testing.assert_allclose(slope, [wanted], rtol=1e-4)


@pytest.mark.parametrize("baseline", [0.0, 2.0])
def test_reinforce_is_unbiased_whatever_the_baseline(baseline):
    exact = exact_gradient(SCORES, squared)
    reinforce = Sampled(seed=3)
    estimates = gradient_estimates(reinforce, SCORES, squared, DRAWS, baseline)
    bias, chance, _ = quality(estimates, exact)
    assert bias < 2.5 * chance < np.linalg.norm(exact)


def test_a_draw_of_reinforce_says_loss_times_what_made_it_likelier():
    (estimate,) = gradient_estimates(Sampled(seed=4), SCORES, squared, baseline=0.5)
    losses = (VALUES**2).sum(-1) / 2
    possible = (losses - 0.5)[:, None] * (np.eye(KEYS) - PROBABILITY)
    assert np.abs(possible - estimate).max(axis=1).min() < 1e-5


def test_straight_through_is_biased_for_a_loss_that_bends_and_not_for_a_line():
    for loss, biased in ((squared, True), (linear, False)):
        layer = Sampled(estimator="straight_through", seed=5)
        estimates = gradient_estimates(layer, SCORES, loss, DRAWS)
        bias, chance, _ = quality(estimates, exact_gradient(SCORES, loss))
        assert (bias > 5 * chance + 1e-6) is biased


def test_gumbel_variance_rises_and_bias_falls_as_it_cools():
    exact = exact_gradient(SCORES, squared)
    found = []
    for temperature in (3.0, 0.3):
        layer = Sampled(estimator="gumbel", temperature=temperature, seed=6)
        found.append(quality(gradient_estimates(layer, SCORES, squared, DRAWS), exact))
    warm, cold = found
    assert cold.bias < 0.7 * warm.bias
    assert cold.variance > 3 * warm.variance


def test_a_function_is_measured_like_a_layer():
    def double(scores):
        return 2 * scores

    estimates = gradient_estimates(double, SCORES, linear, draws=2)
    np.testing.assert_allclose(estimates, np.tile(2 * VALUES[:, 0], (2, 1)), rtol=1e-6)


def test_quality_by_hand():
    # Means 1 and 2; variances 2 and 8; exact (1, 5).
    estimates = np.array([[0.0, 0.0], [2.0, 4.0]])
    assert quality(estimates, np.array([1.0, 5.0])) == (3.0, 5.0**0.5, 10.0)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"axis \[s\], got shape \(2, 3\)"):
        exact_gradient(np.zeros((2, 3)), linear)
    with pytest.raises(ValueError, match="draws must be at least 1, got draws=0"):
        gradient_estimates(TopK(1), SCORES, linear, draws=0)
    with pytest.raises(ValueError, match=r"\[5\], got shape \(5, 3\)"):
        exact_gradient(SCORES, lambda w: ops.matmul(w, VALUES))
    with pytest.raises(ValueError, match=r"shapes \(1, 5\) and \(5,\)"):
        quality(np.zeros((1, 5)), np.zeros(5))

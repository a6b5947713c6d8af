import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Sampled, Softmax, TopK
from keras_transformer.course.measure import gradient_estimates

KEYS, WIDTH, DRAWS = 5, 3, 3001
SCORES = np.random.default_rng(1).normal(size=KEYS).astype("float32")
VALUES = np.random.default_rng(2).normal(size=(KEYS, WIDTH)).astype("float32")
PROBABILITY = np.exp(SCORES) / np.exp(SCORES).sum()


def squared(weights):
    """A loss that bends: half the squared length of the context."""
    return ops.sum(ops.matmul(weights, VALUES) ** 2, axis=-1) / 2


def linear(weights):
    return ops.matmul(weights, VALUES)[:, 0]


def exact_gradient(loss):
    """Of the expected loss when one key is drawn: every choice is tried."""
    losses = ops.convert_to_numpy(loss(np.eye(KEYS, dtype="float32")))
    p = np.exp(SCORES.astype("float64"))
    p /= p.sum()
    return p * (losses - p @ losses)


def quality(estimates, exact):
    """Bias, the bias that chance alone would show, and variance."""
    estimates = estimates.astype("float64")
    bias = np.linalg.norm(estimates.mean(axis=0) - exact)
    variance = estimates.var(axis=0, ddof=1).sum()
    return bias, np.sqrt(variance / len(estimates)), variance


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
    exact = exact_gradient(squared)
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
        bias, chance, _ = quality(estimates, exact_gradient(loss))
        assert bool(bias > 5 * chance + 1e-6) is biased


def test_gumbel_variance_rises_and_bias_falls_as_it_cools():
    exact = exact_gradient(squared)
    found = []
    for temperature in (3.0, 0.3):
        layer = Sampled(estimator="gumbel", temperature=temperature, seed=6)
        found.append(quality(gradient_estimates(layer, SCORES, squared, DRAWS), exact))
    (warm_bias, _, warm_variance), (cold_bias, _, cold_variance) = found
    assert cold_bias < 0.7 * warm_bias
    assert cold_variance > 3 * warm_variance


def test_a_function_is_measured_like_a_layer():
    def double(scores):
        return 2 * scores

    estimates = gradient_estimates(double, SCORES, linear, draws=2)
    np.testing.assert_allclose(estimates, np.tile(2 * VALUES[:, 0], (2, 1)), rtol=1e-6)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"axis \[s\], got shape \(2, 3\)"):
        gradient_estimates(TopK(1), np.zeros((2, 3)), linear)
    with pytest.raises(ValueError, match="draws must be at least 1, got draws=0"):
        gradient_estimates(TopK(1), SCORES, linear, draws=0)
    with pytest.raises(ValueError, match=r"\[1\], got shape \(1, 3\)"):
        gradient_estimates(TopK(1), SCORES, lambda w: ops.matmul(w, VALUES))

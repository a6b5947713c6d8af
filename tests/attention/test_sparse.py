"""Weights of exactly 0 with a gradient, against algorithms that sort."""

import attention_oracles as oracle
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Entmax, Sparsemax, entmax

RULES = {"sparsemax": (Sparsemax, oracle.sparsemax), "entmax": (Entmax, oracle.entmax)}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_weights_of_many_keys_are_those_of_the_sorting_algorithm(name, scale):
    kind, rule = RULES[name]
    scores = scale * oracle.numbers(11, 307)
    found = np.asarray(kind()(scores))
    wanted = oracle.weigh(rule, scores)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    np.testing.assert_array_equal(found == 0, wanted == 0)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


def test_the_weights_are_those_of_a_hand():
    scores = np.array([[1.0, 0.5, -1.0]], "float32")
    assert np.asarray(Sparsemax()(scores)).tolist() == [[0.75, 0.25, 0.0]]
    # 1.5: (0.5 - t)² + (0.25 - t)² = 1, t = 0.375 - √(0.5 - 0.015625)
    t = 0.375 - np.sqrt(0.484375)
    wanted = [(0.5 - t) ** 2, (0.25 - t) ** 2, 0.0]
    np.testing.assert_allclose(Entmax()(scores), [wanted], atol=1e-6)


@pytest.mark.parametrize("alpha", [1.1, 1.3, 1.5, 1.8, 2.0])
def test_every_alpha_solves_its_equation(alpha):
    scores = oracle.numbers(7, 13)
    weights = np.asarray(entmax(scores, alpha=alpha), "float64")
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    # One threshold a row: met by what has weight, not reached by what has none.
    met = (alpha - 1) * scores - weights ** (alpha - 1)
    threshold = np.where(weights > 0, met, -np.inf).max(-1, keepdims=True)
    np.testing.assert_allclose(
        *np.broadcast_arrays(np.where(weights > 0, met, threshold), threshold),
        atol=1e-4,
    )
    assert (np.where(weights > 0, -np.inf, met) <= threshold + 1e-4).all()


def test_a_small_alpha_is_nearly_a_softmax():
    scores = oracle.numbers(3, 5)
    wanted = oracle.weigh(oracle.softmax, scores)
    np.testing.assert_allclose(entmax(scores, alpha=1.002), wanted, atol=2e-3)


@pytest.mark.parametrize("name", RULES)
def test_the_gradient_is_the_slope_of_the_sorting_algorithm(name, gradient):
    kind, rule = RULES[name]
    scores, probe = oracle.numbers(3, 7), oracle.numbers(3, 7, seed=1)
    mask = np.ones((3, 7), bool)
    mask[1, ::2] = False
    layer = kind()
    found = gradient(lambda x: ops.sum(probe * layer(x, mask)), scores)

    def total(scores):
        return (probe * oracle.weigh(rule, scores, mask)).sum()

    wanted, step = np.zeros(scores.shape), 1e-6
    for place in np.ndindex(*scores.shape):
        higher, lower = scores.astype("float64"), scores.astype("float64")
        higher[place] += step
        lower[place] -= step
        wanted[place] = (total(higher) - total(lower)) / (2 * step)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert np.abs(wanted).max() > 0.1
    assert not found[~mask].any()


@pytest.mark.parametrize("alpha", [1.0, 0.5, 2.5])
def test_an_alpha_without_a_meaning_is_refused(alpha):
    rule = f"alpha must be above 1 and at most 2, got alpha={alpha}"
    with pytest.raises(ValueError, match=rule):
        Entmax(alpha)

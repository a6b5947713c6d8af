import itertools

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.attention import Sampled, TopK, log_probabilities
from keras_transformer.attention.sampled import draw, gumbel_noise, relaxed_draw
from keras_transformer.randomness.log_probability import record

SCORES = np.array([0.5, -1.0, 1.5, 0.0], "float32")
MANY = 20_000


def many(scores=SCORES):
    return np.tile(scores, (MANY, 1, 1))


@pytest.mark.parametrize("estimator", ["reinforce", "straight_through", "gumbel"])
@pytest.mark.parametrize("k", [1, 3])
def test_inference_takes_the_largest(estimator, k):
    scores, mask = oracle.numbers(2, 5, 7), oracle.numbers(2, 5, 7, seed=1) > 0
    layer = Sampled(k, estimator)
    for _ in range(2):
        found = layer(scores, mask, training=False)
        np.testing.assert_array_equal(found, TopK(k)(scores, mask))


@pytest.mark.parametrize("estimator", ["reinforce", "straight_through"])
def test_keys_are_drawn_as_often_as_softmax_says(estimator):
    mask = np.array([True, True, False, True])
    layer = Sampled(1, estimator, seed=3)
    share = np.asarray(layer(many(), mask, training=True)).mean((0, 1))
    expected = oracle.weigh(oracle.softmax, SCORES, mask)
    error = np.sqrt(expected * (1 - expected) / MANY)
    assert (np.abs(share - expected) <= 4 * error).all()


def ordered_pairs(scores):
    """Every ordered draw of two keys, with its probability."""
    p = oracle.softmax(scores.astype("float64"))
    for first, second in itertools.permutations(range(len(scores)), 2):
        yield (first, second), p[first] * p[second] / (1 - p[first])


def test_pairs_are_drawn_without_replacement():
    layer = Sampled(2, seed=3)
    weights = np.asarray(layer(many(), training=True))[:, 0]
    for first, second in itertools.combinations(range(4), 2):
        found = (weights[:, first] * weights[:, second]).mean()
        expected = sum(
            p for pair, p in ordered_pairs(SCORES) if set(pair) == {first, second}
        )
        error = np.sqrt(expected * (1 - expected) / MANY)
        assert abs(found - expected) <= 4 * error


def test_log_probability_is_that_of_the_ordered_draw():
    for (first, second), expected in ordered_pairs(SCORES):
        wanted = np.full(4, -9.0, "float32")
        wanted[first], wanted[second] = 9.0, 8.0
        drawn, found = draw(
            ops.convert_to_tensor(SCORES[None]),
            np.ones((1, 4), bool),
            ops.convert_to_tensor((wanted - SCORES)[None]),
            2,
        )
        assert set(np.flatnonzero(drawn)) == {first, second}
        assert float(found[0]) == pytest.approx(np.log(expected), abs=1e-5)


@st.composite
def masked_case(draw):
    leading, *lengths = draw(st.sampled_from(oracle.SHAPES))
    shape = (*leading, *lengths)
    random = np.random.default_rng(draw(st.integers(0, 999)))
    mask = random.random(shape) < draw(st.sampled_from([0.4, 0.0, 1.0]))
    return random.normal(size=shape).astype("float32"), mask


@pytest.mark.parametrize("estimator", ["reinforce", "straight_through"])
@given(case=masked_case(), k=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_a_draw_is_k_visible_keys_or_all_there_are(estimator, case, k):
    scores, mask = case
    weights = np.asarray(Sampled(k, estimator, seed=1)(scores, mask, training=True))
    assert set(np.unique(weights)) <= {0.0, 1.0}
    assert not weights[~mask].any()
    np.testing.assert_array_equal(weights.sum(-1), np.minimum(k, mask.sum(-1)))


@given(case=masked_case(), k=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_relaxed_weights_sum_to_the_number_of_keys(case, k):
    scores, mask = case
    layer = Sampled(k, "gumbel", seed=1)
    weights = np.asarray(layer(scores, mask, training=True))
    assert not weights[~mask].any()
    np.testing.assert_allclose(weights.sum(-1), np.minimum(k, mask.sum(-1)), atol=1e-5)


def test_a_query_that_sees_nothing_has_log_probability_zero():
    scores, mask = oracle.numbers(3, 2, 5), np.zeros((3, 2, 5), bool)
    mask[:, 0] = True
    with log_probabilities() as drawn:
        Sampled(seed=1)(scores, mask, training=True)
    (record_of_both,) = drawn.records
    assert np.asarray(record_of_both).shape == (3, 2)
    assert (np.asarray(record_of_both)[:, 0] < 0).all()
    np.testing.assert_array_equal(np.asarray(record_of_both)[:, 1], np.zeros(3))


def test_relaxed_draw_hardens_to_the_draw_as_the_temperature_falls():
    scores = ops.convert_to_tensor(oracle.numbers(11, 3, 5))
    visible = np.ones((11, 3, 5), bool)
    noise = gumbel_noise((11, 3, 5), seed=5)
    drawn, _ = draw(scores, visible, noise, 2)
    found = relaxed_draw(scores, visible, noise, 2, 1e-4)
    np.testing.assert_allclose(found, ops.cast(drawn, "float32"), atol=1e-3)
    soft = relaxed_draw(scores, visible, noise, 1, 1.0)
    expected = oracle.weigh(oracle.softmax, ops.convert_to_numpy(scores + noise))
    np.testing.assert_allclose(soft, expected, atol=1e-6)


def test_straight_through_has_the_gradient_of_softmax(gradient):
    probe = np.array([3.0, 5.0, 7.0, 11.0], "float32")
    p = oracle.softmax(SCORES.astype("float64"))
    for k in (1, 2):
        layer = Sampled(k, "straight_through", seed=1)
        found = gradient(
            lambda x, layer=layer: ops.sum(probe * layer(x, training=True)),
            SCORES[None],
        )
        np.testing.assert_allclose(found[0], k * p * (probe - p @ probe), atol=1e-5)


def test_the_seed_decides_the_draws():
    scores = oracle.numbers(2, 31, 7)

    def two_draws(seed):
        layer = Sampled(seed=seed)
        return [np.asarray(layer(scores, training=True)) for _ in range(2)]

    first, second = two_draws(5)
    np.testing.assert_array_equal([first, second], two_draws(5))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, two_draws(6)[0])


def test_draws_compile(compiled):
    layer = Sampled(2, "straight_through", seed=1)
    scores = ops.convert_to_tensor(oracle.numbers(2, 5, 7))
    layer(scores)
    if keras.backend.backend() == "jax":
        program = compiled(
            lambda state, x: layer.stateless_call([], state, x, training=True)[0]
        )
        state = [variable.value for variable in layer.non_trainable_variables]
        weights = program(state, scores)
    else:
        weights = compiled(lambda x: layer(x, training=True))(scores)
    np.testing.assert_array_equal(np.asarray(weights).sum(-1), np.full((2, 5), 2.0))


def test_collectors_nest_and_a_loop_may_pass_its_total_on():
    with log_probabilities() as outer:
        with log_probabilities() as inner:
            record(ops.convert_to_tensor([[1.0, 2.0], [3.0, 4.0]]))
            record(ops.convert_to_tensor([10.0, 20.0]))
        assert outer.total() is None
        record(inner.total())
    assert np.asarray(outer.total()).tolist() == [13.0, 27.0]
    record(np.zeros(2))  # no collector is open: nobody hears it
    assert len(outer.records) == 1


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"k": 0}, "k must be at least 1, got k=0"),
        (
            {"estimator": "magic"},
            "estimator must be one of 'reinforce', 'straight_through', 'gumbel', "
            "got estimator='magic'",
        ),
        ({"temperature": 0.0}, "temperature must be above 0, got temperature=0.0"),
    ],
)
def test_sampled_refuses(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        Sampled(**arguments)

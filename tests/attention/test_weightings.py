import attention_oracles as oracle
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.attention import (
    Entmax,
    Sampled,
    Sigmoid,
    SinkSoftmax,
    Softmax,
    Sparsemax,
    TemperedSoftmax,
    TopK,
)
from keras_transformer.attention.weightings import largest

ALL = list(oracle.WEIGHTINGS)


@st.composite
def scores_and_mask(draw):
    """Scores of few values, so that many are equal; every shape of mask."""
    leading, *lengths = draw(st.sampled_from(oracle.SHAPES))
    shape = (*leading, *lengths)
    random = np.random.default_rng(draw(st.integers(0, 999)))
    scores = random.integers(-2, 3, shape).astype("float32")
    kept = draw(st.sampled_from([None, 0.0, 0.3, 0.7, 1.0]))
    if kept is None:
        return scores, None
    narrow = draw(st.sampled_from([shape, (*shape[:-2], 1, shape[-1]), shape[-1:]]))
    return scores, random.random(narrow) < kept


@pytest.mark.parametrize("name", ALL)
@given(case=scores_and_mask())
@settings(max_examples=25, deadline=None)
def test_weights_are_the_papers_equations(name, case):
    kind, rule = oracle.WEIGHTINGS[name]
    found = np.asarray(kind()(*case))
    assert found.shape == case[0].shape
    np.testing.assert_allclose(found, oracle.weigh(rule, *case), atol=1e-6)


@pytest.mark.parametrize("k", [2, 5])
@given(case=scores_and_mask())
@settings(max_examples=15, deadline=None)
def test_exactly_k_visible_keys_are_chosen_or_all_there_are(k, case):
    scores, mask = case
    weights = np.asarray(TopK(k)(scores, mask))
    visible = np.broadcast_to(True if mask is None else mask, scores.shape)
    np.testing.assert_array_equal(
        weights.sum(-1), np.minimum(k, visible.sum(-1, initial=0))
    )
    assert not weights[~visible].any()


def test_of_equal_scores_the_earlier_key_is_chosen():
    scores = np.array([[2.0, 5.0, 2.0, 2.0, 1.0]], "float32")
    assert np.asarray(TopK(3)(scores)).tolist() == [[1, 1, 1, 0, 0]]
    mask = np.array([[False, True, True, True, True]])
    assert np.asarray(TopK(3)(scores, mask)).tolist() == [[0, 1, 1, 1, 0]]


def test_a_negative_zero_ties_with_zero(compiled):
    scores = np.array([[-0.0, -0.0, 0.0, -1.0, 0.0]], "float32")
    for layer, wanted in ((TopK(1), [1, 0, 0, 0, 0]), (TopK(3), [1, 1, 1, 0, 0])):
        assert ops.convert_to_numpy(layer(scores)).tolist() == [wanted]
        assert np.asarray(compiled(layer)(scores)).tolist() == [wanted]


def test_visible_scores_below_every_bound_are_still_chosen():
    scores = np.array([[-3e38, 7.0, -2e38]], "float32")
    mask = np.array([[True, False, True]])
    assert np.asarray(TopK(1)(scores, mask)).tolist() == [[0, 0, 1]]


def test_top_k_passes_no_gradient(gradient):
    probe = oracle.numbers(3, 5, seed=1)
    found = gradient(
        lambda x: ops.sum(probe * TopK(2)(x)) + ops.sum(0.0 * x), oracle.numbers(3, 5)
    )
    np.testing.assert_array_equal(found, np.zeros((3, 5)))


def test_renormalized_gradient_is_that_of_softmax_over_the_chosen(gradient):
    scores = np.array([[0.5, -1.0, 2.0, 1.0, 0.0]], "float32")
    probe = np.array([[3.0, 5.0, 7.0, 11.0, 13.0]], "float32")
    layer = TopK(3, renormalize=True)
    found = gradient(lambda x: ops.sum(probe * layer(x)), scores)
    chosen = [0, 2, 3]
    p = oracle.softmax(scores[0, chosen].astype("float64"))
    loss = probe[0, chosen]
    expected = np.zeros((1, 5))
    expected[0, chosen] = p * (loss - p @ loss)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    "layer",
    [
        Softmax(),
        TopK(2, renormalize=True),
        Sampled(2, "straight_through", seed=1),
        Sampled(2, "gumbel", temperature=0.1, seed=1),
        SinkSoftmax(),
        Sigmoid(),
        Sparsemax(),
        Entmax(),
        TemperedSoftmax(0.5),
    ],
)
def test_a_query_that_sees_nothing_gets_zeros_and_a_finite_gradient(
    layer, dtype, gradient
):
    mask = np.array([[True, True, False], [False, False, False]])

    def total(x):
        weights = layer(ops.cast(x, dtype), mask, training=True)
        assert keras.backend.standardize_dtype(weights.dtype) == "float32"
        return ops.sum(ops.cast(weights, "float32") * np.arange(3.0, dtype="float32"))

    scores = np.array([[900.0, -900.0, 9.0], [1.0, 2.0, 3.0]], "float32")
    weights = layer(scores, mask)
    np.testing.assert_array_equal(np.asarray(weights)[1], np.zeros(3))
    found = gradient(total, scores)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[~mask], np.zeros(4))


@pytest.mark.parametrize("name", ALL)
def test_weightings_compile(name, compiled):
    layer = oracle.WEIGHTINGS[name][0]()
    scores = oracle.numbers(2, 5, 7)
    mask = oracle.numbers(2, 1, 7, seed=1) > 0
    wanted = ops.convert_to_numpy(layer(scores, mask))
    program = compiled(lambda x, m: layer(x, m))
    found = program(ops.convert_to_tensor(scores), ops.convert_to_tensor(mask))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        TopK(3),
        TopK(2, renormalize=True),
        Sampled(3, "gumbel", 0.5, seed=11),
        SinkSoftmax(learned=False),
        Sigmoid(bias=0.25),
        Entmax(alpha=1.75),
        TemperedSoftmax(0.25),
    ],
)
def test_weightings_come_back_from_their_config(layer):
    config = keras.saving.serialize_keras_object(layer)
    twin = keras.saving.deserialize_keras_object(config)
    assert twin.get_config() == layer.get_config()
    scores = oracle.numbers(2, 5, 7)
    np.testing.assert_array_equal(twin(scores), layer(scores))


@pytest.mark.parametrize(
    "layer", [Softmax(), TopK(2), Sampled(), SinkSoftmax(), Sigmoid(), Sparsemax()]
)
def test_a_mask_that_is_not_boolean_is_refused(layer):
    with pytest.raises(
        ValueError, match=r"a mask must be boolean .* got dtype float32"
    ):
        layer(oracle.numbers(2, 3), np.ones((2, 3), "float32"))


def test_top_k_refuses_no_key():
    with pytest.raises(ValueError, match="k must be at least 1, got k=0"):
        TopK(0)


def test_largest_marks_nothing_where_nothing_is_visible():
    marks = largest(oracle.numbers(2, 3), np.zeros((2, 3), bool), 2)
    assert not np.asarray(marks).any()

import re

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.attention import (
    Additive,
    Attention,
    Bilinear,
    Dot,
    Sampled,
    ScaledDot,
    TopK,
)

# Every score and every weighting once, where each pair would cost a compilation.
EACH = [(s, "softmax") for s in oracle.SCORES]
EACH += [("scaled_dot", w) for w in oracle.WEIGHTINGS if w != "softmax"]
PAIRS = [(s, w) for s in oracle.SCORES for w in ("top_1", "top_3_renormalized", "sink")]
PAIRS += EACH


def make(score, weighting, **kwargs):
    return Attention(
        oracle.SCORES[score][0](**kwargs), oracle.WEIGHTINGS[weighting][0](**kwargs)
    )


def expected(score_name, weighting_name, layer, query, value, key, mask=None):
    """Score, weigh, sum, in float64; (context, weights)."""
    rule = oracle.score_oracle(score_name, layer.score)
    scores = oracle.scores(rule, query, key)
    weights = oracle.weigh(oracle.WEIGHTINGS[weighting_name][1], scores, mask)
    return np.einsum("...ts,...sv->...tv", weights, value), weights


@st.composite
def sequences(draw):
    """Query, value, key and mask, empty sequences and unseeing queries among them."""
    leading, queries, keys = draw(st.sampled_from(oracle.SHAPES))
    query = oracle.numbers(*leading, queries, 7)
    key = oracle.numbers(*leading, keys, 7, seed=1)
    value = oracle.numbers(*leading, keys, 11, seed=2)
    kept = draw(st.sampled_from([0.4, 0.0, 1.0]))  # the first is always tried
    random = np.random.default_rng(draw(st.integers(0, 99)))
    return query, value, key, random.random((*leading, queries, keys)) < kept


@pytest.mark.parametrize(("score", "weighting"), PAIRS)
@given(case=sequences())
@settings(max_examples=3, deadline=None)
def test_attention_is_score_then_weigh_then_sum(score, weighting, case):
    layer = make(score, weighting)
    *sequences, mask = case
    context, weights = layer(*sequences, attention_mask=mask, return_weights=True)
    wanted_context, wanted_weights = expected(score, weighting, layer, *case)
    np.testing.assert_allclose(weights, wanted_weights, atol=1e-5)
    np.testing.assert_allclose(context, wanted_context, atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(("score", "weighting"), EACH)
def test_attention_stays_finite_in_half_precision(score, weighting, dtype):
    layer = Attention(
        oracle.SCORES[score][0](dtype=dtype),
        oracle.WEIGHTINGS[weighting][0](dtype=dtype),
        dtype=dtype,
    )
    query, value = 30.0 * oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    mask = np.array([True, False, True])[None, None].repeat(5, 1).repeat(2, 0)
    mask[1, 2] = False
    context, weights = layer(query, value, attention_mask=mask, return_weights=True)
    for array in (context, weights):
        assert keras.backend.standardize_dtype(array.dtype) == dtype[6:]
        assert np.isfinite(ops.convert_to_numpy(ops.cast(array, "float32"))).all()
    assert not np.asarray(ops.cast(context, "float32"))[1, 2].any()
    assert not np.asarray(ops.cast(weights, "float32"))[~mask].any()


@pytest.mark.parametrize(("score", "weighting"), EACH)
def test_attention_compiles(score, weighting, compiled):
    layer = make(score, weighting)
    query, value = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    mask = np.array([[[True, False, True]], [[False, False, False]]])
    wanted = layer(query, value, attention_mask=mask)
    program = compiled(lambda q, v, m: layer(q, v, attention_mask=m))
    found = program(*(ops.convert_to_tensor(x) for x in (query, value, mask)))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    "score", [Bilinear(), Additive(13), Additive(13, chunk=2), ScaledDot()]
)
@pytest.mark.parametrize(
    "weighting", [TopK(2), Sampled(2, seed=3), TopK(2, renormalize=True)]
)
def test_a_model_with_any_attention_is_saved_and_loaded(score, weighting, tmp_path):
    query, value = keras.Input((None, 7)), keras.Input((None, 7))
    mask = keras.Input((1, None), dtype="bool")
    # A layer of one model is not to be shared with the next test's.
    parts = [type(p).from_config(p.get_config()) for p in (score, weighting)]
    layer = Attention(*parts, dropout=0.1, seed=5)
    outputs = layer(query, value, attention_mask=mask, return_weights=True)
    model = keras.Model([query, value, mask], outputs)
    x = [oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7), np.ones((2, 1, 3), bool)]
    wanted = model(x)
    model.save(tmp_path / "model.keras")
    twin = keras.models.load_model(tmp_path / "model.keras")
    found = twin(x)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_symbolic_shapes_are_those_of_the_result():
    query, value = keras.Input((5, 7)), keras.Input((3, 11))
    context, weights = Attention(Bilinear())(query, value, return_weights=True)
    assert (context.shape, weights.shape) == ((None, 5, 11), (None, 5, 3))


def visible_mask(batch, queries, keys):
    mask = oracle.numbers(batch, queries, keys, seed=5) > 0
    mask[..., 0] = True
    return mask


@pytest.mark.parametrize("score_mode", ["dot", "concat"])
def test_equals_the_attention_of_keras(score_mode):
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7, seed=1)
    value = oracle.numbers(2, 3, 11)
    keep = np.array([[True, True, False], [True, False, True]])
    theirs = keras.layers.Attention(score_mode=score_mode)
    if score_mode == "concat":  # tanh(q + k), summed, times one learned number
        ours = Attention(Additive(7))
        ours.build(query.shape, value.shape, key.shape)
        ours.score.set_weights([np.eye(7), np.eye(7), np.ones(7)])
    else:
        ours = Attention(Dot())
    wanted = theirs([query, value, key], mask=[None, keep])
    found = ours(query, value, key, attention_mask=keep[:, None])
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_equals_the_fused_attention_of_keras():
    shape = (2, 5, 3, 7)  # b t h d
    query, key, value = (oracle.numbers(*shape, seed=seed) for seed in range(3))
    mask = visible_mask(2, 5, 5)[:, None]
    wanted = ops.dot_product_attention(query, key, value, mask=mask)

    def heads_first(x):
        return np.transpose(np.asarray(x), (0, 2, 1, 3))

    found = Attention()(*map(heads_first, (query, value, key)), attention_mask=mask)
    np.testing.assert_allclose(found, heads_first(wanted), atol=1e-5)


def test_equals_the_fused_attention_of_torch():
    torch = pytest.importorskip("torch")
    query, key, value = (
        oracle.numbers(2, 3, length, 7, seed=seed)
        for seed, length in enumerate((5, 11, 11))
    )
    mask = visible_mask(2, 5, 11)[:, None]
    wanted = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (query, key, value)), torch.tensor(mask)
    )
    found = ops.convert_to_numpy(Attention()(query, value, key, attention_mask=mask))
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)


def test_a_bias_is_added_before_the_weighting():
    query, value = np.zeros((1, 2, 3), "float32"), np.array([[[2.0], [4.0]]], "float32")
    bias = np.log(np.array([[3.0, 1.0], [1.0, 1.0]], "float32"))
    key = np.zeros((1, 2, 3), "float32")
    context, weights = Attention()(
        query, value, key, return_weights=True, score_bias=bias
    )
    np.testing.assert_allclose(weights, [[[0.75, 0.25], [0.5, 0.5]]], rtol=1e-6)
    np.testing.assert_allclose(context, [[[2.5], [3.0]]], rtol=1e-6)


def test_dropout_acts_in_training_and_never_on_the_returned_weights():
    layer = Attention(dropout=0.5, seed=3)
    query, value = oracle.numbers(2, 5, 7), oracle.numbers(2, 31, 7)
    quiet, kept = layer(query, value, return_weights=True, training=False)
    loud, returned = layer(query, value, return_weights=True, training=True)
    np.testing.assert_array_equal(returned, kept)
    assert not np.allclose(loud, quiet)
    many = (np.repeat(x[None], 200, axis=0) for x in (query, value))
    mean = np.mean(np.asarray(layer(*many, training=True)), axis=0)
    np.testing.assert_allclose(mean, quiet, atol=0.15)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_attention_refuses_dropout(dropout):
    rule = f"dropout must be in [0, 1), got dropout={dropout}"
    with pytest.raises(ValueError, match=re.escape(rule)):
        Attention(dropout=dropout)


def test_the_key_of_an_additive_score_can_be_projected_before():
    query, value = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 11)
    key = oracle.numbers(2, 3, 13)
    attention = Attention(Additive(17))
    context = ops.convert_to_numpy(attention(query, value, key))
    projected = attention.project_key(key)
    again = attention(query, value, projected, key_projected=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(again), context)
    assert Attention().project_key(key) is None


def test_every_key_needs_a_value():
    query, value, key = (oracle.numbers(2, n, 7) for n in (5, 3, 4))
    rule = (
        "every key needs one value, got 4 keys, 3 values: key of shape (2, 4, 7), "
        "value of shape (2, 3, 7)"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        Attention()(query, value, key)

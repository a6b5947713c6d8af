"""What modifiers share: heads, products, projected keys."""

import attention_oracles as oracle
import numpy as np
import pytest

from keras_transformer.attention import (
    Additive,
    Attention,
    LearnedTemperature,
    MultiHeadAttention,
    QueryKeyNorm,
    ScaledDot,
    SinkSoftmax,
    SoftCap,
    TemperedSoftmax,
)
from keras_transformer.attention.kernels import choose

HEADS, WIDTH = 6, 12


@pytest.mark.parametrize("groups", [None, 2])
@pytest.mark.parametrize(
    ("parts", "weight"),
    [
        ({"score": LearnedTemperature()}, "log_temperature"),
        ({"score": SoftCap(9.0, QueryKeyNorm())}, "scale"),
        ({"weighting": SinkSoftmax()}, "sink"),
    ],
    ids=["temperature", "scale", "sink"],
)
def test_every_head_has_a_number_of_its_own(parts, weight, groups):
    layer = MultiHeadAttention(HEADS, WIDTH, num_key_value_heads=groups, **parts)
    x = oracle.numbers(2, 5, WIDTH)
    _, before = layer(x, x, return_weights=True)
    (numbers,) = (w for w in layer.trainable_weights if w.name == weight)
    assert numbers.shape == (HEADS,)
    numbers.assign(np.asarray(numbers) + 2.0 * np.eye(HEADS)[3])
    _, after = layer(x, x, return_weights=True)
    changed = np.abs(np.asarray(after) - np.asarray(before)).max((0, 2, 3)) > 1e-3
    assert changed.tolist() == [head == 3 for head in range(HEADS)]


def test_modifiers_apply_from_the_inside_out():
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    layer = SoftCap(0.5, LearnedTemperature())
    layer.build(query.shape, key.shape)
    layer.score.log_temperature.assign([np.log(4.0)])
    inner = oracle.scores(oracle.scaled_dot, query, key)
    wanted = 0.5 * np.tanh(inner / 4 / 0.5)
    np.testing.assert_allclose(layer(query, key), wanted, atol=1e-6)


@pytest.mark.parametrize("modify", [SoftCap, LearnedTemperature, QueryKeyNorm])
def test_a_modifier_of_a_projected_key_scores_alike(modify):
    query, key = oracle.numbers(2, 1, 7), oracle.numbers(2, 5, 11)
    attend = Attention(modify(score=Additive(3)))
    wanted = np.asarray(attend(query, oracle.numbers(2, 5, 13), key))
    projected = attend.project_key(key)
    found = attend(query, oracle.numbers(2, 5, 13), projected, key_projected=True)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert Attention(modify()).project_key(key) is None


@pytest.mark.parametrize("modify", [LearnedTemperature, QueryKeyNorm])
@pytest.mark.parametrize("groups", [None, 2])
def test_a_modified_product_goes_block_by_block(modify, groups, monkeypatch):
    layer = MultiHeadAttention(HEADS, WIDTH, modify(), num_key_value_heads=groups)
    x = oracle.numbers(2, 5, WIDTH)
    wanted, _ = layer(x, x, return_weights=True, use_causal_mask=True)
    for weight in layer.trainable_weights:
        if weight.shape == (HEADS,):
            weight.assign(oracle.numbers(HEADS))
    wanted, _ = layer(x, x, return_weights=True, use_causal_mask=True)
    monkeypatch.setattr(choose, "MANY_SCORES", 2)
    monkeypatch.setattr(choose, "MANY_SCORES_OF_ALL_HEADS", 2)
    assert hasattr(layer.attention.score, "factors")
    found = layer(x, x, use_causal_mask=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_modifier_of_what_is_no_product_is_none():
    assert not hasattr(LearnedTemperature(Additive(3)), "factors")
    assert not hasattr(SoftCap(), "factors")


def test_a_cap_bounds_what_overflows_in_float16():
    query = np.full((1, 1, 1024), 300.0, "float32")
    score = SoftCap(50.0, ScaledDot(dtype="float16"), dtype="float16")
    assert np.asarray(score(query, query)).tolist() == [[[50.0]]]


def test_a_low_temperature_does_not_overflow_in_float16():
    scores = np.array([[60_000.0, 59_968.0, -60_000.0]], "float16")
    weights = TemperedSoftmax(1e-3, dtype="float16")(scores)
    assert np.asarray(weights).tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: SoftCap(0.0), "cap must be above 0, got cap=0.0"),
        (
            lambda: TemperedSoftmax(-1.0),
            "temperature must be above 0, got temperature=-1.0",
        ),
    ],
)
def test_a_number_without_a_meaning_is_refused(make, rule):
    with pytest.raises(ValueError, match=rule):
        make()


def test_an_unknown_number_of_heads_is_refused():
    rule = r"a number for each head needs a known number of heads, got shape \(2, None"
    with pytest.raises(ValueError, match=rule):
        LearnedTemperature().build((2, None, 3, 5), (2, None, 3, 5))

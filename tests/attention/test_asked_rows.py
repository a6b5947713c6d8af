"""Weights of a few queries are those that all weights hold, on every path."""

import attention_oracles as oracle
import keras
import numpy as np
import pytest

from keras_transformer.attention import Additive, Attention, MultiHeadAttention, TopK
from keras_transformer.attention.kernels import choose

ROWS = [4, 0, 0]


@pytest.fixture
def every_softmax_in_blocks(monkeypatch):
    monkeypatch.setattr(choose, "MANY_SCORES", 1)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 1)


@pytest.fixture
def masks():
    hidden = np.array([[True] * 5, [True, True, False, True, False]])
    return {"query_mask": hidden, "value_mask": hidden[::-1].copy()}


@pytest.mark.parametrize("parts", [{}, {"score": Additive(3)}, {"weighting": TopK(2)}])
@pytest.mark.parametrize("long", [False, True])
def test_they_are_rows_of_all_weights(parts, long, masks, request):
    x, causal = oracle.numbers(2, 5, 6), np.tri(5, dtype=bool)
    layer, asked = Attention(**parts), {"attention_mask": causal, **masks}
    context, weights = layer(x, x, return_weights=True, **asked)
    if long:
        request.getfixturevalue("every_softmax_in_blocks")
    found, rows = layer(x, x, return_weights=ROWS, **asked)
    np.testing.assert_allclose(found, context, atol=1e-5)
    np.testing.assert_allclose(rows, np.asarray(weights)[:, ROWS], atol=1e-6)
    assert not np.asarray(rows)[1, 0].any()  # a query of padding, in the second row


@pytest.mark.parametrize("groups", [4, 2])
def test_several_heads_give_them(groups, masks, every_softmax_in_blocks):
    x = oracle.numbers(2, 5, 8)
    layer = MultiHeadAttention(4, 8, num_key_value_heads=groups)
    asked = {"use_causal_mask": True, **masks}
    output, weights = layer(x, x, return_weights=True, **asked)
    found, rows = layer(x, x, return_weights=ROWS, **asked)
    np.testing.assert_allclose(found, output, atol=1e-5)
    np.testing.assert_allclose(rows, np.asarray(weights)[:, :, ROWS], atol=1e-6)


def test_all_scores_are_never_there(every_softmax_in_blocks, monkeypatch):
    x, seen, layer = oracle.numbers(2, 5, 6), [], Attention()
    score = layer.score.call
    monkeypatch.setattr(layer.score, "call", lambda q, k: seen.append(q) or score(q, k))
    layer(x, x, return_weights=[3])
    assert [tuple(query.shape) for query in seen] == [(2, 1, 6)]


def test_their_shape_is_told_before():
    x = keras.Input((5, 8))
    output, weights = MultiHeadAttention(4, 8)(x, x, return_weights=[0, 2])
    assert output.shape == (None, 5, 8)
    assert weights.shape == (None, 4, 2, 5)
    found = keras.Model(x, weights).predict(oracle.numbers(2, 5, 8), verbose=0)
    assert found.shape == (2, 4, 2, 5)
    _, few = Attention()(x, x, return_weights=range(3))
    assert few.shape == (None, 3, 5)


@pytest.mark.parametrize("asked", [[5], [-1], [], [0.5], "all", None, 1])
def test_what_is_no_position_is_refused(asked):
    x = oracle.numbers(2, 5, 6)
    for layer in (Attention(), MultiHeadAttention(2, 6)):
        with pytest.raises(ValueError, match=r"from 0 to 4, got"):
            layer(x, x, return_weights=asked)

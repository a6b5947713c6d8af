"""A rule of what queries see, made a few rows at a time where queries are cut."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.attention.call_masks import visible_to_heads
from keras_transformer.attention.kernels import attention_in_blocks, choose
from keras_transformer.masks import (
    CausalMask,
    LengthMask,
    Mask,
    PrefixMask,
    SegmentMask,
    WindowMask,
    masked_softmax,
    seen_keys,
)
from keras_transformer.masks.in_rows import MaskInRows
from keras_transformer.models import Backbone, Block, FeedForward, LanguageModel, Stack

B, T = 3, 13  # a length that no block divides
LENGTHS = np.array([4, 13, 9])
SEGMENTS = np.repeat([[1, 2, 3, 0], [1, 1, 2, 2], [1, 2, 0, 0]], [3, 4, 5, 1], axis=1)
FEW = np.random.default_rng(3).random((T, T)) < 0.2
EACH = np.random.default_rng(4).random((B, T, T)) < 0.2

RULES = {
    "causal": CausalMask(),
    "window": WindowMask(2),
    "uneven window": WindowMask(0, 3),
    "sliding": CausalMask() & WindowMask(2),
    "prefix": PrefixMask(3),
    "prefixes": PrefixMask(LENGTHS),
    "segments": SegmentMask(SEGMENTS),
    "packed": SegmentMask(SEGMENTS) & CausalMask(),
    "lengths": LengthMask(LENGTHS),
    "causal and lengths": CausalMask() & LengthMask(LENGTHS),
    "with an array": CausalMask() & FEW,
    "with arrays": EACH & CausalMask() & FEW,
    "with padding": CausalMask() & (np.arange(T) < LENGTHS[:, None])[:, None],
}
IN_BLOCKS = pytest.mark.skipif(
    keras.backend.backend() == "torch", reason="PyTorch has a kernel of its own"
)


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def as_array(rule):
    return np.broadcast_to(ops.convert_to_numpy(rule.array(T, T)), (B, T, T))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_knows_its_shape(name):
    made = RULES[name].array(T, T)
    assert RULES[name].shape_of_array(T, T) == tuple(made.shape)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("begin", [0, 5, 11])
def test_rows_are_those_of_the_array(name, begin):
    mask, wanted = MaskInRows(RULES[name], T, T), as_array(RULES[name])
    heads = 2
    for index in range(B * heads):
        found = ops.convert_to_numpy(mask.rows(index, (B, heads), begin, 4))
        kept = min(4, T - begin)  # beyond the last query there may be anything
        found = np.broadcast_to(found, (4, T))[:kept]
        np.testing.assert_array_equal(found, wanted[index // heads, begin : begin + 4])


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("at_once", [1, 2**22], ids=["one query", "all of them"])
def test_the_keys_that_are_seen(name, at_once, monkeypatch):
    monkeypatch.setattr("keras_transformer.masks.structure.PAIRS_AT_ONCE", at_once)
    found = ops.convert_to_numpy(MaskInRows(RULES[name], T, T).seen())
    wanted = ops.convert_to_numpy(
        seen_keys(ops.convert_to_tensor(as_array(RULES[name])))
    )
    np.testing.assert_array_equal(np.broadcast_to(found, wanted.shape), wanted)


def test_fewer_queries_than_keys_stand_on_the_last_of_them():
    mask = MaskInRows(CausalMask() & WindowMask(3), 5, T)
    wanted = ops.convert_to_numpy(mask.rule.array(5, T))[0]
    found = ops.convert_to_numpy(mask.rows(0, (1, 1), 1, 3))
    np.testing.assert_array_equal(found, wanted[1:4])


@IN_BLOCKS
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("groups", [None, 2])
def test_blocks_with_a_rule_compute_what_the_array_says(name, groups):
    before = (B, 4) if groups is None else (B, groups, 4 // groups)
    query = numbers(*before, T, 6)
    key, value = numbers(*before, T, 6, seed=1), numbers(*before, T, 5, seed=2)
    mask = MaskInRows(RULES[name], T, T)
    found = attention_in_blocks(query, key, value, mask, scores_at_once=4 * T)
    wide = as_array(RULES[name]).reshape(B, *[1] * (len(before) - 1), T, T)
    scores = ops.convert_to_tensor(query @ key.swapaxes(-1, -2))
    wanted = ops.convert_to_numpy(masked_softmax(scores, wide)) @ value
    np.testing.assert_allclose(ops.convert_to_numpy(found), wanted, atol=2e-6)


@pytest.fixture
def many_is_little(monkeypatch):
    """Queries are cut however few there are."""
    monkeypatch.setattr(choose, "MANY_SCORES", 1)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 1)


@IN_BLOCKS
@pytest.mark.parametrize("kept", [None, np.arange(T) < LENGTHS[:, None]])
@pytest.mark.parametrize("key_value_heads", [None, 2])
@pytest.mark.parametrize("name", RULES)
def test_a_layer_with_a_rule_is_one_with_its_array(
    name, key_value_heads, kept, many_is_little
):
    layer = MultiHeadAttention(4, 8, num_key_value_heads=key_value_heads)
    x = numbers(B, T, 8)
    wanted = layer(x, x, value_mask=kept, attention_mask=as_array(RULES[name]))
    found = layer(x, x, value_mask=kept, attention_mask=RULES[name])
    found, wanted = (ops.convert_to_numpy(each) for each in (found, wanted))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@IN_BLOCKS
def test_a_hidden_key_may_be_no_number(many_is_little):
    layer, x = MultiHeadAttention(2, 8), numbers(B, T, 8)
    kept, spoiled = np.arange(T) < LENGTHS[:, None], np.array(x)
    spoiled[~kept] = np.nan
    asked = {"value_mask": kept, "query_mask": kept, "use_causal_mask": True}
    clean, found = layer(x, x, **asked), layer(spoiled, spoiled, **asked)
    keep = kept[..., None]
    clean, found = (np.where(keep, ops.convert_to_numpy(y), 0) for y in (clean, found))
    np.testing.assert_allclose(found, clean, atol=1e-6)


@IN_BLOCKS
def test_what_needs_all_scores_makes_the_array(many_is_little):
    layer, x = MultiHeadAttention(2, 8), numbers(B, T, 8)
    context, weights = layer(x, x, use_causal_mask=True, return_weights=True)
    assert not np.triu(ops.convert_to_numpy(weights), 1).any()
    few, some = layer(x, x, use_causal_mask=True, return_weights=[2, 12])
    for found in (few, layer(x, x, use_causal_mask=True)):
        found, wanted = (ops.convert_to_numpy(y) for y in (found, context))
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    some, weights = (ops.convert_to_numpy(w) for w in (some, weights))
    np.testing.assert_allclose(some, weights[:, :, [2, 12]], atol=1e-6)


@IN_BLOCKS
def test_no_array_of_all_pairs_is_made(many_is_little, monkeypatch):
    def refuse(*_):
        raise AssertionError("an array of all pairs")

    layer, x = MultiHeadAttention(2, 8), numbers(B, T, 8)
    wanted = ops.convert_to_numpy(layer(x, x, use_causal_mask=True))
    monkeypatch.setattr("keras_transformer.attention.call_masks.causal_mask", refuse)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(layer(x, x, use_causal_mask=True)), wanted
    )


@IN_BLOCKS
@pytest.mark.parametrize(
    "rule",
    [
        LengthMask(np.array([1, 2])),
        SegmentMask(SEGMENTS[:, :-1]),
        CausalMask() & FEW[:-1],
    ],
)
def test_a_rule_that_does_not_fit_is_refused(rule, many_is_little):
    x = numbers(B, T, 8)
    wrong = r"must be \[t, s\]|must broadcast to \[b, t, s"
    with pytest.raises(ValueError, match=wrong):
        MultiHeadAttention(2, 8)(x, x, attention_mask=rule)


class Own(Mask):
    """A rule that says nothing but its array."""

    def array(self, query_length, key_length, offset=None):
        return CausalMask().array(query_length, key_length, offset)


@pytest.mark.parametrize("rule", [Own(), CausalMask() & EACH[:, None]])
def test_a_rule_of_which_no_rows_are_known_becomes_an_array(rule, many_is_little):
    mask, _ = visible_to_heads((B, 2, T, T), rule, None, None)
    assert not isinstance(mask, MaskInRows)


@IN_BLOCKS
@pytest.mark.parametrize("kind", ["block", "stack", "language model"])
def test_models_make_no_array_of_all_pairs(kind, many_is_little, monkeypatch):
    if kind == "language model":
        model = LanguageModel(Backbone(9, 8, 1, 2, 16, causal=True))
        asked = ({}, np.array([[5, 3, 7, 4, 2, 0], [3, 4, 5, 6, 7, 8]]))
    else:
        model = Block(MultiHeadAttention(2, 8), FeedForward(8, 16))
        model = model if kind == "block" else Stack([model])
        asked = ({"use_causal_mask": True}, numbers(2, 6, 8))
    made = []
    watch = partial(counted, made)
    monkeypatch.setattr(choose, "causal_mask", watch(choose.causal_mask))
    found = ops.convert_to_numpy(model(asked[1], **asked[0]))
    assert not made
    monkeypatch.setattr(choose, "MANY_SCORES", 2**30)
    wanted = ops.convert_to_numpy(model(asked[1], **asked[0]))
    assert len(made) == 1
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def counted(made, function):
    """The function, each call of it noted."""

    def call(*arguments):
        made.append(arguments)
        return function(*arguments)

    return call


@IN_BLOCKS
def test_what_is_rematerialised_gets_an_array(many_is_little):
    with keras.RematScope(mode="full"):
        layer = MultiHeadAttention(2, 8)
    assert not isinstance(choose.causal_for(layer, T), Mask)
    assert isinstance(choose.causal_for(MultiHeadAttention(2, 8), T), Mask)

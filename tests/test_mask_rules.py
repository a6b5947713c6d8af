"""Masks as rules: what they keep, and that they go wherever an array goes."""

import re

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Attention, MultiHeadAttention
from keras_transformer.masks import (
    CausalMask,
    LengthMask,
    Mask,
    PrefixMask,
    SegmentMask,
    WindowMask,
    combine_masks,
)
from keras_transformer.models import Block, FeedForward, Stack

LENGTHS = np.array([3, 5])
SEGMENTS = np.array([[1, 1, 2, 2, 0], [1, 2, 2, 2, 3]])
HEADS, WIDTH = 3, 6


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def told(keeps, batch=1):
    """A mask `[b, t, s]` of five positions, from what a query at t keeps of s."""
    return np.array(
        [
            [[bool(keeps(b, t, s)) for s in range(5)] for t in range(5)]
            for b in range(batch)
        ]
    )


RULES = {
    "causal": (CausalMask(), told(lambda b, t, s: s <= t)),
    "window": (WindowMask(1), told(lambda b, t, s: abs(s - t) <= 1)),
    "uneven window": (WindowMask(2, 1), told(lambda b, t, s: -2 <= s - t <= 1)),
    "sliding": (CausalMask() & WindowMask(2), told(lambda b, t, s: t - 2 <= s <= t)),
    "prefix": (PrefixMask(2), told(lambda b, t, s: s < 2 or s <= t)),
    "prefixes": (
        PrefixMask(LENGTHS),
        told(lambda b, t, s: s < LENGTHS[b] or s <= t, 2),
    ),
    "segments": (
        SegmentMask(SEGMENTS),
        told(lambda b, t, s: 0 != SEGMENTS[b, s] == SEGMENTS[b, t], 2),
    ),
    "packed": (
        SegmentMask(SEGMENTS) & CausalMask(),
        told(lambda b, t, s: 0 != SEGMENTS[b, s] == SEGMENTS[b, t] and s <= t, 2),
    ),
    "lengths": (LengthMask(LENGTHS), told(lambda b, t, s: s < LENGTHS[b], 2)),
    "with an array": (
        CausalMask() & told(lambda b, t, s: s != 1),
        told(lambda b, t, s: s <= t and s != 1),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_what_it_says(name):
    rule, wanted = RULES[name]
    found = ops.convert_to_numpy(rule.array(5, 5))
    assert found.dtype == bool
    np.testing.assert_array_equal(*np.broadcast_arrays(found, wanted))


@pytest.mark.parametrize("name", [n for n in RULES if n != "with an array"])
def test_a_part_of_the_queries_sees_what_they_see_within_the_whole(name):
    rule, wanted = RULES[name]
    found = ops.convert_to_numpy(rule.array(2, 5, offset=2))
    np.testing.assert_array_equal(*np.broadcast_arrays(found, wanted[:, 2:4]))


def attentions():
    yield "attention", Attention()
    yield "heads", MultiHeadAttention(HEADS, WIDTH)
    block = Block(MultiHeadAttention(HEADS, WIDTH), FeedForward(WIDTH, 7))
    yield "block", block
    yield "stack", Stack([block])


@pytest.mark.parametrize(("name", "layer"), [*attentions()])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_does_what_its_array_does(name, layer, rule):
    x = numbers(2, 5, WIDTH)
    sequences = (x, x) if name in ("attention", "heads") else (x,)
    rule, array = RULES[rule]
    found = layer(*sequences, attention_mask=rule)
    wanted = layer(*sequences, attention_mask=array)
    np.testing.assert_array_equal(found, wanted)


def test_a_rule_joins_the_other_masks_of_a_call():
    x, layer = numbers(2, 5, WIDTH), MultiHeadAttention(HEADS, WIDTH)
    real = np.arange(5) < LENGTHS[:, None]
    wanted = layer(x, x, attention_mask=told(lambda b, t, s: s <= t), value_mask=real)
    for masks in (
        {"attention_mask": CausalMask() & LengthMask(LENGTHS)},
        {"attention_mask": CausalMask(), "value_mask": real},
        {"attention_mask": LengthMask(LENGTHS), "use_causal_mask": True},
    ):
        np.testing.assert_array_equal(layer(x, x, **masks), wanted)
    block = Block(layer, FeedForward(WIDTH, 7))
    wanted = block(x, mask=real, use_causal_mask=True)
    found = block(x, mask=real, attention_mask=CausalMask())
    np.testing.assert_array_equal(found, wanted)
    rule = LengthMask(LENGTHS)
    np.testing.assert_array_equal(
        block(x, attention_mask=rule, use_causal_mask=True), wanted
    )


def test_masks_of_heads_and_cross_attention_take_rules():
    query, memory = numbers(2, 4, WIDTH), numbers(2, 5, WIDTH)
    layer = MultiHeadAttention(HEADS, WIDTH)
    of_heads = np.random.default_rng(1).random((2, HEADS, 4, 5)) < 0.6
    lengths = np.arange(5) < LENGTHS[:, None, None, None]
    for rule, array in (
        (LengthMask(LENGTHS) & of_heads, of_heads & lengths),
        (of_heads & LengthMask(LENGTHS), of_heads & lengths),
        (LengthMask(LENGTHS), lengths),
        (CausalMask(), np.tri(4, 5, 1, dtype=bool)),
    ):
        found = layer(query, memory, attention_mask=rule)
        wanted = layer(query, memory, attention_mask=array)
        np.testing.assert_array_equal(found, wanted)
    heads = Attention()  # with heads among the axes before
    x = numbers(2, HEADS, 4, 7)
    found = heads(x, x, attention_mask=LengthMask(np.array([2, 4])))
    wanted = heads(x, x, attention_mask=(np.arange(4) < [[2], [4]])[:, None, None])
    np.testing.assert_array_equal(found, wanted)
    found = heads(x[0, 0], x[0, 0], attention_mask=CausalMask())
    wanted = heads(x[0, 0], x[0, 0], attention_mask=np.tri(4, dtype=bool))
    np.testing.assert_array_equal(found, wanted)


def test_a_rule_is_compiled_with_lengths_that_are_inputs(compiled):
    layer, x = MultiHeadAttention(HEADS, WIDTH), numbers(2, 5, WIDTH)
    wanted = ops.convert_to_numpy(layer(x, x, attention_mask=RULES["lengths"][1]))
    program = compiled(lambda x, n: layer(x, x, attention_mask=LengthMask(n)))
    found = program(*map(ops.convert_to_tensor, (x, LENGTHS)))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_model_with_a_rule_is_saved_and_loaded(tmp_path):
    words = keras.Input((None, WIDTH))
    rule = CausalMask() & WindowMask(1)
    layer = MultiHeadAttention(HEADS, WIDTH)
    model = keras.Model(words, layer(words, words, attention_mask=rule))
    x = numbers(2, 5, WIDTH)
    wanted = layer(x, x, attention_mask=rule.array(5, 5))
    np.testing.assert_allclose(model(x), wanted, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), wanted, atol=1e-6)


def test_steps_from_a_cache_take_a_rule():
    x = numbers(2, 5, WIDTH)
    layer, rule = MultiHeadAttention(HEADS, WIDTH), CausalMask() & WindowMask(1)
    whole = np.asarray(layer(x, x, attention_mask=rule))
    memory = layer.project(x)
    for t in range(5):
        found = layer.attend(x[:, t : t + 1], memory, rule, offset=t)
        np.testing.assert_allclose(found[:, 0], whole[:, t], atol=1e-5)


def test_combined_rules_are_a_rule_and_combined_arrays_an_array():
    assert isinstance(combine_masks(CausalMask(), told(lambda *_: True)), Mask)
    assert not isinstance(combine_masks(*[told(lambda *_: True)] * 2), Mask)
    rule = CausalMask()
    assert combine_masks(None, rule) is rule
    assert combine_masks(rule, None) is rule


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WindowMask(-1), "at least 0 keys on each side, got before=-1"),
        (
            lambda: LengthMask(np.array([1.0])),
            "lengths must be integers [b], got dtype float64, shape (1,)",
        ),
        (
            lambda: LengthMask(keras.Input((), dtype="int32")),
            "lengths must be numbers when the rule is made, got a symbolic tensor",
        ),
        (
            lambda: PrefixMask(np.array([[1]])),
            "lengths must be integers [b], got dtype int64, shape (1, 1)",
        ),
        (
            lambda: SegmentMask(np.array([1, 2])),
            "query must be integers [b, t], got dtype int64, shape (2,)",
        ),
        (
            lambda: CausalMask() & np.zeros((5, 5)),
            "a mask must be boolean with True = keep, got dtype float64",
        ),
    ],
)
def test_what_is_no_mask_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_a_rule_that_does_not_fit_is_refused_like_its_array():
    x = numbers(2, 5, WIDTH)
    for rule in (LengthMask(np.array([1, 2, 3])), SegmentMask(SEGMENTS[:, :4])):
        array = rule.array(5, 5)
        for layer in (MultiHeadAttention(HEADS, WIDTH), Attention()):
            told = []
            for mask in (rule, array):
                with pytest.raises(ValueError) as refused:
                    layer(x, x, attention_mask=mask)
                told.append(re.search("attention_mask must.*", str(refused.value))[0])
            assert told[0] == told[1]

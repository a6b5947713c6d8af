"""A report names the rule that gives the same numbers, where there is one."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Attention,
    LearnedTemperature,
    MultiHeadAttention,
    ScaledDot,
    SoftCap,
)
from keras_transformer.attention.cache import KeyValueCache
from keras_transformer.laws import LAWS, LawBroken, check
from keras_transformer.laws.inputs import alike
from keras_transformer.laws.likely_searches import likely_search
from keras_transformer.laws.toy_models import Tree
from keras_transformer.tokens.reserved import END


def seen(candidate, like, law):
    return check(candidate, like=like, show=False).broken[law]


class CappedByHand(keras.layers.Layer):
    """Capped in some way."""

    def __init__(self, rule):
        super().__init__()
        self.cap, self.rule = 2.0, rule

    def call(self, query, key):
        products = ops.einsum("...td,...sd->...ts", query, key)
        return self.rule(products, query.shape[-1] ** 0.5)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            lambda product, root: 2 * ops.tanh(product / 2) / root,
            "cap · tanh(product / cap) / √d, capped before it is scaled",
        ),
        (
            lambda product, root: 2 * ops.tanh(product / 2),
            "cap · tanh(product / cap), without the root",
        ),
        (
            lambda product, root: ops.clip(product / root, -2, 2),
            "the score cut off at the cap",
        ),
        (lambda product, root: product / root, "the score, without a cap"),
    ],
)
def test_a_cap_in_another_place_is_named(rule, told):
    saw = seen(CappedByHand(rule), SoftCap(2.0), "a_cap_bends_the_scaled_score")
    assert saw.startswith("with a cap of 2, the score is ")
    assert saw.endswith(f", cap · tanh(score / cap); the result equals {told}")


def test_a_bend_that_nobody_knows_is_not_named():
    def rule(product, root):
        return 2 * ops.softsign(product / root / 2)

    saw = seen(CappedByHand(rule), SoftCap(2.0), "a_cap_bends_the_scaled_score")
    assert saw.endswith(", cap · tanh(score / cap)")


def test_two_rules_with_the_same_numbers_are_no_answer():
    rules = {"one": np.ones(3), "another": np.ones(3), "a third": np.zeros(3)}
    assert alike(np.ones(3), rules, 1e-4) == ""
    assert alike(np.zeros(3), rules, 1e-4) == "; the result equals a third"
    assert alike(np.array([0, 0, 0.1]), rules, 1e-4) == ""


class Multiplied(LearnedTemperature):
    def tempered(self, x):
        return x * ops.cast(ops.exp(self.log_temperature), x.dtype)


class Squared(LearnedTemperature):
    def tempered(self, x):
        return x * ops.cast(ops.exp(-2 * self.log_temperature), x.dtype)


def test_a_temperature_that_multiplies_is_named_and_another_mistake_is_not():
    told = "; the result equals the score times the temperature; the reference divides"
    saw = seen(Multiplied, LearnedTemperature, "equals_the_reference")
    assert saw.startswith("the largest difference from LearnedTemperature is ")
    assert told in saw
    assert told not in seen(Squared, LearnedTemperature, "equals_the_reference")


class Tiled(MultiHeadAttention):
    """Keys and values one set below the other."""

    def __init__(self, num_heads=6, width=12, num_key_value_heads=2, **kwargs):
        kwargs["num_key_value_heads"] = num_key_value_heads
        super().__init__(num_heads, width, **kwargs)

    def _attend(self, gate, query, memory, *parts, **asked):
        each = self.num_heads // self.groups
        memory = KeyValueCache(*(ops.concatenate([x] * each, 1) for x in memory))
        return super()._attend(gate, query, memory, *parts, **asked)


class Reversed(Tiled):
    def _attend(self, gate, query, memory, *parts, **asked):
        memory = KeyValueCache(*(ops.flip(x, 1) for x in memory))
        return MultiHeadAttention._attend(self, gate, query, memory, *parts, **asked)


def test_tiled_groups_are_named_and_others_are_not():
    like = MultiHeadAttention(6, 12, num_key_value_heads=2)
    told = (
        "what tiled keys and values give, head h reading group h mod 2; the reference"
    )
    saw = seen(Tiled, like, "equals_the_reference")
    assert told in saw and saw.endswith("head h reads group h // 3")
    saw = seen(Reversed, like, "equals_the_reference")
    assert "difference" in saw and told not in saw


@pytest.mark.parametrize(
    ("low", "told"),
    [
        (-1e9, "the mean of all values, as if all scores were equal"),
        (-1e3, "what it is without a mask"),
    ],
)
def test_what_a_blind_query_sees_is_named(low, told):
    def attend(query, value, key=None, mask=None):
        scores = ScaledDot()(query, value if key is None else key)
        if mask is not None:
            scores = scores + low * (1.0 - ops.cast(mask, scores.dtype))
        return ops.matmul(ops.softmax(scores, -1), value)

    saw = seen(attend, Attention, "a_blind_query_is_answered_without_nan")
    assert "; with other values, its context is " in saw
    assert f"; the result equals {told}; softmax reads differences of scores" in saw


def test_what_a_blind_query_sees_is_not_guessed():
    def attend(query, value, key=None, mask=None):
        made = Attention()(query, value, key, attention_mask=mask)
        return made if mask is None else made + ops.mean(value, (1, 2), True)

    saw = seen(attend, Attention, "a_blind_query_is_answered_without_nan")
    assert "; with other values, its context is " in saw and "equals" not in saw


def best(tree, first, score):
    """The best of all sentences by a score of sum and length, found by trying all."""
    said = (said for _, said in tree.sentences(first, 5))
    found = max(said, key=lambda s: score(tree.total(first, s), len(s)))
    return [*found, *[0] * (5 - len(found))]


SEEDS = (*Tree.SEEDS, Tree.LATE, *Tree.LONGER)


def told_of(score, penalty=2.0, seeds=SEEDS):
    trees = [Tree(seed) for seed in seeds]
    rows = [[best(tree, first, score) for first in (5, 6)] for tree in trees]
    return likely_search(
        [(t, penalty, (5, 6), found) for t, found in zip(trees, rows, strict=True)]
    )


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (
            lambda total, length: total,
            "the sums were compared, not divided by the length penalty",
        ),
        (
            lambda total, length: total * ((5 + length) / 6) ** 2,
            "each sum were multiplied by its divisor",
        ),
        (lambda total, length: total / ((5 + length) / 6) ** 2, ""),
        (lambda total, length: total - 3 * length, ""),
    ],
)
def test_a_wrong_length_penalty_is_named(score, told):
    wanted = f"; all 10 sentences asked for would be found if {told}" if told else ""
    assert told_of(score) == wanted


def test_a_mean_in_the_place_of_a_sum_is_named():
    told = told_of(lambda total, length: total / length, 0.0, Tree.BY_SUM)
    assert told.endswith(
        "4 sentences asked for would be found if each sum were divided by its length"
    )


def stopping(waits):
    """Holds everything, and stops when what goes on cannot win, as `waits` rates it."""

    def one(tree, first, longest, penalty):
        def divisor(length):
            return ((5 + length) / 6) ** penalty

        live, done = [[]], []
        for length in range(1, longest + 1):
            done += [
                (tree.total(first, [*said, END]) / divisor(length), [*said, END])
                for said in live
            ]
            live = [[*said, word] for said in live for word in tree.WORDS]
            most = max(tree.total(first, said) for said in live)
            if length == longest:
                done += [
                    (tree.total(first, said) / divisor(length), said) for said in live
                ]
            elif max(done)[0] >= most / waits(divisor, length):
                break
        best = max(done)[1]
        return [*best, *[0] * (longest - len(best))]

    def search(model, source, max_length, width=1, length_penalty=0.0):
        rows = [one(model, row[0], max_length, length_penalty) for row in source]
        return np.array(rows)

    return search


SEARCHES = "a_search_goes_on_while_a_longer_sentence_can_win"


@pytest.mark.parametrize(
    ("waits", "told"),
    [
        (
            lambda divisor, length: divisor(length),
            "it stopped as soon as nothing that goes on was better by its length",
        ),
        (
            lambda divisor, length: 1.0,
            "it stopped when a sum fell below a score that was divided",
        ),
    ],
)
def test_a_search_that_stops_too_soon_is_told_why(waits, told):
    with pytest.raises(LawBroken) as broken:
        LAWS[SEARCHES](stopping(waits), kind="decoding", traits={"beam"})
    assert "it should be [5 3 " in str(broken.value)
    assert f"sentences asked for would be found if {told}" in str(broken.value)


def test_a_search_that_waits_long_enough_is_not_accused():
    search, accused = stopping(lambda divisor, length: divisor(5)), ""
    try:
        LAWS[SEARCHES](search, kind="decoding", traits={"beam"})
    except LawBroken as broken:
        accused = str(broken)
    assert accused == ""


def test_a_sentence_without_an_end_says_when_the_search_stopped():
    told = likely_search([(Tree(6), 2.0, (5,), [[5, 3, 3, 0, 0]])])
    assert told.startswith("; it stopped after 3 of 5 tokens, with a sentence that has")

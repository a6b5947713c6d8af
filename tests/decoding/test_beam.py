import itertools
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from decoding_models import END, START, array, batch, strong
from keras import ops

from keras_transformer.attention import Additive, Attention
from keras_transformer.decoding import (
    Beam,
    Forbidden,
    MaxLength,
    MinLength,
    RepetitionPenalty,
    Uncached,
    beam,
    greedy,
)
from keras_transformer.decoding.beam import length_divisors
from keras_transformer.laws.toy_models import Tree
from keras_transformer.models.recurrent import RecurrentSeq2Seq

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SOURCES = np.array([[5, 3, 0], [6, 0, 0], [3, 4, 4]])


def searched(tree, first, max_length, width, penalty, n_best):
    """Beam search of one sentence in plain Python, which never stops early."""

    def rated(score, said):
        return score / ((5 + len(said)) / 6) ** penalty

    live, done = [(0.0, [])], []
    for _ in range(max_length):
        going, ended = [], []
        for score, said in live:
            for token, chance in enumerate(tree.chances(first, said), start=END):
                way_on = (score + chance, [*said, token])
                (ended if token == END else going).append(way_on)
        best = sorted(going + ended, reverse=True)[:width]
        done += [(rated(s, said), said) for s, said in best if said[-1] == END]
        live = sorted(going, reverse=True)[:width]
    done += [(rated(s, said), said) for s, said in live]
    return sorted(done, reverse=True)[:n_best]


# Five trees in one batch: a tree has its own sentences for each first token.
FOREST = Tree(0)
FOREST.table = np.concatenate([Tree(seed).table for seed in range(5)])
FIRST = np.array([[7 * tree + first] for tree in range(5) for first in (5, 6, 3)])

CASES = [
    (width, penalty, n_best)
    for width, penalty in itertools.product((1, 2, 3, 5), (0.0, 0.6, 2.0))
    for n_best in (1, width)[: 1 if width == 1 else 2]
]


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(
    ("width", "penalty", "n_best"), CASES if ON_TENSORFLOW else CASES[-4:-3]
)
def test_a_beam_finds_what_a_search_without_early_stop_finds(width, penalty, n_best):
    found = beam(FOREST, FIRST, 4, width, penalty, n_best)
    for row, tokens, scores in zip(FIRST, *map(array, found), strict=True):
        wanted = searched(FOREST, row[0], 4, width, penalty, n_best)
        assert [[t for t in said if t] for said in tokens.tolist()] == [
            said for _, said in wanted
        ]
        np.testing.assert_allclose(scores, [s for s, _ in wanted], atol=1e-4)


def test_a_sum_is_divided_by_the_power_of_the_length():
    # ((5 + n) / 6)^α: with α = 2 the lengths 1, 7 and 13 give 1, 4 and 9.
    assert length_divisors(13, 2.0)[[1, 7, 13]].tolist() == [1.0, 4.0, 9.0]
    assert length_divisors(3, 0.0).tolist() == [1.0] * 4


class Poisoned:
    """Says END at its second step, and nonsense to those who go on asking."""

    def start(self, source, max_length):
        return {"step": ops.zeros((ops.shape(source)[0],), "int32")}

    def step(self, tokens, state):
        words = np.array([[0, 0, 0, 9, 1, 0]], "float32")
        ending = np.array([[0, 0, 9, 1, 0, 0]], "float32")
        step = ops.expand_dims(state["step"], 1)
        logits = ops.where(step == 0, words, ending)
        return ops.where(step > 2, np.nan, logits), {"step": state["step"] + 1}


def test_the_search_stops_when_nothing_better_can_come():
    found = beam(Poisoned(), np.array([[5], [6]]), 7, width=2, length_penalty=0.5)
    assert array(found.tokens)[:, 0, :3].tolist() == [[3, 2, 0]] * 2
    assert np.isfinite(array(found.scores)).all()


def test_an_empty_sentence_has_an_empty_translation_with_score_0():
    found = beam(Tree(6), np.array([[0, 0], [5, 3]]), 3, width=2, n_best=2)
    assert array(found.tokens)[0].tolist() == [[0, 0, 0]] * 2
    assert array(found.scores)[0].tolist() == [0.0, -np.inf]
    assert array(found.tokens)[1, :, 0].all()


# With real models


def recurrent():
    model = RecurrentSeq2Seq(
        17,
        17,
        width=6,
        units=10,
        context="attention",
        attention=Attention(Additive(7)),
        dropout=0.0,
    )
    model.build()
    random = np.random.default_rng(5)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:
            weight.assign(random.normal(0, 1.3, weight.shape))
    return model


MODELS = {
    "Transformer": strong,
    "rotary": lambda: strong(positions="rotary", width=8),
    "relative": lambda: strong(positions="relative"),
    "grouped": lambda: strong(num_key_value_heads=1),
    "recurrent": recurrent,
}


@pytest.mark.parametrize("name", MODELS if ON_TENSORFLOW else ["rotary"])
def test_cached_hypotheses_equal_those_that_read_the_whole_prefix(name):
    model = MODELS[name]()
    source = batch(7)
    options = {"width": 3, "length_penalty": 0.7, "n_best": 3}
    cached, uncached = (beam(m, source, 5, **options) for m in (model, Uncached(model)))
    assert array(cached.tokens).tolist() == array(uncached.tokens).tolist()
    np.testing.assert_allclose(
        array(cached.scores), array(uncached.scores), rtol=1e-4, atol=1e-4
    )
    assert len(np.unique(array(cached.tokens)[:, 0], axis=0)) > 2


@pytest.mark.parametrize(
    "dtype",
    ["float32", pytest.param("bfloat16", marks=pytest.mark.compiles)],
)
def test_a_beam_of_width_1_is_greedy(dtype):
    model = strong(dtype=dtype)
    source = batch(7)
    found = beam(model, source, 6, width=1, length_penalty=0.0)
    assert keras.backend.standardize_dtype(found.scores.dtype) == "float32"
    said = array(found.tokens)[:, 0].tolist()
    assert said == array(greedy(model, source, 6)).tolist()
    assert {END in ids for ids in said[:7]} == {True, False}


class SharedState(NamedTuple):
    """A tree's state whose first leaf belongs to the sentence."""

    first: Any  # [b]
    history: Any  # [n]
    position: Any  # [b]

    def spread(self, count):
        return self._replace(history=ops.repeat(self.history, count, axis=0))

    def reorder(self, parents):
        return self._replace(history=ops.take(self.history, parents, axis=0))


class Shared(Tree):
    """A tree whose state lays out its hypotheses itself."""

    def start(self, source, max_length):
        return SharedState(**super().start(source, max_length))

    def step(self, tokens, state):
        count = ops.shape(tokens)[0] // ops.shape(state.first)[0]
        spread = {
            "first": ops.repeat(state.first, count, axis=0),
            "history": state.history,
            "position": ops.repeat(state.position, count, axis=0),
        }
        logits, after = super().step(tokens, spread)
        return logits, state._replace(
            history=after["history"], position=state.position + 1
        )


def test_a_state_may_lay_out_its_hypotheses_itself():
    options = {"width": 3, "n_best": 3}
    mine, plain = (beam(m(16), SOURCES, 4, **options) for m in (Shared, Tree))
    for one, other in zip(mine, plain, strict=True):
        assert array(one).tolist() == array(other).tolist()


# Constraints


@pytest.mark.compiles
def test_the_best_sentence_under_constraints_is_found():
    tree, width, max_length = Tree(16), 109, 4
    constraints = (MinLength(1), MaxLength(2), Forbidden((4,)))
    found = beam(tree, SOURCES, max_length, width, 0.0, 3, constraints)
    for row, tokens, scores in zip(SOURCES, *map(array, found), strict=True):
        permitted = [
            (score, said)
            for score, said in tree.sentences(row[0], max_length)
            if said[-1] == END and 2 <= len(said) <= 3 and 4 not in said
        ]
        assert [[t for t in said if t] for said in tokens.tolist()] == [
            said for _, said in permitted[:3]
        ]
        np.testing.assert_allclose(scores, [s for s, _ in permitted[:3]], atol=1e-4)


def test_every_hypothesis_begins_with_the_prefix_of_its_sentence():
    tree = Tree(16)
    prefix = np.array([[4, 3], [5, 0], [0, 0]])
    found = beam(tree, SOURCES, 4, width=109, length_penalty=0.0, prefix=prefix)
    for row, forced, tokens, scores in zip(
        SOURCES, prefix, *map(array, found), strict=True
    ):
        forced = [token for token in forced if token]
        score, said = next(
            (score, said)
            for score, said in tree.sentences(row[0], 4)
            if said[: len(forced)] == forced
        )
        assert [t for t in tokens[0].tolist() if t] == said
        assert scores[0] == pytest.approx(score, abs=1e-4)


def test_each_hypothesis_is_penalised_for_its_own_repetitions():
    class Liking:
        """Likes 3 best, then 4, whatever was said."""

        def start(self, source, max_length):
            return ops.zeros((ops.shape(source)[0],))

        def step(self, tokens, state):
            row = np.log([[1e-9, 1e-9, 1e-3, 0.5, 0.3, 0.2]]).astype("float32")
            return ops.tile(row, (ops.shape(tokens)[0], 1)), state

    found = beam(
        Liking(), SOURCES[:1], 3, 2, 0.0, constraints=(RepetitionPenalty(9.0),)
    )
    # Each of the three once, in whatever order: 0.5 · 0.3 · 0.2.
    assert sorted(array(found.tokens)[0, 0].tolist()) == [3, 4, 5]
    assert array(found.scores)[0, 0] == pytest.approx(np.log(0.03 / 1.001**3), abs=1e-4)


def test_where_nothing_is_possible_there_is_no_hypothesis():
    constraints = (Forbidden((3,)),)
    prefix = np.array([[3], [4], [0]])
    found = beam(Tree(6), SOURCES, 3, width=2, constraints=constraints, prefix=prefix)
    assert array(found.scores)[0].tolist() == [-np.inf]
    assert array(found.tokens)[0].tolist() == [[0, 0, 0]]
    assert array(found.tokens)[1, 0, 0] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"length_penalty": -0.1}, "length_penalty must be at least 0, got -0.1"),
        ({"length_penalty": float("nan")}, "length_penalty must be finite, got nan"),
        ({"n_best": 0}, "n_best must be at least 1, got 0"),
        ({"width": 2, "n_best": 3}, "n_best must be at most width, got n_best=3"),
    ],
)
def test_sizes_outside_their_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Beam(**options)
    with pytest.raises(ValueError, match=message):
        beam(Tree(6), SOURCES, 3, **options)


@pytest.mark.compiles
def test_all_begin_with_the_start_token():
    class Recorder(Tree):
        def step(self, tokens, state):
            # A first token that is not the start makes another sentence best.
            logits, after = super().step(tokens, state)
            begun = (state["position"] > 0) | (tokens == START)
            return ops.where(ops.expand_dims(begun, 1), logits, -logits), after

    for width in (1, 3):
        mine, plain = (beam(m(6), SOURCES, 3, width=width) for m in (Recorder, Tree))
        assert array(mine.tokens).tolist() == array(plain.tokens).tolist()

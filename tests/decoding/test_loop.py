"""The loop that leaves out what has ended, and the one that asks seldom."""

import numpy as np
import pytest
from decoding_models import Copying, array, batch, strong

from keras_transformer.decoding import Beam, Greedy, MinLength, loop

METHODS = {
    "greedy": Greedy(scored=True),
    "beam": Beam(3, 0.6, n_best=2),
    "wide beam": Beam(17, 0.0),  # a cache for each hypothesis
}


def translated(method, model, count, most=9):
    found = method(model, batch(count), most)
    return array(found.tokens), array(found.scores)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few sentences shall be enough to have several loops."""
    monkeypatch.setattr(loop, "SMALLEST", 8)


def test_small_batches_have_one_loop(monkeypatch):
    monkeypatch.undo()
    assert [loop._sizes(batch) for batch in (32, 63, 64)] == [[32], [63], [64, 16]]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(("count", "sizes"), [(33, [34, 8]), (35, [36, 9]), (5, [6])])
def test_leaving_out_what_has_ended_changes_nothing(method, count, sizes, monkeypatch):
    assert loop._sizes(count + 1) == sizes
    model = strong()
    found = translated(method, model, count)
    monkeypatch.setattr(loop, "_sizes", lambda batch: [batch])
    wanted = translated(method, model, count)
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-5)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("most", [1, 3, 4, 9])
def test_asking_seldom_changes_nothing(method, most, monkeypatch):
    model = strong()
    wanted = translated(method, model, 6, most)
    monkeypatch.setattr(loop, "accelerated", lambda: True)
    monkeypatch.setattr(loop, "ASKED_EVERY", 4)
    found = translated(method, model, 6, most)
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-5)


class Counted(Copying):
    """Says how many rows each step has."""

    def __init__(self):
        self.rows = []

    def step(self, tokens, state):
        self.rows.append(tokens.shape[0])
        return super().step(tokens, state)


def test_few_sentences_that_go_on_are_computed_alone():
    model = Counted()
    source = np.full((32, 9), 2, "int32")
    source[:, 0] = 3
    source[[4, 30], :8] = 5  # two long ones among 30 of one token
    found = array(Greedy()(model, source, 9).tokens)[:, 0]
    assert set(model.rows) == {32, 8}
    wanted = np.zeros((32, 9), int)
    wanted[:, :2] = 3, 2
    wanted[[4, 30]] = [5] * 8 + [2]
    np.testing.assert_array_equal(found, wanted)


def test_a_constraint_meets_every_row_at_its_place():
    model, seen = strong(), []

    def constraint(log_probabilities, said, index):
        seen.append(said.shape[0])
        return log_probabilities

    Greedy(constraints=(constraint, MinLength(2)))(model, batch(39), 9)
    assert set(seen) == {40}

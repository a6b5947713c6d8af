import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import itertools

import numpy as np
import pytest

from keras_transformer.course import elsewhere
from keras_transformer.course.elsewhere.sessions import FIRST

SMALL = elsewhere.Tastes(shelves=2, items=4, series=2, gap=2, loyalty=0.6)


@pytest.mark.parametrize("world", [SMALL, elsewhere.Tastes(), elsewhere.Chain()])
def test_the_chances_of_a_next_item_sum_to_one(world):
    chances = world.chances(world.draw(50, 12, seed=1))
    assert chances.shape == (50, 12, world.vocabulary)
    np.testing.assert_allclose(chances.sum(-1), 1)
    assert (chances[..., :FIRST] == 0).all()


@pytest.mark.parametrize("world", [SMALL, elsewhere.Chain(items=8)])
def test_what_is_drawn_comes_as_often_as_the_chances_say(world):
    drawn = world.draw(20_000, 5, seed=1)
    chances = world.chances(drawn)
    for t in range(5):
        counted = np.bincount(drawn[:, t], minlength=world.vocabulary) / len(drawn)
        # At each place the chances are, on average, what comes.
        np.testing.assert_allclose(counted, chances[:, t].mean(0), atol=0.012)
        sure = chances[np.arange(len(drawn)), t, drawn[:, t]]
        assert sure.mean() == pytest.approx(
            (chances[:, t] ** 2).sum(-1).mean(), abs=0.01
        )


def test_the_chances_of_all_sessions_are_those_of_the_tastes():
    # Over all sessions of two items, summed over the tastes by hand.
    world = elsewhere.Tastes(shelves=2, items=2, series=0)
    every = np.array([*itertools.product(range(4, 8), repeat=2)])
    chances = world.chances(every)
    joint = [c[0, a] * c[1, b] for c, (a, b) in zip(chances, every, strict=True)]
    own, popular = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([2, 1]) / 3
    each = (own[:, :, None] * popular).reshape(2, 4)
    wanted = sum(
        p * np.outer(row, row) for p, row in zip((2 / 3, 1 / 3), each, strict=True)
    )
    np.testing.assert_allclose(joint, wanted.ravel())


def test_a_sequel_comes_after_the_gap():
    world = elsewhere.Tastes(eagerness=1.0)
    drawn = world.draw(500, 20, seed=1) - FIRST
    first = drawn[:, :-3] % 12 < 3
    assert (drawn[:, 3:][first] == drawn[:, :-3][first] + 3).all()


def test_nobody_beats_the_ceiling_of_a_chain_with_a_bigram():
    world = elsewhere.Chain()
    seen, asked = world.draw(4000, 20, seed=1), world.draw(500, 20, seed=2)
    scores = elsewhere.forecast("Markov", seen, asked, world.vocabulary, None)
    mine = elsewhere.hit_rates(scores[:, 1:], asked[:, 1:])
    best = elsewhere.hit_rates(world.chances(asked)[:, 1:], asked[:, 1:])
    assert best[0] == pytest.approx(0.4, abs=0.02)
    assert best[0] - 0.02 < mine[0] <= best[0] + 0.01


def test_hits_are_counted_among_the_k_best_and_ties_are_broken_once():
    scores = np.array([[[0.0, 3, 1, 2]], [[5, 5, 5, 5]]])
    assert elsewhere.hit_rates(scores, np.array([[3], [2]]), (1, 2, 3)) == [0, 0.5, 1]

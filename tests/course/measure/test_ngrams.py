import numpy as np
import pytest

from keras_transformer.course.measure.ngrams import Ngrams

# a dog sleeps . a cat sleeps . a dog barks .
TEXT = [0, 1, 2, 5, 0, 3, 2, 5, 0, 1, 4, 5]


@pytest.fixture
def model():
    return Ngrams([TEXT], order=3, vocabulary=6)


def test_chances_worked_by_hand(model):
    barks, cat, dog = 4, 3, 1
    assert model.chances([])[barks] == pytest.approx((1 + 6 / 6) / 18)
    after_dog = Ngrams([TEXT], order=2, vocabulary=6).chances([5, 0, dog])
    assert after_dog[barks] == pytest.approx((1 + 2 * 2 / 18) / 4)
    assert after_dog[cat] == pytest.approx((0 + 2 * 2 / 18) / 4)


@pytest.mark.parametrize("history", [[], [1], [0, 1], [4, 4, 4], [2, 5]])
def test_chances_of_every_history_sum_to_one_and_none_is_zero(model, history):
    chances = model.chances(history)
    assert chances.sum() == pytest.approx(1)
    assert chances.min() > 0


def test_bits_are_those_of_the_chances_at_every_order(model):
    ids = [0, 3, 2, 4, 4, 1, 2, 5]
    found = model.bits(ids)
    for order in (1, 2, 3):
        lower = Ngrams([TEXT], order, 6)
        wanted = [-np.log2(lower.chances(ids[:t])[x]) for t, x in enumerate(ids)]
        np.testing.assert_allclose(found[order - 1], wanted, rtol=1e-12)


def test_a_history_does_not_reach_into_another_sequence():
    apart = Ngrams([[0, 1], [2, 3]], order=2, vocabulary=4)
    assert (1,) not in apart.followers
    assert len(apart) == 4 + 2  # four single tokens, two pairs

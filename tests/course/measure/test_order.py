import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer.course.measure import order_task


def test_both_questions_are_about_the_place_of_a_token():
    ids, wanted = order_task(31, longest=11, shortest=4, places=3, seed=5)
    for n in range(31):
        length = (ids[n] != 0).sum()
        for t in range(11):
            asked = 3 <= t < length
            assert wanted["back"][n, t] == (ids[n, t - 3] if asked else 0)
            assert wanted["start"][n, t] == (ids[n, 3] if asked else 0)


def test_padding_stands_at_the_end_and_lengths_run_from_shortest_to_longest():
    ids, _ = order_task(211, longest=7, shortest=5)
    lengths = (ids != 0).sum(axis=1)
    assert set(lengths) == {5, 6, 7}
    np.testing.assert_array_equal(ids != 0, np.arange(7) < lengths[:, None])


def test_every_symbol_is_drawn_and_no_other():
    ids, _ = order_task(101, longest=13, symbols=5)
    assert set(ids.ravel()) == {1, 2, 3, 4, 5}


def test_the_seed_decides_everything():
    one, two, other = (order_task(3, longest=17, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1]["back"], two[1]["back"])
    assert (one[0] != other[0]).any()


@pytest.mark.parametrize("name", ["examples", "symbols", "places"])
def test_nothing_is_no_task(name):
    sizes = {"examples": 2, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got {name}=0"):
        order_task(longest=5, **sizes)


@pytest.mark.parametrize(("shortest", "longest"), [(2, 5), (6, 5)])
def test_a_question_must_have_an_answer_in_every_example(shortest, longest):
    with pytest.raises(
        ValueError,
        match=f"places=2, shortest={shortest}, longest={longest}",
    ):
        order_task(2, longest, shortest)

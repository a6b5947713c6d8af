import numpy as np
import pytest

from keras_transformer.course.measure import token_task


def test_a_neighbour_is_the_token_to_the_left_and_the_first_has_the_last():
    x, y = token_task("neighbour", examples=31, length=7, values=5)
    np.testing.assert_array_equal(y[:, 1:], x[:, :-1])
    np.testing.assert_array_equal(y[:, 0], x[:, -1])
    assert set(x.ravel()) == {1, 2, 3, 4, 5}


def test_the_other_tasks_are_made_of_a_token_and_its_neighbour():
    x, left = token_task("neighbour", examples=31, length=7, values=5, shortest=3)
    _, larger = token_task("larger", examples=31, length=7, values=5, shortest=3)
    _, apart = token_task("difference", examples=31, length=7, values=5, shortest=3)
    for a, b, most, far in np.stack([x, left, larger, apart], -1).reshape(-1, 4):
        assert most == (a if a > b else b)
        assert far == {0: 5 if a else 0, 1: 1, 2: 2, 3: 3, 4: 4}[abs(a - b)]


def test_padding_is_written_as_padding_and_is_nobody_s_neighbour():
    x, y = token_task("neighbour", examples=211, length=7, shortest=3)
    lengths = (x != 0).sum(axis=1)
    assert set(lengths) == {3, 4, 5, 6, 7}
    np.testing.assert_array_equal(x != 0, np.arange(7) < lengths[:, None])
    np.testing.assert_array_equal(y != 0, x != 0)
    np.testing.assert_array_equal(y[:, 0], x[np.arange(211), lengths - 1])


def test_the_seed_decides_everything():
    one, two, other = (token_task("neighbour", 11, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one[0] != other[0]).any()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of .*, got 'reverse'"):
        token_task("reverse", 2)


@pytest.mark.parametrize("name", ["examples", "length", "values", "shortest"])
def test_nothing_is_no_task(name):
    sizes = {"kind": "neighbour", "examples": 2, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got {name}=0"):
        token_task(**sizes)


def test_the_shortest_fits_into_the_length():
    with pytest.raises(ValueError, match="got shortest=9, length=7"):
        token_task("neighbour", 2, length=7, shortest=9)

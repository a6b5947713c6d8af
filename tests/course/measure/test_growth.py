import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer.course.measure import growth_exponent


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 2.5])
def test_a_power_law_has_its_own_exponent(exponent):
    sizes = np.array([3, 7, 19, 101])
    assert growth_exponent(sizes, 0.7 * sizes**exponent) == pytest.approx(exponent)


def test_noise_on_both_sides_of_a_line_leaves_its_slope():
    # ln cost = 2 · ln size, and above, below, below, above it by 0.1.
    sizes = np.exp([0.0, 1.0, 2.0, 3.0])
    costs = np.exp([0.1, 1.9, 3.9, 6.1])
    assert growth_exponent(sizes, costs) == pytest.approx(2.0)


def test_between_two_sizes_it_is_the_ratio_of_the_logarithms():
    # Twice the size, three times the cost: ln 3 / ln 2.
    assert growth_exponent([480, 960], [10.0, 30.0]) == pytest.approx(1.584963)


@pytest.mark.parametrize(
    ("sizes", "costs", "message"),
    [
        ([1, 2, 3], [1, 2], "got 3 sizes, 2 costs"),
        ([4, 4], [1, 2], r"two different sizes, got \[4.0, 4.0\]"),
        ([1, 2], [0, 3], "the smallest 1 and 0"),
    ],
)
def test_what_is_no_power_law_is_refused(sizes, costs, message):
    with pytest.raises(ValueError, match=message):
        growth_exponent(sizes, costs)

import numpy as np
import pytest
from drawn import assert_readable, words

from keras_transformer.plots import matrix
from keras_transformer.plots.cells import contrast, ink_on

NAMES = {"x_label": "key position s", "y_label": "query position t"}


def test_a_matrix_shows_its_numbers_and_names():
    values = np.array([[1.0, -2.5, 0.0], [0.125, np.nan, 3.0]])
    figure = matrix(values, ["a", "b"], ["x", "y", "z"], title="Scores", **NAMES)
    axes = figure.axes[0]
    (image,) = axes.get_images()
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), values)
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {
        (0, 0): "1",
        (1, 0): "−2.5",
        (2, 0): "0",
        (0, 1): "0.125",
        (1, 1): "",
        (2, 1): "3",
    }
    assert {"a", "b", "x", "y", "z", "Scores", *NAMES.values()} <= words(figure)


def test_minus_zero_is_zero():
    assert "0.00" in words(matrix([[-0.0]], "a", "b", number_format=".2f", **NAMES))


def test_zero_is_white_when_colours_diverge():
    figure = matrix([[-1.0, 3.0]], ["a"], ["x", "y"], diverging=True, **NAMES)
    (image,) = figure.axes[0].get_images()
    assert image.get_clim() == (-3, 3)
    assert min(image.cmap(image.norm(0.0))[:3]) > 0.95


@pytest.mark.parametrize(
    ("values", "limits", "clim"),
    [
        ([[1.0, 4.0]], None, (0, 4)),
        ([[-1.0, 4.0]], None, (-1, 4)),
        ([[0.0, 0.0]], None, (0, 1)),
        ([[np.nan, np.nan]], None, (0, 1)),
        ([[1.0, 4.0]], (-5, 5), (-5, 5)),
    ],
)
def test_the_scale_begins_at_zero_unless_told_otherwise(values, limits, clim):
    figure = matrix(values, ["a"], ["x", "y"], limits=limits, **NAMES)
    assert figure.axes[0].get_images()[0].get_clim() == clim


def test_a_scale_stands_beside_a_matrix_without_numbers():
    figure = matrix(np.eye(2), "ab", "xy", numbers=False, value_label="weight", **NAMES)
    assert figure.axes[0].texts[:] == []
    assert figure.axes[1].get_ylabel() == "weight"


@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (["[START]", "The", "child"], ["[START]", "The", "child"]),
        (["a"], ["one"]),
        (["a long name of a row"] * 3, [f"dimension {i}" for i in range(17)]),
        (range(13), range(17)),
    ],
    ids=range(4),
)
def test_nothing_overlaps_and_nothing_is_cut(rows, columns, numbers):
    values = np.linspace(-1, 1, len(rows) * len(columns)).reshape(len(rows), -1)
    figure = matrix(values, rows, columns, numbers=numbers, title="A title", **NAMES)
    assert figure.get_size_inches()[0] <= 9.5
    assert_readable(figure)


def test_a_large_matrix_names_some_of_its_rows_and_columns():
    figure = matrix(np.zeros((61, 127)), range(61), range(127), numbers=False, **NAMES)
    assert_readable(figure)
    shown = [int(text.get_text()) for text in figure.axes[0].get_xticklabels()]
    assert 8 <= len(shown) <= 40
    assert shown == list(figure.axes[0].get_xticks())


def test_a_matrix_needs_a_name_a_row_and_a_column():
    with pytest.raises(ValueError, match=r"got values \(2, 3\), 3 row names, 2 column"):
        matrix(np.zeros((2, 3)), "abc", "xy", **NAMES)


@pytest.mark.parametrize("grey", np.linspace(0, 1, 11))
def test_numbers_are_read_on_every_ground(grey):
    ground = (grey, grey, grey)
    ink = {"black": (0, 0, 0), "white": (1, 1, 1)}[ink_on(ground)]
    assert contrast(ground, ink) > 4.5  # WCAG 2, level AA


def test_contrast_does_not_depend_on_order():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast((1, 1, 1), (0, 0, 0)) == pytest.approx(21)
    assert contrast((0.3, 0.3, 0.3), (0.3, 0.3, 0.3)) == pytest.approx(1)

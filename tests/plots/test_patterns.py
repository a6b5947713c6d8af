import numpy as np
import pytest
from drawn import assert_readable, words
from matplotlib.colors import to_rgb

from keras_transformer.plots import patterns
from keras_transformer.plots.palette import BLUE

MEANING = {"full": "it depends", "empty": "exactly 0"}


def named(values, rows, columns, title="encoder"):
    labels = {"title": title, "x_label": "source s", "y_label": "output t"}
    return {"values": values, "rows": rows, "columns": columns, **labels}


def test_a_true_cell_is_full_and_a_false_one_is_not():
    values = np.array([[True, False, False], [False, True, True]])
    axes = patterns([named(values, "ab", "xyz")], **MEANING).axes[0]
    (image,) = axes.get_images()
    colours = image.cmap(image.norm(image.get_array()))[..., :3]
    full = np.abs(colours - to_rgb(BLUE)).max(-1) < 0.01
    np.testing.assert_array_equal(full, values)
    assert colours[~values].min() > 0.9


def test_names_titles_and_the_meaning_of_both_colours_are_written():
    maps = [
        named(np.tri(3, dtype=bool), ["The", "dog", "$5"], ["The", "dog", "$5"]),
        named(np.ones((3, 2), bool), ["The", "dog", "$5"], ["Hund", "fünf"], "cross"),
    ]
    figure = patterns(maps, title="Who sees whom", **MEANING)
    wanted = {"The", "dog", "$5", "Hund", "fünf", "encoder", "cross", "Who sees whom"}
    assert wanted | set(MEANING.values()) <= words(figure)
    assert_readable(figure)


def test_four_wide_patterns_fit_a_notebook():
    names = [f"token{i}" for i in range(9)]
    maps = [named(np.eye(9, dtype=bool), names, names, f"step {i}") for i in range(4)]
    figure = patterns(maps, **MEANING)
    assert figure.get_size_inches()[0] < 9.5
    assert_readable(figure)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([], "at least one matrix, got none"),
        ([named(np.ones((1, 2)), "a", "xy")], "boolean, got dtype float64"),
        (
            [named(np.ones((1, 2), bool), "ab", "xy")],
            r"\(1, 2\), 2 row names, 2 column",
        ),
    ],
)
def test_what_is_no_pattern_is_refused(maps, message):
    with pytest.raises(ValueError, match=message):
        patterns(maps, **MEANING)

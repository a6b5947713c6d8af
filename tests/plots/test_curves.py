import itertools

import numpy as np
import pytest
from drawn import assert_readable, words
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection

from keras_transformer.plots import curves, panels
from keras_transformer.plots.lines import apart
from keras_transformer.plots.palette import SERIES, looks
from keras_transformer.plots.ticks import plain_number

NAMES = {"x_label": "epoch", "y_label": "loss (nats)"}


def data(axes):
    """Label → (x, y) of what was drawn from data."""
    return {
        line.get_label(): tuple(np.asarray(line.get_data(), "float64"))
        for line in axes.lines
        if not line.get_label().startswith("_")
    }


def marked(axis):
    axis.figure.draw_without_rendering()
    return [text.get_text() for text in axis.get_ticklabels()]


def test_lines_are_drawn_as_given_and_nothing_stays_a_gap():
    figure = curves([2, 3, 5], {"GRU": [7.0, None, 3.5], "c": [1, 2, np.nan]}, **NAMES)
    drawn = data(figure.axes[0])
    np.testing.assert_array_equal(drawn["GRU"], [[2, 3, 5], [7.0, np.nan, 3.5]])
    np.testing.assert_array_equal(drawn["c"], [[2, 3, 5], [1, 2, np.nan]])
    assert figure.axes[0].get_xlabel() == "epoch"
    assert figure.axes[0].get_ylabel() == "loss (nats)"
    assert {"GRU", "c"} <= words(figure)


def test_each_line_may_have_positions_of_its_own():
    figure = curves(
        {"a": [1, 2], "b": [5, 7, 9]}, {"a": [0, 1], "b": [1, 2, 3]}, **NAMES
    )
    drawn = data(figure.axes[0])
    assert drawn["a"][0].tolist() == [1, 2]
    assert drawn["b"][0].tolist() == [5, 7, 9]


def test_bands_and_references_are_drawn_where_they_belong():
    figure = curves(
        [1, 2],
        {"a": [3, 4]},
        bands={"a": ([2.5, 3.5], [3.5, 5.0])},
        reference={"log V": 6.2},
        **NAMES,
    )
    axes = figure.axes[0]
    (band,) = [c for c in axes.collections if isinstance(c, PolyCollection)]
    corners = band.get_paths()[0].vertices
    assert {(1.0, 2.5), (1.0, 3.5), (2.0, 3.5), (2.0, 5.0)} <= set(map(tuple, corners))
    assert data(axes)["log V"][1].tolist() == [6.2, 6.2]
    assert "log V" in words(figure)


def test_the_dots_of_a_line_are_its_numbers_at_its_positions():
    lines = {"a": [3, 4], "b": [1, 1]}
    figure = curves([1, 2], lines, dots={"a": [[2, 4], [4, 4, 4.5]]}, **NAMES)
    found = [line for line in figure.axes[0].lines if line.get_label() == "_dots"]
    seen = [tuple(map(list, line.get_data())) for line in found]
    assert seen == [([1, 1], [2, 4]), ([2, 2, 2], [4, 4, 4.5])]
    assert {line.get_color() for line in found} == {looks("ab")["a"].colour}
    with pytest.raises(ValueError, match=r"dots belong to a line, got dots for .'c'"):
        curves([1, 2], lines, dots={"c": [[1], [2]]}, **NAMES)
    with pytest.raises(ValueError, match="one entry a position, got 1 for 2"):
        curves([1, 2], lines, dots={"a": [[1]]}, **NAMES)


def test_every_line_of_a_figure_looks_different_in_grey_too():
    styles = looks(map(str, range(14))).values()
    assert len({(look.marker, str(look.dashes)) for look in styles}) == 14
    assert len({(look.colour, str(look.dashes)) for look in styles}) == 14
    assert len(set(SERIES)) == 7


def test_a_name_stands_at_the_height_of_the_end_of_its_line():
    figure = curves([1, 2, 3], {"low": [9, 5, 1], "high": [1, 5, 9.0]}, **NAMES)
    axes = figure.axes[0]
    figure.draw_without_rendering()
    for name, end in (("low", 1), ("high", 9)):
        (text,) = [t for t in axes.texts if t.get_text() == name]
        box = text.get_window_extent()
        level = axes.transData.transform((3, end))[1]
        assert abs((box.y0 + box.y1) / 2 - level) < 3  # pixels
        assert box.x0 > axes.get_window_extent().x1


def test_a_logarithmic_axis_marks_the_widths_that_were_measured():
    figure = curves(
        [4, 64, 1024],
        {"a": [0.5, 3, 20]},
        log_x=True,
        log_y=True,
        x_label="",
        y_label="",
    )
    assert marked(figure.axes[0].xaxis) == ["4", "64", "1,024"]
    assert {"1", "10"} <= set(marked(figure.axes[0].yaxis))
    assert figure.axes[0].get_yscale() == "log"


def test_categories_are_marked_by_name():
    figure = curves(["1–4", "5–8"], {"a": [3, 4]}, **NAMES)
    assert data(figure.axes[0])["a"][0].tolist() == [0, 1]
    assert marked(figure.axes[0].xaxis) == ["1–4", "5–8"]


def test_the_vertical_range_can_be_given():
    figure = curves([1, 2], {"a": [3, 4]}, y_range=(0, None), **NAMES)
    assert figure.axes[0].get_ylim()[0] == 0


STEPS = np.arange(1, 61)
CROWDED = {f"model number {i}": 3 + np.exp(-STEPS / (5 + i)) for i in range(9)}


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": STEPS, "lines": CROWDED, "title": "Nine lines that end together"},
        {"x": STEPS, "lines": CROWDED, "reference": {"log V": 3.0, "best": 3.0}},
        {"x": range(1, 13), "lines": {"a": range(1, 13)}, "log_x": True},
        {"x": [2**i for i in range(2, 11)], "lines": {"a": range(9)}, "log_x": True},
        {"x": [1, 2], "lines": {"parameters": [2e5, 3.7e6]}},
        {"x": [1, 2], "lines": {"gradient": [1e-9, 1.0]}, "log_y": True},
        {"x": [1, 2], "lines": {"narrow": [3.0, 4.0]}, "log_y": True},
        {"x": ["up to four words", "five to eight"] * 4, "lines": {"a": range(8)}},
        {"x": [f"unbreakable_name_{i}" for i in range(9)], "lines": {"a": range(9)}},
        {"x": [1], "lines": {"a name far longer than any name should be": [None]}},
    ],
    ids=range(10),
)
def test_nothing_overlaps_and_nothing_is_cut(arguments):
    figure = curves(**arguments, **NAMES)
    assert_readable(figure)


def test_panels_share_the_look_of_a_label():
    panel = {"x": [1, 2], **NAMES}
    figure = panels(
        [
            {**panel, "lines": {"a": [1, 2], "b": [2, 3]}, "title": "left"},
            {**panel, "lines": {"b": [5, 7]}, "title": "right", "log_y": True},
        ],
        title="both",
    )
    left, right = figure.axes
    assert data(right)["b"][1].tolist() == [5, 7]
    (line,) = [line for line in left.lines if line.get_label() == "b"]
    (other,) = [line for line in right.lines if line.get_label() == "b"]
    assert line.get_color() == other.get_color()
    assert line.get_marker() == other.get_marker()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    assert {"left", "right", "both"} <= words(figure)
    assert_readable(figure)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_panels_are_readable_in_any_number(count):
    panel = {
        "x": ["1–4", "5–8", "9–12", "13–20, never trained"],
        "lines": {"fixed context": [4, 3, 2, 1], "attention": [4, 4, 4, 3]},
        **NAMES,
    }
    figure = panels([panel] * count, title="Length", share_y=True)
    assert len(figure.axes) == count
    assert figure.get_size_inches()[0] <= 9
    assert_readable(figure)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lines": {}}, "at least one line, got none"),
        ({"lines": {"a": [1, 2, 3]}}, r"line 'a' with 3 values for 2 positions"),
        ({"bands": {"b": ([1, 2], [3, 4])}}, r"got bands for \['b'\]"),
        ({"bands": {"a": ([1], [3, 4])}}, r"band 'a' with 1 values for 2 positions"),
        (
            {"log_y": True, "lines": {"a": [0, 1]}},
            "positive numbers, got 0 in line 'a'",
        ),
        ({"log_x": True, "x": [-1, 1]}, "positive numbers, got -1 in x"),
        ({"lines": {str(i): [1, 2] for i in range(15)}}, "at most 14 series, got 15"),
        ({"x": {"b": [1, 2]}}, r"positions for every line, got none for \['a'\]"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    arguments = {"x": [1, 2], "lines": {"a": [1, 2]}} | arguments
    with pytest.raises(ValueError, match=message):
        curves(**arguments, **NAMES)


def test_a_line_without_a_name_is_drawn_without_one():
    figure = curves([1, 2], {"": [3, 4]}, **NAMES)
    assert figure.axes[0].lines[0].get_ydata().tolist() == [3, 4]
    assert list(figure.axes[0].texts) == []
    assert_readable(figure)


def test_one_line_in_panels_is_named_too():
    figure = panels([{"x": [1, 2], "lines": {"training": [3, 4]}, **NAMES}])
    assert "training" in words(figure)


def test_a_panel_takes_what_curves_take():
    with pytest.raises(TypeError, match="colour"):
        panels([{"x": [1, 2], "lines": {"a": [3, 4]}, "colour": "red", **NAMES}])


def test_panels_are_refused_when_there_is_none():
    with pytest.raises(ValueError, match="at least one panel, got none"):
        panels([])


SPANS = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 0.12)), max_size=8)


@given(SPANS)
def test_names_are_moved_apart_and_stay_beside_the_plot(spans):
    centres, heights = [c for c, _ in spans], [h for _, h in spans]
    moved = apart(centres, heights)
    assert len(moved) == len(spans)
    order = sorted(range(len(spans)), key=moved.__getitem__)
    for below, above in itertools.pairwise(order):
        assert centres[below] <= centres[above]
        assert (
            moved[above] - moved[below] >= (heights[above] + heights[below]) / 2 - 1e-8
        )
    for centre, height in zip(moved, heights, strict=True):
        assert height / 2 - 1e-8 <= centre <= 1 - height / 2 + 1e-8


@given(st.lists(st.integers(1, 9), unique=True))
def test_names_that_have_room_are_not_moved(tenths):
    centres = [tenth / 10 for tenth in tenths]
    np.testing.assert_allclose(
        apart(centres, [0.09] * len(centres)), centres, atol=1e-9
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (0.30000000000000004, "0.3"), (1024, "1,024"), (-5, "−5"), (0, "0")],
)
def test_a_number_on_an_axis_is_plain(value, text):
    assert plain_number(value) == text

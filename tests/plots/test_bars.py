import numpy as np
import pytest
from drawn import assert_readable, words
from matplotlib.container import BarContainer, ErrorbarContainer

from keras_transformer.plots import bars


def heights(figure):
    """Label of a group → heights of its bars."""
    return {
        group.get_label(): [bar.get_height() for bar in group]
        for group in figure.axes[0].containers
        if isinstance(group, BarContainer)
    }


def test_bars_have_the_heights_and_names_they_were_given():
    figure = bars(["a", "b", "c"], [2.0, 3.5, 5.25], y_label="BLEU", value_format=".2f")
    assert list(heights(figure).values()) == [[2.0, 3.5, 5.25]]
    assert {"a", "b", "c", "2.00", "3.50", "5.25", "BLEU"} <= words(figure)
    assert figure.legends == []


def test_groups_stand_side_by_side_in_order():
    figure = bars(["a", "b"], {"test": [2, 3], "long": [5, None]}, y_label="BLEU")
    drawn = heights(figure)
    assert list(drawn) == ["test", "long"]
    np.testing.assert_array_equal(drawn["long"], [5, np.nan])
    test, long = figure.axes[0].containers
    assert test[0].get_x() < 0 < long[0].get_x() + long[0].get_width()
    assert test[0].get_x() + test[0].get_width() <= long[0].get_x()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["test", "long"]
    assert "–" in words(figure)  # the bar that is left out


def test_groups_differ_without_colour():
    figure = bars(["a"], {str(i): [1] for i in range(4)}, y_label="")
    assert len({group[0].get_hatch() for group in figure.axes[0].containers}) == 4


def test_errors_reach_as_far_as_they_say():
    figure = bars(["a", "b"], [10, 20], errors=[1, 2.5], y_label="BLEU")
    (group,) = [c for c in figure.axes[0].containers if isinstance(c, BarContainer)]
    assert isinstance(group.errorbar, ErrorbarContainer)
    (lines,) = group.errorbar.lines[2]
    ends = [segment[:, 1].tolist() for segment in lines.get_segments()]
    assert ends == [[9, 11], [17.5, 22.5]]


def test_seeds_are_dots_beside_their_mean():
    figure = bars(["a", "b"], {"x": [[1, 2, 6], [4, 4]]}, y_label="BLEU")
    assert heights(figure) == {"x": [3, 4]}
    dots = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert dots == [[1, 2, 6], [4, 4]]
    assert {"3", "4"} <= words(figure)


def test_bars_begin_at_zero():
    assert bars(["a", "b"], [30, 31], y_label="BLEU").axes[0].get_ylim()[0] == 0


def test_a_reference_is_a_named_line():
    figure = bars(["a"], [10], reference={"fixed context": 7.5}, y_label="BLEU")
    (line,) = [
        line for line in figure.axes[0].lines if line.get_label() == "fixed context"
    ]
    assert list(line.get_ydata()) == [7.5, 7.5]
    assert "fixed context" in words(figure)


def test_negative_numbers_have_a_minus():
    assert "−1.5" in words(bars(["a"], [-1.5], y_label="bias"))


def test_without_a_format_no_value_is_written():
    figure = bars(["a", "b"], [3.0, -1.5], y_label="bias", value_format=None)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert [text for text in written if text] == []


GENERATOR = np.random.default_rng(3)
LONG = ["fixed context", "context at each step", "additive attention", "dot products"]


@pytest.mark.parametrize(
    ("labels", "groups", "options"),
    [
        (LONG, 1, {"reference": {"the paper's base model": 40, "chance": 39}}),
        (LONG * 2, 2, {"title": "Scoreboard", "x_label": "model"}),
        (LONG * 2, 4, {"value_format": ".2f"}),
        (["an_unbreakable_name_of_a_model"] * 5, 2, {}),
        (["a"], 6, {"y_range": (0, 100)}),
    ],
    ids=range(5),
)
def test_nothing_overlaps_and_nothing_is_cut(labels, groups, options):
    names = [f"group {i}" for i in range(groups)]
    values = {name: GENERATOR.uniform(30, 31, len(labels)) for name in names}
    errors = {name: GENERATOR.uniform(0, 3, len(labels)) for name in names}
    figure = bars(labels, values, errors=errors, y_label="BLEU", **options)
    assert_readable(figure)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": [1, 2, 3]}, "values needs one number a label, got 3 for 2 labels"),
        ({"values": {"x": [1]}}, "got 1 for 2 labels in group 'x'"),
        ({"errors": [1]}, "errors needs one number a label, got 1 for 2 labels"),
        ({"errors": {"z": [1, 1]}}, r"belong to a group of values, got \['z'\]"),
        ({"labels": [], "values": []}, "at least one bar, got none"),
        ({"values": {}}, "at least one bar, got none"),
    ],
)
def test_what_does_not_agree_is_refused(arguments, message):
    arguments = {"labels": ["a", "b"], "values": [1, 2], "y_label": ""} | arguments
    with pytest.raises(ValueError, match=message):
        bars(**arguments)

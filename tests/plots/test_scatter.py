import numpy as np
import pytest
from drawn import assert_readable, words

from keras_transformer.plots import scatter

NAMES = {"x_label": "parameters (millions)", "y_label": "BLEU"}


def test_points_stand_where_they_were_measured():
    figure = scatter([1, 2, 5], [3, 7, 11], **NAMES)
    (points,) = figure.axes[0].collections
    assert points.get_offsets().tolist() == [[1, 3], [2, 7], [5, 11]]


def test_groups_differ_in_colour_and_in_marker():
    figure = scatter([1, 2, 5], [3, 7, 11], groups=["a", "b", "a"], **NAMES)
    first, second = figure.axes[0].collections
    assert first.get_offsets().tolist() == [[1, 3], [5, 11]]
    assert second.get_offsets().tolist() == [[2, 7]]
    assert first.get_facecolor().tolist() != second.get_facecolor().tolist()
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)
    assert {"a", "b"} <= words(figure)


def test_each_name_is_near_its_point_and_on_no_other():
    generator = np.random.default_rng(5)
    x, y = generator.normal(size=(2, 23))
    names = [f"word {i}" for i in range(23)]
    figure = scatter(x, y, labels=names, title="Words", **NAMES)
    assert_readable(figure)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == names
    assert [text.xy for text in axes.texts] == list(zip(x, y, strict=True))
    assert all(np.hypot(*text.get_position()) <= 45 for text in axes.texts)  # points


def test_a_name_that_had_to_go_far_is_tied_to_its_point():
    figure = scatter([1] * 12, [1] * 12, labels=["the same place"] * 12, **NAMES)
    for text in figure.axes[0].texts:
        far = max(map(abs, text.get_position())) > 8
        assert text.arrow_patch.get_visible() == far
    assert any(text.arrow_patch.get_visible() for text in figure.axes[0].texts)


def test_a_point_may_have_no_name():
    figure = scatter([1, 2], [1, 2], labels=["", "b"], **NAMES)
    assert [text.get_text() for text in figure.axes[0].texts] == ["b"]


def test_errors_are_bars_across_and_up_and_zeros_are_lines():
    figure = scatter([1, 2], [3, 7], errors=([0.5, 0], [1, 2]), zeros=True, **NAMES)
    _, across, up = figure.axes[0].collections
    assert [bar.tolist() for bar in across.get_segments()] == [
        [[0.5, 3], [1.5, 3]],
        [[2, 7], [2, 7]],
    ]
    assert [bar.tolist() for bar in up.get_segments()] == [
        [[1, 2], [1, 4]],
        [[2, 5], [2, 9]],
    ]
    upright, level = figure.axes[0].lines
    assert list(upright.get_xdata()) == [0, 0] == list(level.get_ydata())
    named = scatter([1, 2], [3, 7], errors=([1, 1], [1, 1]), labels="ab", **NAMES)
    assert all(0 not in text.get_position() for text in named.axes[0].texts)
    with pytest.raises(ValueError, match="errors up needs one entry a point, got 1"):
        scatter([1, 2], [3, 7], errors=([0, 0], [1]), **NAMES)


@pytest.mark.parametrize("name", ["y", "labels", "groups"])
def test_every_point_needs_its_entry(name):
    arguments = {"x": [1, 2, 3], "y": [1, 2, 3], name: [1, 2]}
    with pytest.raises(
        ValueError, match=f"{name} needs one entry a point, got 2 for 3"
    ):
        scatter(**arguments, **NAMES)

"""Grouped bars with their values written on them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text

from keras_transformer.plots.figure import (
    HEIGHT,
    INK,
    LABEL_SIZE,
    WIDTH,
    Picture,
    finish,
    frame,
)
from keras_transformer.plots.labels import EndNames
from keras_transformer.plots.measure import widest
from keras_transformer.plots.palette import looks
from keras_transformer.plots.ticks import fit_names, mark_numbers

VALUE_SIZE = 8.5
_FULL = 0.8  # of the distance between two labels
_SHOWN = 0.92  # of the room of a bar
_SMALLEST = 7.0


def bars(
    labels: Sequence[str],
    values: Sequence | Mapping[str, Sequence],
    *,
    y_label: str,
    title: str = "",
    errors: Sequence | Mapping[str, Sequence] | None = None,
    groups: Sequence[str] | None = None,
    reference: Mapping[str, float] | None = None,
    x_label: str = "",
    value_format: str | None = ".3g",
    y_range: tuple[float | None, float | None] | None = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
) -> Figure:
    """Draw a bar a label, or a bar a label and group.

    Args:
        labels: Names along the horizontal axis.
        values: One number a label; or a dictionary group → numbers; or, with
            `groups`, a row of numbers a group. None leaves a bar out.
        y_label: What the height of a bar is, with its unit.
        title: Title of the figure.
        errors: Half the length of each error bar, arranged like `values`.
        groups: Names of the rows of `values`, or the order of its groups.
        reference: Label → the height of a dashed horizontal line.
        x_label: What the labels are.
        value_format: How a value is written, as in `format(value, ".1f")`; None
            leaves the values to the axis.
        y_range: Ends of the vertical axis; None leaves an end to the data.
        size: Width and height in inches.

    Raises:
        ValueError: If values, errors and labels do not agree.

    Example:
        >>> figure = bars(
        ...     ["short", "long"], {"GRU": [40.0, 12.5], "attention": [42.0, 39.0]},
        ...     y_label="BLEU", value_format=".1f",
        ... )
        >>> [text.get_text() for text in figure.axes[0].texts[:4]]
        ['40.0', '12.5', '42.0', '39.0']
    """
    rows = _rows(values, groups, len(labels), "values")
    spread = {} if errors is None else _rows(errors, groups, len(labels), "errors")
    if strangers := [name for name in spread if name not in rows]:
        raise ValueError(f"errors belong to a group of values, got {strangers}")
    figure = Picture(figsize=size)
    axes = figure.add_subplot()
    drawn = [_draw(axes, rows, name, spread.get(name), value_format) for name in rows]
    lines = [
        axes.axhline(height, color=INK, linewidth=1.2, linestyle="--", label=label)
        for label, height in (reference or {}).items()
    ]
    axes.set_xticks(range(len(labels)), [""] * len(labels))
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.margins(y=0.12)
    if y_range:
        axes.set_ylim(*y_range)
    frame(axes, x_label, y_label)
    axes.tick_params(axis="x", length=0)
    mark_numbers(axes.yaxis)
    if len(rows) > 1:
        figure.legend(
            handles=[bars for bars, _ in drawn],
            loc="outside lower center",
            ncols=min(len(rows), 4),
            fontsize=LABEL_SIZE,
            frameon=False,
            labelcolor=INK,
        )
    finish(figure, title)
    fit_names(axes, labels)
    if lines:
        names = EndNames(axes, lines)
        fit_names(axes, labels)
        names.settle()
    numbers = [number for _, written in drawn for number in written]
    _fit_numbers(axes, numbers, _FULL / len(rows))
    return finish(figure)


def _draw(axes, rows, name, errors, value_format) -> tuple[BarContainer, list[Text]]:
    """Draw the bars of a group, and write their numbers on them."""
    heights, look = rows[name], looks(rows)[name]
    width = _FULL / len(rows)
    shift = (list(rows).index(name) - (len(rows) - 1) / 2) * width
    centres = np.arange(len(heights)) + shift
    drawn = axes.bar(
        centres,
        heights,
        _SHOWN * width,
        color=look.colour,
        hatch=look.hatch,
        edgecolor="white",
        linewidth=0,
        yerr=errors,
        error_kw={"ecolor": INK, "elinewidth": 1.2, "capsize": 3},
        label=name or "_bars",
    )
    written = [_written(height, value_format) for height in heights]
    numbers = axes.bar_label(drawn, written, padding=2, fontsize=VALUE_SIZE, color=INK)
    for centre in centres[np.isnan(heights)]:
        axes.text(centre, 0, "–", fontsize=VALUE_SIZE, color=INK, ha="center")
    return drawn, numbers


def _written(height: float, value_format: str | None) -> str:
    if value_format is None or np.isnan(height):
        return ""
    return format(height, value_format).replace("-", "−")


def _fit_numbers(axes: Axes, numbers: list[Text], width: float):
    """Make the numbers on the bars smaller, or turn them, where they would touch."""
    axes.figure.draw_without_rendering()
    left, right = axes.get_xlim()
    inches = axes.get_window_extent().width / axes.figure.dpi * width / (right - left)
    longest = widest((number.get_text() for number in numbers), VALUE_SIZE)
    size = VALUE_SIZE * min(1.0, inches / max(longest, 1e-6))
    for number in numbers:
        if size >= _SMALLEST:
            number.set_fontsize(size)
        else:
            number.set_rotation(90)


def _rows(values, groups, count: int, name: str) -> dict[str, np.ndarray]:
    if isinstance(values, Mapping):
        if groups is not None and (lost := [g for g in groups if g not in values]):
            raise ValueError(f"{name} needs every group, got none for {lost}")
        rows = {group: values[group] for group in groups or values}
    elif groups is not None:
        if len(values) != len(groups):
            raise ValueError(
                f"{name} needs a row a group, got {len(values)} rows for {groups}"
            )
        rows = dict(zip(groups, values, strict=True))
    else:
        rows = {"": values}
    found = {
        group: np.array([np.nan if v is None else float(v) for v in row])
        for group, row in rows.items()
    }
    for group, row in found.items():
        if len(row) != count:
            raise ValueError(
                f"{name} needs one number a label, got {len(row)} for {count} labels"
                + (f" in group {group!r}" if group else "")
            )
    if not found or not count:
        raise ValueError(f"{name} needs at least one bar, got none")
    return found

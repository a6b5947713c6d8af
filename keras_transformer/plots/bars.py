"""Grouped bars with their values written on them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_transformer.plots.figure import (
    HEIGHT,
    WIDTH,
    Picture,
    finish,
    label,
    legend,
    style,
    width_of,
)
from keras_transformer.plots.lines import name_ends
from keras_transformer.plots.palette import CARD, INK, Look, looks
from keras_transformer.plots.ticks import mark_names, mark_numbers

_FULL = 0.8  # of the distance between two labels
_SHOWN = 0.92  # of the room of a bar


def bars(
    labels: Sequence[str],
    values: Sequence | Mapping[str, Sequence],
    *,
    y_label: str,
    title: str = "",
    errors: Sequence | Mapping[str, Sequence] | None = None,
    reference: Mapping[str, float] | None = None,
    x_label: str = "",
    value_format: str | None = ".3g",
    y_range: tuple[float | None, float | None] | None = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
) -> Figure:
    """Draw a bar a label, or a bar a label and group.

    Args:
        labels: Names along the horizontal axis.
        values: One number a label, or a dictionary group → numbers. None leaves a
            bar out. Where several numbers stand for one, as of several seeds, the
            bar is their mean and each is a dot.
        y_label: What the height of a bar is, with its unit.
        title: Title of the figure.
        errors: Half the length of each error bar, one number a bar.
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
    rows = _rows(values, len(labels), "values")
    spread = {} if errors is None else _rows(errors, len(labels), "errors")
    if strangers := [name for name in spread if name not in rows]:
        raise ValueError(f"errors belong to a group of values, got {strangers}")
    names = list(reference or {})
    room = size[0] - 1.0 - (min(1.8, width_of(names)) + 0.3 if names else 0)
    width = _FULL / len(rows)
    with style():
        figure = Picture(figsize=size)
        axes = figure.add_subplot()
        drawn = []
        for i, (name, look) in enumerate(looks(rows).items()):
            centres = np.arange(len(labels)) + (i - (len(rows) - 1) / 2) * width
            errors_of = spread.get(name, [np.zeros(1)] * len(labels))
            group = _draw(axes, centres, rows[name], errors_of, width, look)
            group.set_label(name or "_bars")
            if value_format is not None:
                texts = [_text(np.mean(seeds), value_format) for seeds in rows[name]]
                fits = width * room / len(labels) / max(width_of(texts, 1), 0.01)
                _write(axes, centres, rows[name], errors_of, texts, fits)
            drawn.append(group)
        ends = [
            axes.axhline(height, color=INK, linewidth=1.2, linestyle="--", label=name)
            for name, height in (reference or {}).items()
        ]
        mark_names(axes, labels, room)
        mark_numbers(axes.yaxis)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        axes.margins(y=0.12)
        if y_range:
            axes.set_ylim(*y_range)
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y")
        label(axes, x_label, y_label)
        if len(rows) > 1:
            legend(figure, drawn)
        finish(figure, title)
        if ends:
            name_ends(axes, ends)
        return finish(figure)


def _draw(axes: Axes, centres, found, errors, width: float, look: Look):
    """Draw the bars of a group, and a dot a seed where there are several."""
    drawn = axes.bar(
        centres,
        [np.mean(seeds) for seeds in found],
        _SHOWN * width,
        color=look.colour,
        hatch=look.hatch,
        edgecolor=CARD,
        linewidth=0,
        yerr=[error[0] for error in errors] if np.any(errors) else None,
        error_kw={"ecolor": INK, "elinewidth": 1.2, "capsize": 3},
    )
    for centre, seeds in zip(centres, found, strict=True):
        if len(seeds) > 1:
            axes.plot([centre] * len(seeds), seeds, "o", color=INK, mfc=CARD, ms=4)
    return drawn


def _write(axes: Axes, centres, found, errors, texts: Sequence[str], size: float):
    """Write a number beyond the end of each bar, and of what is drawn on it."""
    smallest = 6.5  # points: below, a number stands upright instead
    look = {"fontsize": 8.5 if size < smallest else min(8.5, size)}
    look["rotation"] = 90 if size < smallest else 0
    for centre, seeds, (error,), text in zip(
        centres, found, errors, texts, strict=True
    ):
        up = not np.mean(seeds) < 0
        end = np.max(seeds) + error if up else np.min(seeds) - error
        axes.annotate(
            text,
            (centre, np.nan_to_num(end)),
            (0, 2 if up else -2),
            textcoords="offset points",
            ha="center",
            va="bottom" if up else "top",
            **look,
        )


def _text(number: float, value_format: str) -> str:
    return "–" if np.isnan(number) else f"{number:{value_format}}".replace("-", "−")


def _rows(values, count: int, name: str) -> dict[str, list[np.ndarray]]:
    """For each group and label the numbers of one bar: one, or one a seed."""
    rows = values if isinstance(values, Mapping) else {"": values}
    for group, row in rows.items():
        if len(row) != count:
            raise ValueError(
                f"{name} needs one number a label, got {len(row)} for {count} labels"
                + (f" in group {group!r}" if group else "")
            )
    if not rows or not count:
        raise ValueError(f"{name} needs at least one bar, got none")
    return {
        group: [np.ravel(np.nan if v is None else v).astype("float64") for v in row]
        for group, row in rows.items()
    }

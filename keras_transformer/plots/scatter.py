"""Points in a plane, each with its name beside it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from keras_transformer.plots.figure import (
    HEIGHT,
    WIDTH,
    Picture,
    finish,
    label,
    legend,
    style,
)
from keras_transformer.plots.palette import CARD, FAINT, INK, looks
from keras_transformer.plots.ticks import mark_numbers

_ASIDE = {-1: "right", 0: "center", 1: "left"}
_ABOVE = {-1: "top", 0: "center", 1: "bottom"}
_WAYS = ((1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
_NEAR = 8  # points: a name further away is tied to its point by a line


def scatter(
    x: Sequence[float],
    y: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    labels: Sequence[str] | None = None,
    title: str = "",
    groups: Sequence[str] | None = None,
    errors: tuple[Sequence[float], Sequence[float]] | None = None,
    zeros: bool = False,
) -> Figure:
    """Draw points, with names where they disturb each other least.

    Args:
        x: One number a point.
        y: One number a point.
        x_label: What runs across, with its unit.
        y_label: What runs up, with its unit.
        labels: A name for each point; "" for none.
        title: Title of the figure.
        groups: The group of each point, which gives it colour and marker.
        errors: Half the lengths of the bars through each point, across and up.
        zeros: Whether lines show where either number is 0.

    Raises:
        ValueError: If the arguments differ in length.

    Example:
        >>> figure = scatter(
        ...     [0.2, 0.5], [30, 41], x_label="parameters (millions)", y_label="BLEU",
        ...     labels=["dot", "additive"],
        ... )
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['dot', 'additive']
    """
    x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
    across, up = errors or (None, None)
    rows = {"y": y, "labels": labels, "groups": groups}
    for name, row in (rows | {"errors across": across, "errors up": up}).items():
        if row is not None and len(row) != len(x):
            raise ValueError(
                f"{name} needs one entry a point, got {len(row)} for {len(x)} points"
            )
    groups = np.asarray([""] * len(x) if groups is None else groups, object)
    with style():
        figure = Picture(figsize=(WIDTH, HEIGHT + 0.6))
        axes = figure.add_subplot()
        drawn = [
            axes.scatter(
                *(row[groups == group] for row in (x, y)),
                s=42,
                color=look.colour,
                marker=look.marker,
                label=group,
                zorder=3,
            )
            for group, look in looks(dict.fromkeys(groups)).items()
        ]
        if errors:
            axes.errorbar(x, y, up, across, fmt="none", ecolor=FAINT, elinewidth=1.2)
        if zeros:
            axes.axvline(0, color=INK, linewidth=1.2)
            axes.axhline(0, color=INK, linewidth=1.2)
        mark_numbers(axes.xaxis)
        mark_numbers(axes.yaxis)
        axes.margins(0.1)
        axes.grid()
        label(axes, x_label, y_label)
        if len(drawn) > 1:
            legend(figure, drawn)
        finish(figure, title)
        if labels is not None:
            # Bars go across and up: names stand between them.
            ways = _WAYS[4:] if errors else _WAYS
            _name_points(axes, np.column_stack([x, y]), labels, ways)
        return finish(figure)


def _name_points(
    axes: Axes,
    points: np.ndarray,
    labels: Sequence[str],
    ways: Sequence[tuple[int, int]],
):
    """Try the places around each point, near and far, and take the emptiest."""
    axes.figure.draw_without_rendering()
    frame = axes.get_window_extent()
    taken = [
        Bbox.from_extents(*(spot - 5), *(spot + 5))
        for spot in axes.transData.transform(points)
    ]
    for i, name in enumerate(labels):
        if not name:
            continue
        tie = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.8}
        text = axes.annotate(
            str(name), points[i], (0, 0), textcoords="offset points", arrowprops=tie
        )
        text.set_in_layout(False)
        # A line of the figure may pass behind it.
        text.set_path_effects([withStroke(linewidth=3, foreground=CARD)])
        found = {}
        for far in (6, 12, 20, 30):
            for across, up in ways:
                place = {"ha": _ASIDE[across], "va": _ABOVE[up]}
                place["position"] = (far * across, far * up)
                if across and up:
                    place["position"] = (0.7 * far * across, 0.7 * far * up)
                text.set(**place)
                box = _extent(text)
                outside = box.width * box.height - _shared(box, frame)
                cost = sum(_shared(box, b) for j, b in enumerate(taken) if j != i)
                found.setdefault(cost + 4 * outside, (place, box))
        place, box = found[min(found)]
        text.set(**place)
        text.arrow_patch.set_visible(max(map(abs, place["position"])) > _NEAR)
        taken.append(box)


def _extent(text: Text) -> Bbox:
    text.update_positions(text.figure.canvas.get_renderer())
    return Text.get_window_extent(text)  # without the line to its point


def _shared(box: Bbox, other: Bbox) -> float:
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else common.width * common.height

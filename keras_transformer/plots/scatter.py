"""Points in a plane, each with its name beside it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from keras_transformer.plots.figure import (
    HEIGHT,
    INK,
    TICK_SIZE,
    WIDTH,
    Picture,
    finish,
    frame,
)
from keras_transformer.plots.palette import BLUE, looks
from keras_transformer.plots.ticks import mark_numbers, set_positions, thin_ticks

_NEAR = 8  # points: a name further away is tied to its point by a line

# Where a name may stand, in points from its point, best first: (x, y, ha, va).
_PLACES = [
    (sign_x * distance * dx, sign_y * distance * dy, ha, va)
    for distance in (6, 12, 20, 30)
    for dx, dy, sign_x, sign_y, ha, va in (
        (1, 0, 1, 1, "left", "center"),
        (0, 1, 1, 1, "center", "bottom"),
        (0, 1, 1, -1, "center", "top"),
        (1, 0, -1, 1, "right", "center"),
        (0.7, 0.7, 1, 1, "left", "bottom"),
        (0.7, 0.7, 1, -1, "left", "top"),
        (0.7, 0.7, -1, 1, "right", "bottom"),
        (0.7, 0.7, -1, -1, "right", "top"),
    )
]


def scatter(
    x: Sequence[float],
    y: Sequence[float],
    *,
    x_label: str,
    y_label: str,
    labels: Sequence[str] | None = None,
    title: str = "",
    groups: Sequence[str] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    size: tuple[float, float] = (WIDTH, HEIGHT + 0.4),
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
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical axis is logarithmic.
        size: Width and height in inches.

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
    given = {"y": y, "labels": labels, "groups": groups}
    for name, row in given.items():
        if row is not None and len(row) != len(x):
            raise ValueError(
                f"{name} needs one entry a point, got {len(row)} for {len(x)} points"
            )
    figure = Picture(figsize=size)
    axes = figure.add_subplot()
    set_positions(axes, x, log_x)
    if log_y:
        axes.set_yscale("log")
    if groups is None:
        axes.scatter(x, y, s=42, color=BLUE, zorder=3)
    else:
        for group, look in looks(dict.fromkeys(groups)).items():
            mine = np.array([g == group for g in groups])
            axes.scatter(
                x[mine],
                y[mine],
                s=42,
                color=look.colour,
                marker=look.marker,
                label=group,
                zorder=3,
            )
        figure.legend(
            loc="outside right upper", frameon=False, fontsize=TICK_SIZE, labelcolor=INK
        )
    axes.margins(0.1)
    frame(axes, x_label, y_label, grid="both")
    mark_numbers(axes.xaxis)
    mark_numbers(axes.yaxis)
    finish(figure, title)
    thin_ticks(axes)
    if labels is not None:
        _name_points(axes, x, y, labels)
    return finish(figure)


def _name_points(axes, x, y, labels):
    axes.figure.draw_without_rendering()
    renderer = axes.figure.canvas.get_renderer()
    frame_box = axes.get_window_extent()
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_extents(px - 5, py - 5, px + 5, py + 5) for px, py in points]
    for i, label in enumerate(labels):
        if not label:
            continue
        text = axes.annotate(
            str(label),
            (x[i], y[i]),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=TICK_SIZE,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.6},
        )
        text.set_in_layout(False)
        best = None
        for across, up, ha, va in _PLACES:
            text.set(position=(across, up), ha=ha, va=va)
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # without its line
            others = taken[:i] + taken[i + 1 :]
            cost = sum(_shared(box, other) for other in others)
            cost += 4 * (box.width * box.height - _shared(box, frame_box))
            if best is None or cost < best[0]:
                best = (cost, (across, up), ha, va, box)
            if cost == 0:
                break
        _, position, ha, va, box = best
        text.set(position=position, ha=ha, va=va)
        text.arrow_patch.set_visible(max(map(abs, position)) > _NEAR)
        taken.append(box)


def _shared(box: Bbox, other: Bbox) -> float:
    common = Bbox.intersection(box, other)
    return 0.0 if common is None else common.width * common.height

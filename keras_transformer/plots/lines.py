"""Lines in axes: the drawing that single curves and panels share."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from keras_transformer.plots.figure import SIZE, in_lines
from keras_transformer.plots.palette import INK, Look
from keras_transformer.plots.ticks import mark_numbers, mark_positions

_MARKED = 12  # markers on one line, at most
_REFERENCE_DASHES = ((0, (6, 3)), (0, (1.5, 2)), (0, (6, 2, 1.5, 2)))


def draw_lines(
    axes: Axes,
    x: Any,
    lines: dict[str, Any],
    bands: dict[str, Any],
    log_x: bool,
    log_y: bool,
    reference: Any,
    y_range: tuple[float, float] | None,
    shared: Mapping[str, Look],
    inches: float,
) -> list[Line2D]:
    """Draw lines, bands and references; the arguments are those of `curves`.

    Returns:
        The lines and references that have a name.
    """
    if not lines:
        raise ValueError("a plot needs at least one line, got none")
    bands = bands or {}
    if isinstance(x, Mapping) and (lost := [name for name in lines if name not in x]):
        raise ValueError(f"a plot needs positions for every line, got none for {lost}")
    if strangers := [name for name in bands if name not in lines]:
        raise ValueError(f"a band belongs to a line, got bands for {strangers}")
    positions = mark_positions(axes, x, log_x, inches)
    drawn = []
    for i, (name, values) in enumerate(lines.items()):
        across = positions[name] if isinstance(positions, dict) else positions
        heights = _numbers(values, len(across), f"line {name!r}")
        _require_positive(across, log_x, "x")
        _require_positive(heights, log_y, f"line {name!r}")
        look = shared[name]
        every = max(1, math.ceil(len(across) / _MARKED))
        drawn += axes.plot(
            across,
            heights,
            color=look.colour,
            linestyle=look.dashes,
            marker=look.marker,
            markevery=((i * every) // max(1, len(lines)), every),
            label=name,
        )
        if name in bands:
            ends = [_numbers(end, len(across), f"band {name!r}") for end in bands[name]]
            axes.fill_between(across, *ends, color=look.colour, alpha=0.18, linewidth=0)
    for dashes, (name, height) in zip(
        itertools.cycle(_REFERENCE_DASHES), (reference or {}).items(), strict=False
    ):
        drawn.append(
            axes.axhline(height, color=INK, linewidth=1.2, linestyle=dashes, label=name)
        )
    if log_y:
        axes.set_yscale("log")
    mark_numbers(axes.yaxis, tuple(axes.get_ylim()) if log_y else None)
    if y_range:
        axes.set_ylim(*y_range)
    axes.grid(axis="y")
    # Matplotlib gives a line without a name one that begins with an underscore.
    return [line for line in drawn if not line.get_label().startswith("_")]


def draw_dots(
    axes: Axes,
    name: str,
    columns: Sequence[Sequence],
    shared: Mapping[str, Look],
) -> None:
    """Draw some numbers at each position of a line; the arguments are as of `curves`.

    Args:
        axes: The axes, with the line.
        name: Label of the line.
        columns: Numbers for each of its positions.
        shared: How each line looks.
    """
    if name not in shared:
        raise ValueError(f"dots belong to a line, got dots for {[name]}")
    (line,) = (line for line in axes.lines if line.get_label() == name)
    across = line.get_xdata()
    if len(columns) != len(across):
        raise ValueError(
            f"dots of line {name!r} need one entry a position, got {len(columns)} for "
            f"{len(across)} positions"
        )
    for place, column in zip(across, columns, strict=True):
        axes.plot(
            [place] * len(column),
            column,
            color=shared[name].colour,
            linestyle="",
            marker="o",
            markersize=4,
            alpha=0.5,
            label="_dots",
        )


def name_ends(axes: Axes, lines: Sequence[Line2D]) -> None:
    """Write the names of lines right of the axes, level with the ends of the lines.

    Names that would overlap are moved apart; each keeps the marker of its line.
    """
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    axes.figure.draw_without_rendering()
    names = [in_lines(line.get_label(), 1.8) for line in lines]
    high = 1.3 * SIZE / 72 * axes.figure.dpi / axes.get_window_extent().height
    heights = [high * (name.count("\n") + 1) for name in names]
    levels = apart([_end(axes, line) for line in lines], heights)
    for drawn, name, level in zip(lines, names, levels, strict=True):
        (handle,) = axes.plot([1.01, 1.0225, 1.035], [level] * 3, label="_name")
        handle.update_from(drawn)
        handle.set(transform=axes.transAxes, clip_on=False, markevery=[1])
        handle.set_label("_name")
        axes.text(1.045, level, name, transform=axes.transAxes, va="center")


def _end(axes: Axes, line: Line2D) -> float:
    heights = np.asarray(line.get_ydata(), "float64")
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        return 0.5
    point = axes.transData.transform((axes.get_xlim()[0], finite[-1]))
    return float(np.clip(axes.transAxes.inverted().transform(point)[1], 0, 1))


def apart(centres: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move centres so that intervals of these heights do not overlap.

    They keep their order, and stay between 0 and 1 where there is room for all.

    Example:
        >>> apart([0.5, 0.5, 0.9], [0.2, 0.2, 0.1])
        [0.7, 0.5, 0.9]
        >>> apart([0.0, 0.1], [0.2, 0.2])
        [0.1, 0.3]
    """
    order = sorted(range(len(centres)), key=lambda i: (centres[i], -i))
    result = list(map(float, centres))
    floor, ceiling = 0.0, max(1.0, sum(heights))
    for i in order:
        result[i] = max(result[i], floor + heights[i] / 2)
        floor = result[i] + heights[i] / 2
    for i in reversed(order):
        result[i] = round(min(result[i], ceiling - heights[i] / 2), 9)
        ceiling = result[i] - heights[i] / 2
    return result


def _numbers(values, count: int, name: str) -> np.ndarray:
    numbers = np.array([np.nan if v is None else float(v) for v in values], "float64")
    if len(numbers) != count:
        raise ValueError(
            f"a line needs one value a position, got {name} with {len(numbers)} values "
            f"for {count} positions"
        )
    return numbers


def _require_positive(numbers: np.ndarray, logarithmic: bool, name: str):
    if logarithmic and np.any(numbers <= 0):
        lowest = np.nanmin(numbers)
        raise ValueError(
            f"a logarithmic axis needs positive numbers, got {lowest:g} in {name}"
        )

"""Lines in axes: the drawing that single curves and panels share."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from keras_transformer.plots.figure import INK
from keras_transformer.plots.palette import Look
from keras_transformer.plots.ticks import (
    fit_names,
    mark_numbers,
    set_positions,
    thin_ticks,
)

_MARKED = 12  # markers on one line, at most
_REFERENCE_DASHES = ((0, (6, 3)), (0, (1.5, 2)), (0, (6, 2, 1.5, 2)))


def draw_lines(
    axes: Axes,
    x,
    lines,
    bands,
    log_x,
    log_y,
    reference,
    y_range,
    shared: Mapping[str, Look],
) -> list[Line2D]:
    """Draw lines, bands and references; the arguments are those of `curves`.

    Args:
        axes: Where to draw.
        x: Positions.
        lines: Label → values.
        bands: Label of a line → (lows, highs).
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical axis is logarithmic.
        reference: Label → the height of a dashed horizontal line.
        y_range: Ends of the vertical axis.
        shared: Label → how the line is drawn.

    Returns:
        The lines and references that have a name.

    Raises:
        ValueError: What `curves` refuses.
    """
    if not lines:
        raise ValueError("a plot needs at least one line, got none")
    bands, reference = bands or {}, reference or {}
    if isinstance(x, Mapping) and (
        lost := [label for label in lines if label not in x]
    ):
        raise ValueError(f"a plot needs positions for every line, got none for {lost}")
    if strangers := [label for label in bands if label not in lines]:
        raise ValueError(f"a band belongs to a line, got bands for {strangers}")
    positions = set_positions(axes, x, log_x)
    if log_y:
        axes.set_yscale("log")
    drawn = []
    for i, (label, values) in enumerate(lines.items()):
        across = positions[label] if isinstance(positions, dict) else positions
        heights = _numbers(values, len(across), f"line {label!r}")
        _require_positive(across, log_x, "x")
        _require_positive(heights, log_y, f"line {label!r}")
        look = shared[label]
        every = max(1, math.ceil(len(across) / _MARKED))
        drawn += axes.plot(
            across,
            heights,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.8,
            marker=look.marker,
            markersize=5,
            markevery=((i * every) // max(1, len(lines)), every),
            label=label,
        )
        if label in bands:
            ends = [
                _numbers(end, len(across), f"band {label!r}") for end in bands[label]
            ]
            axes.fill_between(across, *ends, color=look.colour, alpha=0.18, linewidth=0)
    for i, (label, height) in enumerate(reference.items()):
        dashes = _REFERENCE_DASHES[i % len(_REFERENCE_DASHES)]
        drawn.append(
            axes.axhline(
                height, color=INK, linewidth=1.2, linestyle=dashes, label=label
            )
        )
    if y_range:
        axes.set_ylim(*y_range)
    # Matplotlib gives a line without a name one that begins with an underscore.
    return [line for line in drawn if not line.get_label().startswith("_")]


def fit_marks(axes: Axes, x: Sequence | Mapping[str, Sequence]):
    """Mark both axes so that numbers are plain and names do not touch.

    Args:
        axes: Axes with everything else in place.
        x: The positions that were drawn.
    """
    mark_numbers(axes.xaxis)
    mark_numbers(axes.yaxis)
    if not isinstance(x, Mapping) and any(isinstance(place, str) for place in x):
        fit_names(axes, x)
    else:
        thin_ticks(axes)


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

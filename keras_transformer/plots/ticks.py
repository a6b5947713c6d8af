"""Where axes are marked: matplotlib's locators, chosen once, with plain numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from keras_transformer.plots.figure import in_lines, width_of

_MOST = 12  # positions that are all marked


def plain_number(value: float, _: Any = None) -> str:
    """Write the number of a tick without powers of ten, where that is readable.

    Example:
        >>> [plain_number(value) for value in (-16384, 0.25, 3.0, 2e-7)]
        ['−16,384', '0.25', '3', '2e−07']
    """
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:g}"
    return text.replace("-", "−")


def mark_numbers(axis: Axis, span: tuple[float, float] | None = None) -> None:
    """Mark an axis of numbers."""
    if span:
        subs = (1.0,) if span[1] / span[0] > 1000 else (1.0, 2.0, 5.0)
        axis.set_major_locator(LogLocator(subs=subs, numticks=9))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(plain_number))


def mark_positions(
    axes: Axes, x: Sequence | Mapping[str, Sequence], logarithmic: bool, inches: float
) -> Any:
    """Mark the horizontal axis: categories by name, numbers by value.

    Returns:
        The positions as numbers: an array, or a dictionary of arrays.
    """
    if isinstance(x, Mapping):
        positions = {label: np.asarray(row, "float64") for label, row in x.items()}
        every = np.unique(np.concatenate(list(positions.values())))
    elif any(isinstance(position, str) for position in x):
        mark_names(axes, x, inches)
        return np.arange(len(x), dtype="float64")
    else:
        positions = np.asarray(x, "float64")
        every = np.unique(positions)
    if logarithmic and every.size and every[0] > 0:
        axes.set_xscale("log")
        mark_numbers(axes.xaxis, (every[0], every[-1]))
        if len(every) <= _MOST:
            axes.xaxis.set_major_locator(FixedLocator(_apart(every, inches)))
            axes.xaxis.set_minor_locator(NullLocator())
        return positions
    mark_numbers(axes.xaxis)
    if every.size and np.all(every == np.round(every)):
        most = max(2, min(10, int(inches / 0.3)))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=most))
    return positions


def _apart(places: np.ndarray, inches: float) -> list[float]:
    """Leave out positions whose numbers would touch, from the largest down."""
    across = np.log(places) / max(np.log(places[-1] / places[0]), 1e-9) * inches
    kept: list[int] = []
    for i in reversed(range(len(places))):
        room = 0.12 + width_of([plain_number(places[j]) for j in (i, *kept[-1:])], 9)
        if not kept or across[kept[-1]] - across[i] >= room:
            kept.append(i)
    return [float(places[i]) for i in reversed(kept)]


def mark_names(axes: Axes, names: Sequence, inches: float) -> None:
    """Name the positions 0, 1, … side by side: in lines, or else at an angle."""
    names = list(map(str, names))
    room = inches / max(1, len(names)) - 0.06
    words = [word for name in names for word in name.split()]
    if width_of(words, 9) <= room:
        names, turned = [in_lines(name, room, 9) for name in names], {}
    else:
        turned = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(names)), names, **turned)

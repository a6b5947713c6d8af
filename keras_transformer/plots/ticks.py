"""Where axes are marked, and with what."""

from collections.abc import Mapping, Sequence

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

from keras_transformer.plots.figure import TICK_SIZE
from keras_transformer.plots.measure import in_lines, text_size, widest

_MOST = 12  # positions that are all marked
_GAP = 0.08  # inches between two names
_ANGLE = 30  # degrees of names that do not fit side by side


def plain_number(value: float) -> str:
    """Write the number of a tick without powers of ten, where that is readable.

    Args:
        value: The number.

    Example:
        >>> [plain_number(value) for value in (-16384, 0.25, 3.0, 2e-7)]
        ['−16,384', '0.25', '3', '2e−07']
    """
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:g}"
    return text.replace("-", "−")


def set_positions(axes: Axes, x: Sequence | Mapping[str, Sequence], logarithmic: bool):
    """Mark the horizontal axis: categories by name, numbers by value.

    Args:
        axes: Whose axis.
        x: Positions, or a dictionary of positions.
        logarithmic: Whether the axis is logarithmic; a few positions are then all
            marked.

    Returns:
        The positions as numbers: an array, or a dictionary of arrays.
    """
    if isinstance(x, Mapping):
        positions = {label: np.asarray(row, "float64") for label, row in x.items()}
        every = np.unique(np.concatenate(list(positions.values())))
    elif any(isinstance(position, str) for position in x):
        axes.set_xticks(range(len(x)), list(map(str, x)))
        return np.arange(len(x), dtype="float64")
    else:
        positions = np.asarray(x, "float64")
        every = np.unique(positions)
    if logarithmic:
        axes.set_xscale("log")
        if len(every) <= _MOST:
            axes.xaxis.set_major_locator(FixedLocator(every))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: plain_number(v)))
    elif every.size and np.all(every == np.round(every)):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    return positions


def mark_numbers(axis: Axis):
    """Write the numbers of an axis plainly, once its limits are known.

    Args:
        axis: A horizontal or vertical axis.
    """
    low, high = sorted(axis.get_view_interval())
    if axis.get_scale() == "log":
        axis.set_minor_formatter(NullFormatter())
        if not isinstance(axis.get_major_locator(), FixedLocator):
            subs = (1.0,) if high / low > 1000 else (1.0, 2.0, 5.0)
            axis.set_major_locator(LogLocator(subs=subs, numticks=9))
            axis.set_major_formatter(FuncFormatter(lambda v, _: plain_number(v)))
    elif max(abs(low), abs(high)) >= 1e4:
        axis.set_major_formatter(FuncFormatter(lambda v, _: plain_number(v)))


def fit_names(axes: Axes, names: Sequence[str]):
    """Name the positions 0, 1, … side by side: in lines, or else at an angle.

    Args:
        axes: Axes with everything else in place.
        names: A name for each position.
    """
    axes.figure.draw_without_rendering()
    left, right = axes.get_xlim()
    inches = axes.get_window_extent().width / axes.figure.dpi
    slot = inches / abs(right - left) - _GAP
    texts = [in_lines(str(name), slot, TICK_SIZE) for name in names]
    if widest(texts, TICK_SIZE) <= slot:
        axes.set_xticks(range(len(names)), texts)
        return
    axes.set_xticks(
        range(len(names)),
        list(map(str, names)),
        rotation=_ANGLE,
        ha="right",
        rotation_mode="anchor",
    )


def thin_ticks(axes: Axes):
    """Leave out marks of the horizontal axis whose numbers would touch.

    Args:
        axes: Axes with everything else in place.
    """
    if not isinstance(axes.xaxis.get_major_locator(), FixedLocator):
        return
    axes.figure.draw_without_rendering()
    dpi = axes.figure.dpi
    kept: list[float] = []
    free = float("inf")
    for place in sorted(axes.get_xticks(), reverse=True):
        centre = axes.transData.transform((place, axes.get_ylim()[0]))[0] / dpi
        half = text_size(plain_number(place), TICK_SIZE)[0] / 2
        if centre + half <= free:
            kept.append(place)
            free = centre - half - _GAP / 2
    axes.xaxis.set_major_locator(FixedLocator(kept[::-1]))

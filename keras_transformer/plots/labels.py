"""Names beside what they name, so that no legend has to be decoded."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from keras_transformer.plots.figure import INK, LABEL_SIZE
from keras_transformer.plots.measure import in_lines

_WIDEST = 1.7  # inches of a name in one line
_AIR = 1.08  # of the height of a name, for what stands around it


class EndNames:
    """Names of lines to the right of the axes, each level with the end of its line.

    Names that would overlap are moved apart; each keeps the marker of its line.

    Args:
        axes: Axes that hold the lines, with limits that no longer change.
        lines: Lines with labels; the last finite value is the end.

    Raises:
        ValueError: If the font has no glyph for a character of a label.
    """

    def __init__(self, axes: Axes, lines: Sequence[Line2D]):
        axes.set_xlim(axes.get_xlim())
        axes.set_ylim(axes.get_ylim())
        self.axes = axes
        self.wanted = [_end(axes, line) for line in lines]
        self.texts = [_name(axes, line) for line in lines]
        self.handles = [_handle(axes, line) for line in lines]
        self.settle()

    def settle(self):
        """Move the names apart, for the height that the axes have now."""
        self.axes.figure.draw_without_rendering()
        height = self.axes.get_window_extent().height
        sizes = [_AIR * t.get_window_extent().height / height for t in self.texts]
        levels = apart(self.wanted, sizes)
        for text, handle, level in zip(self.texts, self.handles, levels, strict=True):
            text.set_y(level)
            handle.set_ydata([level] * 3)


def _name(axes: Axes, line: Line2D) -> Text:
    name = in_lines(line.get_label(), _WIDEST, LABEL_SIZE)
    place = axes.transAxes
    return axes.text(
        1.045, 0.5, name, transform=place, va="center", fontsize=LABEL_SIZE, color=INK
    )


def _handle(axes: Axes, line: Line2D) -> Line2D:
    (handle,) = axes.plot(
        [1.01, 1.0225, 1.035],
        [0.5] * 3,
        transform=axes.transAxes,
        color=line.get_color(),
        linestyle=line.get_linestyle(),
        linewidth=line.get_linewidth(),
        marker=line.get_marker(),
        markersize=line.get_markersize(),
        markevery=[1],
        clip_on=False,
        label="_name",
    )
    return handle


def _end(axes: Axes, line: Line2D) -> float:
    heights = np.asarray(line.get_ydata(), "float64")
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        return 0.5
    point = axes.transData.transform((axes.get_xlim()[0], finite[-1]))
    return float(np.clip(axes.transAxes.inverted().transform(point)[1], 0, 1))


def apart(centres: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move centres no more than needed for intervals of these heights not to overlap.

    They stay between 0 and 1 where there is room for all.

    Args:
        centres: Where each interval would like to be.
        heights: Length of each interval.

    Example:
        >>> apart([0.5, 0.5, 0.9], [0.2, 0.2, 0.1])
        [0.6, 0.4, 0.9]
        >>> apart([0.0, 0.1], [0.2, 0.2])
        [0.1, 0.3]
    """
    order = sorted(range(len(centres)), key=lambda i: (centres[i], -i))
    sizes = np.array([heights[i] for i in order])
    offsets = np.concatenate([[0.0], np.cumsum(sizes)])
    # Without the room that the intervals below take, all that is left is to keep the
    # order: the nearest rising sequence, found by pooling neighbours that fall.
    pools: list[tuple[float, int]] = []
    for place, i in enumerate(order):
        pool = (centres[i] - heights[i] / 2 - offsets[place], 1)
        while pools and pools[-1][0] > pool[0]:
            mean, count = pools.pop()
            total = count + pool[1]
            pool = ((mean * count + pool[0] * pool[1]) / total, total)
        pools.append(pool)
    bottoms = np.repeat([mean for mean, _ in pools], [count for _, count in pools])
    bottoms = np.clip(bottoms, 0.0, max(0.0, 1.0 - offsets[-1])) + offsets[:-1]
    result = [0.0] * len(order)
    for i, bottom, size in zip(order, bottoms, sizes, strict=True):
        result[i] = round(float(bottom + size / 2), 9)
    return result

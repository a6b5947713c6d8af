"""Where heatmaps of one pair of sentences stand on a page, in inches."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from keras_transformer.plots.figure import (
    INK,
    LABEL_SIZE,
    TITLE_SIZE,
    Picture,
    finish,
)
from keras_transformer.plots.measure import in_lines, text_size, widest

SLANT = 60  # degrees of the source tokens above a heatmap
TOKEN_SIZE = 9.0  # points, at most
_PAGE = 9.0
_BAR = 0.95  # of the scale, its numbers and its label
_BETWEEN = 0.16  # of two heatmaps
_LOWEST = 1.8  # figure that has room for the label of the scale
_MARGIN = 0.08


def cell_size(columns: int, target: Sequence[str], source: Sequence[str]) -> float:
    """Return how wide a cell may be for heatmaps to fit side by side on a page.

    Args:
        columns: Number of heatmaps side by side.
        target: Tokens of the rows.
        source: Tokens of the columns.
    """
    names = widest(target, TOKEN_SIZE, math=False)
    right = max(_BAR, _overhang(source))
    room = _PAGE - 2 * _MARGIN - names - right - (columns - 1) * _BETWEEN
    return max(0.1, room / columns / max(1, len(source)))


class HeatmapGrid:
    """A figure with room for heatmaps in rows, their tokens and one scale.

    Args:
        names: What stands below each heatmap.
        target: Tokens of the rows.
        source: Tokens of the columns.
        columns: Heatmaps in a row.
        cell: Width and height of a cell in inches.
        title: Title of the figure.
    """

    def __init__(
        self,
        names: Sequence[str],
        target: Sequence[str],
        source: Sequence[str],
        columns: int,
        cell: float,
        title: str = "",
    ):
        self.token_size = min(TOKEN_SIZE, 36 * cell)
        self.name_size = min(LABEL_SIZE, self.token_size + 1)
        self.title = title
        wide, high = cell * len(source), cell * len(target)
        slot = max(wide, widest(names, self.name_size))
        slant = math.sin(math.radians(SLANT))
        above = 0.2 + slant * widest(source, self.token_size, math=False)
        below = 0.34 if any(names) else 0.08
        left = 2 * _MARGIN + widest(target, self.token_size, math=False)
        left += (slot - wide) / 2
        width = left + columns * (slot + _BETWEEN) - _BETWEEN - (slot - wide) / 2
        right, width = width, width + max(_BAR, _overhang(source))
        rows = -(-len(names) // columns)
        head = text_size(in_lines(title, width - 0.2, TITLE_SIZE), TITLE_SIZE)[1]
        head += 0.12 if title else 0.0
        height = rows * (above + high + below)
        spare = max(0.0, _LOWEST - height)
        total = head + height + spare
        self.figure = Picture(figsize=(width, total), layout="none")

        def place(x, y, w, h) -> Axes:
            return self.figure.add_axes((x / width, y / total, w / width, h / total))

        self.axes: list[Axes] = []
        for i in range(len(names)):
            row, column = divmod(i, columns)
            bottom = total - head - spare / 2 - row * (above + high + below) - above
            x = left + column * (slot + _BETWEEN)
            self.axes.append(place(x, bottom - high, wide, high))
        tall = min(2.6, 0.75 * (height + spare))
        middle = (total - head) / 2 if rows > 1 else bottom - high / 2
        middle = min(max(middle, tall / 2 + _MARGIN), total - head - tall / 2 - _MARGIN)
        self.bar = place(right + 0.2, middle - tall / 2, 0.13, tall)

    def finish(self, image: AxesImage) -> Figure:
        """Draw the scale that the heatmaps share, and the title.

        Args:
            image: One of the heatmaps.
        """
        bar = self.figure.colorbar(image, cax=self.bar)
        bar.set_label("attention weight", fontsize=LABEL_SIZE, color=INK)
        few = self.figure.get_size_inches()[1] < 2.5
        bar.set_ticks([0, 0.5, 1] if few else [0, 0.2, 0.4, 0.6, 0.8, 1])
        bar.ax.tick_params(labelsize=8, labelcolor=INK)
        bar.outline.set_visible(False)
        return finish(self.figure, self.title)


def _overhang(source: Sequence[str]) -> float:
    """How far the last source token leans out to the right."""
    last = widest(source[-1:], TOKEN_SIZE, math=False)
    return _MARGIN + math.cos(math.radians(SLANT)) * last

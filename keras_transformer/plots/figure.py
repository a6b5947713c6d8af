"""The figure that every plot returns: it shows itself in a notebook."""

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from keras_transformer.plots.glyphs import require_glyphs
from keras_transformer.plots.measure import in_lines

WIDTH = 7.5  # inches: what a notebook shows without scrolling
HEIGHT = 3.8
TITLE_SIZE = 11
LABEL_SIZE = 9.5
TICK_SIZE = 9
INK = "#333333"
FAINT = "#DDDDDD"

_STORED_DPI = 150
_COLOURS = 256
_SHOWN_DPI = 96  # pixels of a browser in an inch


class Picture(Figure):
    """A matplotlib figure that a notebook shows without pyplot.

    IPython draws a plain `Figure` only after pyplot has registered its formatter. A
    picture brings its own: a PNG fine enough for dense screens, shown at the size of
    the figure in inches. It takes the arguments of `matplotlib.figure.Figure`.

    Example:
        >>> picture = Picture(figsize=(2, 1))
        >>> data, shown = picture._repr_png_()
        >>> data[1:4], shown
        (b'PNG', {'width': 192, 'height': 96})
    """

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("layout", "constrained")
        kwargs.setdefault("facecolor", "white")
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=_STORED_DPI)
        # A drawing has few colours: with a palette it takes a third of the room.
        with Image.open(file) as image:
            few = image.convert("RGB").quantize(
                _COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
            )
        file = io.BytesIO()
        few.save(file, format="png", optimize=True)
        width, height = (round(side * _SHOWN_DPI) for side in self.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}


def frame(axes: Axes, x_label: str, y_label: str, title: str = "", grid: str = "y"):
    """Give axes their labels and the quiet look that all plots share.

    Args:
        axes: Where the data is drawn.
        x_label: What runs across, with its unit.
        y_label: What runs up, with its unit.
        title: Title of these axes.
        grid: `"x"`, `"y"`, `"both"` or `""`: where faint lines help to read values.
    """
    room = axes.get_window_extent()
    width, height = (side / axes.figure.dpi for side in (room.width, room.height))
    x_label = in_lines(x_label, width, LABEL_SIZE)
    y_label = in_lines(y_label, 0.9 * height, LABEL_SIZE)
    axes.set_xlabel(x_label, fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(y_label, fontsize=LABEL_SIZE, color=INK)
    if title:
        title = in_lines(title, width, TITLE_SIZE)
        axes.set_title(title, fontsize=TITLE_SIZE, color=INK, loc="left")
    axes.tick_params(labelsize=TICK_SIZE, color=INK, labelcolor=INK)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=FAINT, linewidth=0.8)
    for name, side in axes.spines.items():
        side.set_visible(name in ("left", "bottom"))
        side.set_color(INK)


def finish(figure: Figure, title: str = "") -> Figure:
    """Give a figure its title, and see to it that every text in it can be drawn.

    Args:
        figure: A figure with everything else in it.
        title: Title of the whole figure.

    Raises:
        ValueError: If the font has no glyph for a character of a text.
    """
    if title:
        title = in_lines(title, figure.get_size_inches()[0] - 0.2, TITLE_SIZE)
        figure.suptitle(title, fontsize=TITLE_SIZE, color=INK)
    for text in figure.findobj(Text):
        require_glyphs(text.get_text(), math=text.get_parse_math())
    return figure

"""The figure that every plot returns, and the one style of all of them."""

import io
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from keras_transformer.plots.glyphs import require_glyphs
from keras_transformer.plots.palette import CARD, FAINT, INK

WIDTH = 7.2  # inches: what a notebook shows without scrolling
HEIGHT = 3.6
SIZE = 9.5  # points of most texts
_CHARACTER = 0.0085  # inches that a character takes on average, for a point of size

STYLE = {
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.size": SIZE,
    "figure.titlesize": 11,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.labelsize": SIZE,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": SIZE,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
}

_STORED_DPI = 150
_COLOURS = 256
_SHOWN_DPI = 96  # pixels of a browser in an inch


def style() -> Any:
    """Draw with the style of the course, and with the fonts that are configured."""
    return rc_context(STYLE)


class Picture(Figure):
    """A matplotlib figure that a notebook shows without pyplot.

    IPython draws a plain `Figure` only after pyplot has registered its formatter. A
    picture brings its own: a PNG fine enough for dense screens, cut to what is drawn,
    with a text for those who do not see it. It takes the arguments of
    `matplotlib.figure.Figure`.

    Example:
        >>> picture = Picture(figsize=(2, 1))
        >>> axes = picture.add_subplot(xlabel="epoch", ylabel="loss")
        >>> data, shown = picture._repr_png_()
        >>> data[1:4], shown["alt"]
        (b'PNG', 'loss by epoch')
    """

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("layout", "constrained")
        kwargs.setdefault("facecolor", CARD)
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Write the picture to a file, cut to what is drawn."""
        kwargs.setdefault("bbox_inches", "tight")
        super().savefig(*args, **kwargs)

    def alt(self) -> str:
        """Say what is drawn: titles, axes, the names of series, rows and columns."""
        parts, names = [self.get_suptitle()], {}
        for axes in self.axes:
            parts.append(axes.get_title(loc="left"))
            what = (axes.get_ylabel(), axes.get_xlabel())
            parts.append(" by ".join(filter(None, what)))
            names |= dict.fromkeys(axes.get_legend_handles_labels()[1])
            for axis in (axes.yaxis, axes.xaxis) if axes.images else ():
                marks = [tick.get_text() for tick in axis.get_ticklabels()]
                parts.append(", ".join(filter(None, marks)))
        parts.append(", ".join(names))
        return ". ".join(dict.fromkeys(filter(None, parts))).replace("\n", " ")

    def _repr_png_(self) -> tuple[bytes, dict[str, int | str]]:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=_STORED_DPI)
        # A drawing has few colours: with a palette it takes a third of the room. Means
        # keep what covers large areas as it is: two pale bands may be nearly alike.
        chosen = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1}
        chosen["dither"] = Image.Dither.NONE
        with Image.open(file) as image:
            few = image.convert("RGB").quantize(_COLOURS, **chosen)
        file = io.BytesIO()
        few.save(file, format="png", optimize=True)
        width, height = (round(side * _SHOWN_DPI / _STORED_DPI) for side in few.size)
        return file.getvalue(), {"width": width, "height": height, "alt": self.alt()}


def width_of(texts: Sequence, size: float = SIZE) -> float:
    """Estimate how many inches the longest of some texts takes."""
    return max((len(str(text)) for text in texts), default=0) * size * _CHARACTER


def in_lines(text: str, inches: float, size: float = SIZE) -> str:
    """Break a text between words into lines of about this width.

    Example:
        >>> in_lines("source length (words)", 1.1).split(chr(10))
        ['source length', '(words)']
    """
    if "$" in text:
        return text
    most = max(1, int(inches / size / _CHARACTER))
    return textwrap.fill(text, most, break_long_words=False, break_on_hyphens=False)


def label(axes: Axes, x: str, y: str, title: str = "", columns: int = 1) -> None:
    """Write what runs across and up, and a title over these axes."""
    width, height = axes.figure.get_size_inches()
    rows = axes.get_subplotspec().get_geometry()[0]
    width = max(1.3, width / columns - 0.6)
    axes.set_xlabel(in_lines(x, width))
    axes.set_ylabel(in_lines(y, 0.8 * height / rows))
    axes.set_title(in_lines(title, width, 10.5))


def legend(figure: Figure, handles: Sequence) -> None:
    """Name series below the axes, in as many columns as there is room for."""
    widest = 0.55 + width_of([handle.get_label() for handle in handles])
    columns = max(1, min(6, len(handles), int(figure.get_size_inches()[0] / widest)))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def finish(figure: Figure, title: str = "") -> Figure:
    """Give a figure its title, and see to it that every text in it can be drawn.

    Args:
        figure: A figure with everything else in it.
        title: Title of the whole figure.

    Raises:
        ValueError: If the font has no glyph for a character of a text.
    """
    if title:
        figure.suptitle(in_lines(title, figure.get_size_inches()[0] - 0.2, 11))
    for text in figure.findobj(Text):
        require_glyphs(text.get_text(), math=text.get_parse_math())
    return figure

"""A sheet in inches with boxes that fit their text, and arrows between them."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from keras_transformer.plots.figure import INK, TITLE_SIZE, Picture, finish
from keras_transformer.plots.glyphs import require_glyphs
from keras_transformer.plots.measure import drawn_size, in_lines, text_size
from keras_transformer.plots.palette import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION

TEXT_SIZE = 9.5
SMALL = 8.5
_PAD = 0.07  # inches between a text and its box
_SMALLEST = 5.0

# Fill and edge by what a box stands for.
KINDS = {
    "plain": ("#F4F4F4", "#888888"),
    "token": ("#FFFFFF", "#888888"),
    "encoder": ("#DCEBF5", BLUE),
    "decoder": ("#FBE6D8", VERMILLION),
    "context": ("#D9F0E8", GREEN),
    "attention": ("#F6E6EF", PURPLE),
    "norm": ("#FDF1D3", ORANGE),
    "feed-forward": ("#DFF1FB", SKY),
}


class Box(NamedTuple):
    """A drawn box: centre, width and height in inches."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        """The middle of the left side."""
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> tuple[float, float]:
        """The middle of the right side."""
        return self.x + self.width / 2, self.y

    @property
    def top(self) -> tuple[float, float]:
        """The middle of the upper side."""
        return self.x, self.y + self.height / 2

    @property
    def bottom(self) -> tuple[float, float]:
        """The middle of the lower side."""
        return self.x, self.y - self.height / 2


class Canvas:
    """A sheet of paper measured in inches, from the lower left corner.

    Args:
        width: Width in inches.
        height: Height in inches, without the title.
        title: Title of the drawing, above it.
    """

    def __init__(self, width: float, height: float, title: str = ""):
        title = in_lines(title, width - 0.2, TITLE_SIZE)
        room = text_size(title, TITLE_SIZE)[1] + 0.2 if title else 0.0
        self.figure = Picture(figsize=(width, height + room), layout="none")
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(0, height + room))
        self.axes.set_axis_off()
        if title:
            self.text(width / 2, height + room / 2, title, size=TITLE_SIZE)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str = "",
        kind: str = "plain",
        size: float = TEXT_SIZE,
        math: bool = True,
    ) -> Box:
        """Draw a box with a text that is made to fit into it.

        Args:
            x: Centre.
            y: Centre.
            width: Width.
            height: Height.
            text: What stands in the box.
            kind: One of `KINDS`.
            size: Size of the type in points, made smaller where it does not fit.
            math: Whether `$…$` is set as mathematics.

        Raises:
            ValueError: If the kind is unknown, or the font has no glyph for the text.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}")
        fill, edge = KINDS[kind]
        self.axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=fill,
                edgecolor=edge,
                linewidth=1.2,
                zorder=2,
            )
        )
        drawn = self.text(x, y, text, size=size, math=math)
        extent = drawn_size(drawn)
        scale = min(
            1.0,
            (width - 2 * _PAD) / max(extent[0], 1e-6),
            (height - _PAD) / max(extent[1], 1e-6),
        )
        drawn.set_fontsize(max(_SMALLEST, size * scale))
        return Box(x, y, width, height)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = TEXT_SIZE,
        colour: str = INK,
        ha: str = "center",
        va: str = "",
        math: bool = True,
    ):
        """Write a text.

        Args:
            x: Where.
            y: Where.
            text: What.
            size: Size of the type in points.
            colour: Colour of the type.
            ha: Which part of the text stands at x.
            va: Which part of the text stands at y; by default the middle.
            math: Whether `$…$` is set as mathematics.
        """
        require_glyphs(text, math=math)
        # Single lines stand on one level, whether or not a letter goes below it.
        va = va or ("center" if "\n" in text else "center_baseline")
        return self.axes.text(
            x,
            y,
            text,
            fontsize=size,
            color=colour,
            ha=ha,
            va=va,
            zorder=4,
            parse_math=math,
            linespacing=1.15,
        )

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        colour: str = INK,
        bend: float = 0.0,
        width: float = 1.2,
        dashed: bool = False,
        both: bool = False,
    ):
        """Draw an arrow from point to point.

        Args:
            start: Where it begins.
            end: Where its head is.
            colour: Its colour.
            bend: How much it curves; positive to the right of its direction.
            width: Width of the line in points.
            dashed: Whether the line is dashed.
            both: Whether it has a head at both ends.
        """
        self.axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle="<|-|>" if both else "-|>",
                mutation_scale=9,
                connectionstyle=f"arc3,rad={bend}",
                shrinkA=0,
                shrinkB=0,
                color=colour,
                linewidth=width,
                linestyle="--" if dashed else "-",
                zorder=3,
            )
        )

    def path(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str = INK,
        head: bool = True,
        dashed: bool = False,
        thin: bool = False,
    ):
        """Draw straight lines through points, with an arrow head at the end.

        Args:
            points: Corners, first to last.
            colour: Its colour.
            head: Whether it ends in an arrow head.
            dashed: Whether the line is dashed.
            thin: Whether the line is thin and pale.
        """
        style = "--" if dashed else "-"
        body = points[:-1] if head else points
        if len(body) > 1:
            self.axes.plot(
                *zip(*body, strict=True),
                color=colour,
                linewidth=0.7 if thin else 1.2,
                alpha=0.6 if thin else 1.0,
                linestyle=style,
                solid_joinstyle="round",
                zorder=1,
            )
        if head:
            self.arrow(points[-2], points[-1], colour=colour, dashed=dashed)

    def done(self) -> Figure:
        """Return the figure."""
        return finish(self.figure)


def text_width(text: str, size: float = TEXT_SIZE, *, math: bool = True) -> float:
    """Return how wide a box must be for a text to fit into it, in inches.

    Args:
        text: What is to be written.
        size: Size of the type in points.
        math: Whether `$…$` is set as mathematics.
    """
    return text_size(text, size, math=math)[0] + 2 * _PAD

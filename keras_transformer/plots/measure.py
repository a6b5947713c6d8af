"""How much room a text takes, known before it is drawn."""

import functools
import re

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from keras_transformer.plots.glyphs import require_glyphs

_WORDS = re.compile(r"(?:\$[^$]*\$|\S)+")
_DPI = 150  # as stored in a notebook


@functools.lru_cache(maxsize=4096)
def text_size(text: str, size: float, *, math: bool = True) -> tuple[float, float]:
    """Measure a text in inches, width and height.

    Args:
        text: What is to be written, in one line or several.
        size: Size of the type in points.
        math: Whether `$…$` is set as mathematics.

    Raises:
        ValueError: If the font has no glyph for a character.

    Example:
        >>> wide, narrow = text_size("mmmm", 9), text_size("iiii", 9)
        >>> wide[0] > 2 * narrow[0]
        True
    """
    if not text:
        return 0.0, 0.0
    require_glyphs(text, math=math)
    figure = Figure(figsize=(1, 1), dpi=_DPI)
    FigureCanvasAgg(figure)
    return drawn_size(figure.text(0, 0, text, fontsize=size, parse_math=math))


def widest(texts, size: float, *, math: bool = True) -> float:
    """Measure the widest of some texts in inches.

    Args:
        texts: What is to be written.
        size: Size of the type in points.
        math: Whether `$…$` is set as mathematics.

    Example:
        >>> widest([], 9)
        0.0
    """
    widths = (text_size(str(text), size, math=math)[0] for text in texts)
    return max(widths, default=0.0)


def in_lines(text: str, width: float, size: float) -> str:
    """Break a text between words into lines of this width; a long word stays whole.

    Args:
        text: What is to be written; `$…$` is set as mathematics and stays whole.
        width: Inches that a line may take.
        size: Size of the type in points.

    Raises:
        ValueError: If the font has no glyph for a character.

    Example:
        >>> in_lines("source length (words)", 1.0, 9).split(chr(10))
        ['source length', '(words)']
    """
    require_glyphs(text)
    lines = [""]
    for word in _WORDS.findall(text):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_size(longer, size)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def drawn_size(text: Text) -> tuple[float, float]:
    """Measure a text of a figure in inches, width and height.

    Args:
        text: The text.
    """
    extent = text.get_window_extent()
    return float(extent.width / text.figure.dpi), float(extent.height / text.figure.dpi)

"""Which characters the font of the figures can draw."""

import functools
import re

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

# Mathematics is set in fonts of its own.
_MATH = re.compile(r"(?<!\\)\$.*?(?<!\\)\$", re.DOTALL)


@functools.cache
def _known(families: tuple[str, ...]) -> frozenset[int]:
    known: set[int] = set()
    for family in families:
        path = font_manager.findfont(font_manager.FontProperties(family=[family]))
        known.update(FT2Font(path).get_charmap())
    return frozenset(known)


def missing_glyphs(text: str, *, math: bool = True) -> str:
    """List the characters of a text that the configured fonts cannot draw.

    Args:
        text: Any text.
        math: Whether `$…$` is set as mathematics, and so not looked at.

    Returns:
        The characters, each once, in the order of the text.

    Example:
        >>> missing_glyphs("für 欢迎 欢")
        '欢迎'
    """
    if math:
        text = _MATH.sub("", text)
    known = _known(tuple(font_manager.FontProperties().get_family()))
    return "".join(
        character
        for character in dict.fromkeys(text)
        if ord(character) not in known and not character.isspace()
    )


def require_glyphs(*texts: str, math: bool = True) -> None:
    """Refuse texts that matplotlib would draw as empty boxes."""
    for text in texts:
        if missing := missing_glyphs(text, math=math):
            family = ", ".join(font_manager.FontProperties().get_family())
            raise ValueError(
                f"every character needs a glyph in matplotlib's font ({family}), got "
                f"{text!r} with none for {missing!r}; plots.html_heatmap shows "
                "attention weights in any script"
            )

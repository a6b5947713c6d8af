"""Colours that a colour-blind reader tells apart, and marks that do without colour."""

from typing import NamedTuple

# Okabe and Ito, 2008, without the yellow, which vanishes on white.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
SKY = "#56B4E9"
BLACK = "#000000"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", (0, (5, 1.5)))
_HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "--")

MOST = len(COLOURS) * len(_DASHES)


class Look(NamedTuple):
    """How one series is drawn: colour, marker, dashes and hatching."""

    colour: str
    marker: str
    dashes: str | tuple
    hatch: str


def looks(labels) -> dict[str, Look]:
    """Give every series a look of its own, which also differs in grey.

    Args:
        labels: Names of the series.

    Raises:
        ValueError: If there are more series than looks.

    Example:
        >>> looks(["GRU", "attention"])["attention"].colour
        '#D55E00'
    """
    labels = list(labels)
    if len(labels) > MOST:
        raise ValueError(f"a figure shows at most {MOST} series, got {len(labels)}")
    count = len(COLOURS)
    return {
        label: Look(
            COLOURS[i % count],
            _MARKERS[i % count],
            _DASHES[i // count],
            _HATCHES[i % count],
        )
        for i, label in enumerate(labels)
    }

"""What a colour means, in every figure, table and drawing of the course."""

from collections.abc import Iterable
from typing import NamedTuple

BLUE = "#0072B2"  # the source side: encoder, memory, keys
VERMILION = "#D55E00"  # the target side: decoder, queries
GREEN = "#009E73"  # values, contexts: what is read
PURPLE = "#A3497F"  # attention weights
OCHRE = "#B8860B"  # positions
INK = "#3A3A3A"  # text, lines, the residual stream
MASKED = "#8A8A8A"  # padding and what a mask hides, hatched

CARD = "#FCFBF8"  # the ground that a figure brings along, on a light or dark page
QUIET = "#6B6B6B"  # text that is not read first
FAINT = "#C9C6BF"  # lines of what is known already
PALE = "#F1EFEA"  # areas of what is known already
TINTS = {
    BLUE: "#DCEAF4",
    VERMILION: "#FBE6D8",
    GREEN: "#CDEBDF",
    PURPLE: "#F2E3EC",
    OCHRE: "#F5ECD3",
}
"""What has a colour as its edge may have this ground, which black is read on."""

# Series that mean none of these: Okabe and Ito, 2008, in an order that stays apart
# for the colour-blind, each with a mark that does without colour.
SERIES = (BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", (0, (5, 1.5)))
_HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "--")

MOST = len(SERIES) * len(_DASHES)


class Look(NamedTuple):
    """How one series is drawn: colour, marker, dashes and hatching."""

    colour: str
    marker: str
    dashes: str | tuple
    hatch: str


def looks(labels: Iterable[str]) -> dict[str, Look]:
    """Give every series a look of its own, which also differs in grey.

    Example:
        >>> looks(["GRU", "attention"])["attention"].colour
        '#D55E00'
    """
    labels = list(labels)
    if len(labels) > MOST:
        raise ValueError(f"a figure shows at most {MOST} series, got {len(labels)}")
    count = len(SERIES)
    return {
        label: Look(
            SERIES[i % count],
            _MARKERS[i % count],
            _DASHES[i // count],
            _HATCHES[i % count],
        )
        for i, label in enumerate(labels)
    }

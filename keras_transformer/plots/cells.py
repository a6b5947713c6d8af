"""Cells that are as dark as their number is large, and the numbers in them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage

from keras_transformer.plots.palette import BLUE, PURPLE, VERMILION

# One hue from light to dark: readable in print and for the colour-blind.
WEIGHTS = LinearSegmentedColormap.from_list(
    "weights", [(0, "#FFFFFF"), (0.25, "#E9CBDD"), (0.65, PURPLE), (1, "#4A1438")]
)
AMOUNTS = LinearSegmentedColormap.from_list(
    "amounts", [(0, "#FFFFFF"), (0.25, "#C3DCEC"), (0.7, BLUE), (1, "#06304D")]
)
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#06304D", BLUE, "#C3DCEC", "#FFFFFF", "#F6CBAE", VERMILION, "#5C2600"]
)


def contrast(colour: Sequence[float], other: Sequence[float]) -> float:
    """Compute the contrast of two colours, from 1 to 21.

    Example:
        >>> round(contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)), 6)
        21.0

    Source: Web Content Accessibility Guidelines 2.2, contrast ratio.
    """
    low, high = sorted((_luminance(colour), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def ink_on(ground: Sequence[float]) -> str:
    """Choose the ink that is read best on a colour.

    Example:
        >>> ink_on((0.9, 0.9, 1.0)), ink_on((0.0, 0.1, 0.4))
        ('black', 'white')
    """
    black, white = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return "black" if contrast(ground, black) >= contrast(ground, white) else "white"


def written(values: np.ndarray, number_format: str) -> np.ndarray:
    """Write numbers as texts, an array of the same shape; NaN is empty.

    Example:
        >>> written(np.array([-0.5, np.nan]), ".2f").tolist()
        ['−0.50', '']
    """
    texts = [
        "" if np.isnan(v) else format(float(v) + 0.0, number_format).replace("-", "−")
        for v in np.ravel(values)
    ]
    return np.array(texts, object).reshape(np.shape(values))


def write_numbers(
    axes: Axes, image: AxesImage, number_format: str, size: float = 9
) -> None:
    """Write the number of each cell into it, dark on light and light on dark."""
    values = np.ma.filled(image.get_array(), np.nan)
    for (row, column), text in np.ndenumerate(written(values, number_format)):
        ink = ink_on(image.cmap(image.norm(values[row, column])))
        place = {"ha": "center", "va": "center_baseline"}
        axes.text(column, row, text, fontsize=size, color=ink, **place)


def name_cells(axes: Axes, rows: Sequence, columns: Sequence, slant: int = 0) -> None:
    """Name rows on the left and columns on top, as they are: tokens are no formulas."""
    turn = {"rotation": slant, "ha": "left", "rotation_mode": "anchor"} if slant else {}
    axes.set_xticks(*zip(*columns, strict=True), **turn, parse_math=False)
    axes.set_yticks(*zip(*rows, strict=True), parse_math=False)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def part_cells(axes: Axes, colour: str) -> None:
    """Draw lines between the cells."""
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_ticks(np.arange(min(ends), max(ends) + 0.5), minor=True)
    axes.tick_params(which="minor", length=0)
    axes.grid(which="minor", color=colour, linewidth=1.2)

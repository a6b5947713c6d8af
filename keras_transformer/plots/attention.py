"""Attention weights as heatmaps: target down, source across, one scale from 0 to 1."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from keras_transformer.plots.figure import INK
from keras_transformer.plots.glyphs import require_glyphs
from keras_transformer.plots.heatmap_grid import (
    SLANT,
    TOKEN_SIZE,
    HeatmapGrid,
    cell_size,
)
from keras_transformer.plots.matrix import write_numbers
from keras_transformer.plots.palette import VERMILION

# One hue from light to dark: readable in print and for the colour-blind.
COLOURS = "Blues"

_LARGEST = 0.42  # inches of a cell
_LARGEST_OF_SEVERAL = 0.34
_NUMBER_SIZE = 8


def checked(
    weights: np.ndarray, target: Sequence[str], source: Sequence[str]
) -> np.ndarray:
    """Return weights as an array that agrees with its tokens.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.

    Raises:
        ValueError: If weights and tokens do not agree.
    """
    weights = np.asarray(weights, "float32")
    if weights.shape != (len(target), len(source)):
        raise ValueError(
            "a heatmap needs a row a target token and a column a source token, got "
            f"weights {weights.shape}, {len(target)} target, {len(source)} source"
        )
    return weights


def draw_heatmap(
    axes: Axes,
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    *,
    gold: Sequence[tuple[int, int]] = (),
    numbers: bool = False,
):
    """Draw one matrix of attention weights.

    Args:
        axes: Where to draw.
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        gold: Cells (t, s) to outline: the true alignment.
        numbers: Whether each cell shows its weight.

    Returns:
        The image, for a colour bar.

    Raises:
        ValueError: If weights and tokens do not agree, a gold cell lies outside, or
            the font has no glyph for a token.
    """
    weights = checked(weights, target, source)
    require_glyphs(*target, *source, math=False)
    image = axes.imshow(weights, cmap=COLOURS, vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(len(source)), source, rotation=SLANT, ha="left", va="bottom")
    axes.set_yticks(range(len(target)), target)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=TOKEN_SIZE, labelcolor=INK)
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_parse_math(False)
    for side in axes.spines.values():
        side.set_visible(False)
    if numbers:
        write_numbers(axes, image, ".2f", _NUMBER_SIZE)
    for t, s in gold:
        if not (0 <= t < len(target) and 0 <= s < len(source)):
            raise ValueError(
                f"a gold cell (t, s) lies inside the heatmap, got ({t}, {s}) for "
                f"weights {weights.shape}"
            )
        axes.add_patch(
            Rectangle(
                (s - 0.44, t - 0.44),
                0.88,
                0.88,
                fill=False,
                linewidth=2,
                edgecolor=VERMILION,
            )
        )
    return image


def attention_heatmap(
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    title: str = "",
    *,
    gold: Sequence[tuple[int, int]] = (),
    numbers: bool = False,
) -> Figure:
    """Draw one heatmap.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.
        gold: Cells (t, s) to outline: the true alignment.
        numbers: Whether each cell shows its weight.

    Raises:
        ValueError: If weights and tokens do not agree, a gold cell lies outside, or
            the font has no glyph for a token; `html_heatmap` then shows them.

    Example:
        >>> figure = attention_heatmap([[0.9, 0.1]], ["welcome"], ["will", "kommen"])
        >>> figure.axes[-1].get_ylabel()
        'attention weight'
    """
    return heatmaps(
        [("", weights)], target, source, title=title, gold=gold, numbers=numbers
    )


def heatmaps(
    maps: Sequence[tuple[str, np.ndarray]],
    target: Sequence[str],
    source: Sequence[str],
    *,
    title: str = "",
    gold: Sequence[tuple[int, int]] = (),
    numbers: bool = False,
    columns: int | None = None,
) -> Figure:
    """Draw several heatmaps of one sentence pair side by side, with one scale.

    Args:
        maps: For each heatmap its title and its weights `[t, s]`.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.
        gold: Cells (t, s) to outline in every heatmap: the true alignment.
        numbers: Whether each cell shows its weight.
        columns: Heatmaps in a row; by default as many as fit a notebook.

    Raises:
        ValueError: If there is no heatmap, weights and tokens do not agree, a gold
            cell lies outside, or the font has no glyph for a token.

    Example:
        >>> figure = heatmaps(
        ...     [("soft", [[0.9, 0.1]]), ("hard", [[1.0, 0.0]])], ["welcome"],
        ...     ["will", "kommen"], gold=[(0, 0)],
        ... )
        >>> [axes.get_xlabel() for axes in figure.axes[:2]]
        ['soft', 'hard']
    """
    maps = list(maps)
    if not maps:
        raise ValueError("heatmaps needs at least one heatmap, got none")
    columns = columns or _columns(len(maps), target, source, numbers)
    largest = _LARGEST if numbers or columns == 1 else _LARGEST_OF_SEVERAL
    cell = min(largest, cell_size(columns, target, source))
    grid = HeatmapGrid([name for name, _ in maps], target, source, columns, cell, title)
    for i, (axes, (name, weights)) in enumerate(zip(grid.axes, maps, strict=True)):
        image = draw_heatmap(axes, weights, target, source, gold=gold)
        if numbers:
            write_numbers(axes, image, ".2f", min(_NUMBER_SIZE, 26 * cell))
        axes.tick_params(labelsize=grid.token_size)
        axes.set_xlabel(name, fontsize=grid.name_size, color=INK)
        if i % columns:
            axes.set_yticklabels([])
    return grid.finish(image)


def _columns(count, target, source, numbers) -> int:
    """As many heatmaps side by side as stay readable, and equally many in each row."""
    readable = 0.29 if numbers else 0.2
    columns = min(count, 4)
    while columns > 1 and cell_size(columns, target, source) < readable:
        columns -= 1
    return -(-count // -(-count // columns))

"""Attention weights as heatmaps: target down, source across, one scale from 0 to 1."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from keras_transformer.plots.cells import WEIGHTS, name_cells, write_numbers
from keras_transformer.plots.figure import (
    WIDTH,
    Picture,
    finish,
    in_lines,
    style,
    width_of,
)
from keras_transformer.plots.glyphs import require_glyphs
from keras_transformer.plots.palette import VERMILION

_SLANT = 60  # degrees of the source tokens above a heatmap
_BAR = 0.85  # inches of the scale, its numbers and its label
_BETWEEN = 0.25  # inches between two heatmaps
_LARGEST = 0.42  # inches of a cell


def checked(
    weights: np.ndarray, target: Sequence[str], source: Sequence[str]
) -> np.ndarray:
    """Return weights `[t, s]` as an array that agrees with its tokens."""
    weights = np.asarray(weights, "float32")
    if weights.shape != (len(target), len(source)):
        raise ValueError(
            "a heatmap needs a row a target token and a column a source token, got "
            f"weights {weights.shape}, {len(target)} target, {len(source)} source"
        )
    return weights


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
        numbers: Whether each cell shows its weight; otherwise a scale stands beside.

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
    maps: Sequence[tuple[str, np.ndarray | None]],
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
        maps: For each heatmap its title and its weights `[t, s]`; None leaves its
            place empty.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.
        gold: Cells (t, s) to outline in every heatmap: the true alignment.
        numbers: Whether each cell shows its weight; otherwise a scale stands beside.
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
    maps = [(name, w if w is None else checked(w, target, source)) for name, w in maps]
    if not maps:
        raise ValueError("heatmaps needs at least one heatmap, got none")
    for t, s in gold:
        if not (0 <= t < len(target) and 0 <= s < len(source)):
            raise ValueError(
                f"a gold cell (t, s) lies inside the heatmap, got ({t}, {s}) for "
                f"weights {(len(target), len(source))}"
            )
    require_glyphs(*target, *source, math=False)
    columns = columns or fitting(len(maps), target, source, 0.3 if numbers else 0.17)
    cell = min(_LARGEST, cell_size(columns, target, source))
    with style():
        figure = Picture(
            figsize=_size(len(maps), columns, cell, target, source, title, numbers),
            layout="compressed",
        )
        grid = figure.subplots(-(-len(maps) // columns), columns, squeeze=False)
        for i, (axes, (name, weights)) in enumerate(zip(grid.flat, maps, strict=False)):
            if weights is None:
                axes.remove()
                continue
            image = axes.imshow(weights, cmap=WEIGHTS, vmin=0, vmax=1)
            beside = ["" if i % columns else token for token in target]
            name_cells(axes, [*enumerate(beside)], [*enumerate(source)], _SLANT)
            axes.tick_params(labelsize=min(9, 38 * cell))
            axes.set_xlabel(in_lines(name, WIDTH / columns - 0.2, 9), size=9)
            if numbers:
                write_numbers(axes, image, ".2f", min(8, 26 * cell))
            for t, s in gold:
                edge = {"fill": False, "linewidth": 2, "edgecolor": VERMILION}
                axes.add_patch(Rectangle((s - 0.44, t - 0.44), 0.88, 0.88, **edge))
        for axes in grid.flat[len(maps) :]:
            axes.remove()
        if not numbers:
            part = min(0.9, 2.4 / figure.get_figheight())
            bar = figure.colorbar(image, ax=figure.axes, shrink=part, pad=0.02)
            bar.set_label("attention weight")
            bar.set_ticks([0, 0.5, 1])
            bar.outline.set_visible(False)
        return finish(figure, title)


def cell_size(columns: int, target: Sequence[str], source: Sequence[str]) -> float:
    """Return how many inches a cell may take for heatmaps to fit side by side."""
    room = WIDTH - width_of(target, 9) - max(_BAR, 0.5 * width_of(source[-1:], 9))
    return max(0.05, (room / columns - _BETWEEN) / max(1, len(source)))


def fitting(
    count: int, target: Sequence[str], source: Sequence[str], readable: float
) -> int:
    """Return how many heatmaps with cells so wide fit side by side, rows alike."""
    columns = min(count, 5)
    while columns > 1 and cell_size(columns, target, source) < readable:
        columns -= 1
    return -(-count // -(-count // columns))


def _size(count, columns, cell, target, source, title, numbers) -> tuple[float, float]:
    """How large the figure is, by what its tokens and cells will about take."""
    above = 0.2 + math.sin(math.radians(_SLANT)) * width_of(source, 9)
    wide = width_of(target, 9) + columns * (cell * len(source) + _BETWEEN) + _BAR
    high = -(-count // columns) * (cell * len(target) + above + 0.55)
    high += 0.35 * (1 + len(title) // 80) * bool(title)
    return min(WIDTH, max(wide, 2.0)), max(high, 1.2 if numbers else 1.9)

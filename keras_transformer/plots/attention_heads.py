"""The attention weights of every head of every layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_transformer.plots.attention import draw_heatmap
from keras_transformer.plots.figure import INK
from keras_transformer.plots.heatmap_grid import HeatmapGrid, cell_size

_LARGEST = 0.26  # inches of a cell
_SMALLEST = 0.17  # a cell that is still readable


def attention_heads(
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    title: str = "",
) -> Figure:
    """Draw every head of every layer: layers down, heads across, their mean last.

    Args:
        weights: `[layer, head, t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.

    Raises:
        ValueError: If weights and tokens do not agree, or the font has no glyph for a
            token.

    Example:
        >>> figure = attention_heads([[[[0.9, 0.1]]]], ["welcome"], ["will", "kommen"])
        >>> [axes.get_xlabel() for axes in figure.axes[:2]]
        ['layer 1, head 1', 'layer 1, mean of heads']
    """
    weights = np.asarray(weights)
    if weights.ndim != 4:
        raise ValueError(
            f"attention_heads needs weights [layer, head, t, s], got {weights.shape}"
        )
    layers, heads = weights.shape[:2]
    stack = np.concatenate([weights, weights.mean(1, keepdims=True)], axis=1)
    across = heads + 1
    while across > 2 and cell_size(across, target, source) < _SMALLEST:
        across -= 1
    down = -(-(heads + 1) // across)  # rows of a layer
    across = -(-(heads + 1) // down)
    maps = {
        f"layer {layer + 1}, {_name(head, heads)}": stack[layer, head]
        if head <= heads
        else None
        for layer in range(layers)
        for head in range(down * across)
    }
    cell = min(_LARGEST, cell_size(across, target, source))
    grid = HeatmapGrid(list(maps), target, source, across, cell, title)
    for i, (axes, (name, matrix)) in enumerate(
        zip(grid.axes, maps.items(), strict=True)
    ):
        if matrix is None:
            axes.remove()  # the last row of a layer need not be full
            continue
        image = draw_heatmap(axes, matrix, target, source)
        axes.tick_params(labelsize=min(8, grid.token_size))
        axes.set_xlabel(name, fontsize=8, color=INK)
        if i % across:
            axes.set_yticklabels([])
    return grid.finish(image)


def _name(head: int, heads: int) -> str:
    return "mean of heads" if head == heads else f"head {head + 1}"

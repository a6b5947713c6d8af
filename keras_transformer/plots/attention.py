"""Attention weights as heatmaps: target down, source across, one scale from 0 to 1."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# One hue from light to dark: readable in print and for the colour-blind.
COLOURS = "Blues"


def draw_heatmap(
    axes: Axes, weights: np.ndarray, target: Sequence[str], source: Sequence[str]
):
    """Draw one matrix of attention weights.

    Args:
        axes: Where to draw.
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.

    Returns:
        The image, for a colour bar.

    Raises:
        ValueError: If weights and tokens do not agree.
    """
    weights = np.asarray(weights, "float32")
    if weights.shape != (len(target), len(source)):
        raise ValueError(
            "a heatmap needs a row a target token and a column a source token, got "
            f"weights {weights.shape}, {len(target)} target, {len(source)} source"
        )
    image = axes.imshow(weights, cmap=COLOURS, vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(len(source)), source, rotation=60, ha="left", va="bottom")
    axes.set_yticks(range(len(target)), target)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")
    for side in axes.spines.values():
        side.set_visible(False)
    return image


def attention_heatmap(
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    title: str = "",
) -> Figure:
    """One heatmap.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.
    """
    width = 2.2 + 0.42 * len(source)
    height = 1.8 + 0.36 * len(target)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    image = draw_heatmap(axes, weights, target, source)
    _finish(figure, image, [axes], title)
    return figure


def attention_heads(
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    title: str = "",
) -> Figure:
    """Every head of every layer: layers down, heads across, and their mean last.

    Args:
        weights: `[layer, head, t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: Title of the figure.
    """
    layers, heads = weights.shape[:2]
    columns = heads + 1
    panel_width = 1.2 + 0.26 * len(source)
    panel_height = 1.3 + 0.26 * len(target)
    figure = Figure(
        figsize=(columns * panel_width, layers * panel_height), layout="constrained"
    )
    grid = figure.subplots(layers, columns, squeeze=False)
    for layer in range(layers):
        for column in range(columns):
            axes = grid[layer, column]
            mean = column == heads
            matrix = weights[layer].mean(0) if mean else weights[layer, column]
            image = draw_heatmap(axes, matrix, target, source)
            axes.tick_params(labelsize=7)
            name = "mean of heads" if mean else f"head {column + 1}"
            axes.set_xlabel(f"layer {layer + 1}, {name}", fontsize=8)
            if column:
                axes.set_yticklabels([])
    _finish(figure, image, grid.ravel().tolist(), title)
    return figure


def _finish(figure, image, axes, title):
    figure.colorbar(image, ax=axes, shrink=0.6, label="attention weight")
    if title:
        figure.suptitle(title, fontsize=11)

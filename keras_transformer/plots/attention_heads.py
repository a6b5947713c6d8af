"""The attention weights of every head of every layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_transformer.plots.heatmaps import fitting, heatmaps


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
    names = [f"head {head + 1}" for head in range(weights.shape[1])] + ["mean of heads"]
    columns = fitting(len(names), target, source, 0.15)
    unused = [("", None)] * (-len(names) % columns)  # a layer begins a row
    maps: list[tuple[str, np.ndarray | None]] = []
    for layer, heads in enumerate(weights, 1):
        each = zip(names, [*heads, heads.mean(0)], strict=True)
        maps += [(f"layer {layer}, {name}", head) for name, head in each] + unused
    return heatmaps(maps, target, source, title=title, columns=columns)

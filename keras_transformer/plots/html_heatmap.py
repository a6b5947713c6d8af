"""Attention weights as an HTML table: any script that the browser can show."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_hex

from keras_transformer.plots.cells import WEIGHTS, ink_on
from keras_transformer.plots.heatmaps import checked
from keras_transformer.plots.plain import aligned

_ROOM = "padding: 0.35em 0.7em"
_TITLE = "caption-side: top; text-align: left; font-weight: bold"


class HtmlHeatmap:
    """Attention weights that a notebook shows as a coloured table.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: A line above the table.
    """

    def __init__(self, weights: Any, target: Any, source: Any, title: str = ""):
        self.weights = checked(weights, target, source)
        self.target, self.source, self.title = list(target), list(source), title

    def __repr__(self) -> str:
        rows = [["", *self.source]]
        for token, row in zip(self.target, self.weights, strict=True):
            rows.append([token, *(f"{weight:.2f}" for weight in row)])
        lines = aligned(rows, [False] + [True] * len(self.source))
        return "\n".join([self.title, *lines] if self.title else lines)

    def _repr_html_(self) -> str:
        parts = ['<table style="border-collapse: collapse">']
        if self.title:
            parts.append(
                f'<caption style="{_TITLE}">{html.escape(self.title)}</caption>'
            )
        heads = "".join(_head(token, "center") for token in self.source)
        parts.append(f"<tr><th></th>{heads}</tr>")
        for token, row in zip(self.target, self.weights, strict=True):
            cells = "".join(map(_cell, row))
            parts.append(f"<tr>{_head(token, 'right')}{cells}</tr>")
        return "\n".join([*parts, "</table>"])


def html_heatmap(
    weights: np.ndarray,
    target: Sequence[str],
    source: Sequence[str],
    title: str = "",
) -> HtmlHeatmap:
    """Show attention weights as a table: target down, source across, 0 to 1.

    Matplotlib's own font has no glyphs for Chinese; the fonts of a browser have. Each
    cell brings the colours of its ground and of its number, so that it reads the same
    on a light and on a dark page.

    Args:
        weights: `[t, s]`, numbers from 0 to 1.
        target: Tokens of the rows.
        source: Tokens of the columns.
        title: A line above the table.

    Raises:
        ValueError: If weights and tokens do not agree.

    Example:
        >>> html_heatmap([[0.5, 0.3, 0.2]], ["welcome"], ["欢迎", "来", "北京"])
                 欢迎    来  北京
        welcome  0.50  0.30  0.20
    """
    return HtmlHeatmap(weights, target, source, title)


def _head(token: str, side: str) -> str:
    style = f"text-align: {side}; {_ROOM}; font-weight: bold"
    return f'<th style="{style}">{html.escape(token)}</th>'


def _cell(weight: float) -> str:
    ground = WEIGHTS(float(weight))
    colours = f"background: {to_hex(ground)}; color: {ink_on(ground)}"
    style = f"text-align: center; {_ROOM}; border: 1px solid #8A8A8A; {colours}"
    return f'<td style="{style}">{weight:.2f}</td>'

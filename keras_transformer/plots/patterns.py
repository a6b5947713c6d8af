"""Which of two sequences reaches which: cells that are full or empty, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from keras_transformer.plots.figure import (
    FAINT,
    INK,
    LABEL_SIZE,
    TICK_SIZE,
    TITLE_SIZE,
    Picture,
    finish,
)
from keras_transformer.plots.measure import in_lines, text_size, widest
from keras_transformer.plots.palette import BLUE

_LARGEST = 0.3  # inches of a cell
_PAGE = 9.0
_SLANT = 60  # degrees of the names above a panel
_EMPTY = "#F7F7F7"


def patterns(
    maps: Sequence[Mapping[str, Any]],
    *,
    full: str,
    empty: str,
    title: str = "",
) -> Figure:
    """Draw boolean matrices side by side: masks, or zero patterns of Jacobians.

    Args:
        maps: For each matrix its `values`, boolean `[rows, columns]`, the names of its
            `rows` and `columns`, its `title`, and `x_label` and `y_label`: what the
            columns and the rows are.
        full: What a full cell, a `True`, means.
        empty: What an empty cell, a `False`, means.
        title: Title of the figure.

    Raises:
        ValueError: If there is no matrix, values are not boolean, or values and names
            do not agree.

    Example:
        >>> mask = dict(values=[[True, False], [True, True]], rows="ab", columns="ab")
        >>> names = dict(title="causal mask", x_label="key", y_label="query")
        >>> figure = patterns([{**mask, **names}], full="visible", empty="hidden")
        >>> figure.axes[0].get_title(), figure.axes[0].get_xlabel()
        ('causal mask', 'key')
    """
    maps = [_map(**given) for given in maps]
    if not maps:
        raise ValueError("patterns needs at least one matrix, got none")
    names = [0.45 + widest(one["rows"], TICK_SIZE, math=False) for one in maps]
    columns = sum(len(one["columns"]) for one in maps)
    cell = min(_LARGEST, (_PAGE - sum(names)) / columns)
    wide = [max(1.2, cell * len(one["columns"])) for one in maps]
    above = max(widest(one["columns"], TICK_SIZE, math=False) for one in maps)
    titles = [
        in_lines(one["title"], w + n - 0.3, TITLE_SIZE)
        for one, w, n in zip(maps, wide, names, strict=True)
    ]
    high = cell * max(len(one["rows"]) for one in maps)
    head = max(text_size(text, TITLE_SIZE)[1] for text in titles) + 0.3 * bool(title)
    size = (sum(wide) + sum(names) + 0.3, high + head + above + 1.0)
    figure = Picture(figsize=size)
    grid = figure.subplots(1, len(maps), squeeze=False, width_ratios=wide)
    for axes, one, text in zip(grid.flat, maps, titles, strict=True):
        _draw(axes, one, text)
    handles = [
        Patch(facecolor=BLUE, edgecolor=FAINT, label=full),
        Patch(facecolor=_EMPTY, edgecolor=FAINT, label=empty),
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2,
        fontsize=LABEL_SIZE,
        frameon=False,
        labelcolor=INK,
    )
    return finish(figure, title)


def _map(*, values, rows, columns, title, x_label, y_label) -> dict[str, Any]:
    values = np.asarray(values)
    if values.dtype != bool:
        raise ValueError(f"a pattern is boolean, got dtype {values.dtype}")
    rows, columns = ([str(name) for name in names] for names in (rows, columns))
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            "a pattern needs a name a row and a name a column, got values "
            f"{values.shape}, {len(rows)} row names, {len(columns)} column names"
        )
    return locals()


def _draw(axes, one, title):
    rows, columns = one["rows"], one["columns"]
    axes.imshow(
        one["values"],
        cmap=ListedColormap([_EMPTY, BLUE]),
        vmin=0,
        vmax=1,
        aspect="equal",
        interpolation="nearest",
    )
    axes.set_xticks(
        range(len(columns)),
        columns,
        rotation=_SLANT,
        ha="left",
        va="bottom",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("bottom")
    axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=FAINT, linewidth=1.0)
    axes.tick_params(which="both", length=0, labelsize=TICK_SIZE, labelcolor=INK)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_parse_math(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, fontsize=TITLE_SIZE, color=INK)
    axes.set_xlabel(one["x_label"], fontsize=LABEL_SIZE, color=INK)
    axes.set_ylabel(one["y_label"], fontsize=LABEL_SIZE, color=INK)

"""Which of two sequences reaches which: cells that are full or empty, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from keras_transformer.plots.cells import name_cells, part_cells
from keras_transformer.plots.figure import (
    WIDTH,
    Picture,
    finish,
    label,
    legend,
    style,
    width_of,
)
from keras_transformer.plots.palette import BLUE, FAINT, PALE

_LARGEST = 0.3  # inches of a cell


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
        >>> figure.axes[0].get_title(loc="left"), figure.axes[0].get_xlabel()
        ('causal mask', 'key')
    """
    maps = [_map(**given) for given in maps]
    if not maps:
        raise ValueError("patterns needs at least one matrix, got none")
    beside = sum(0.5 + width_of(one["rows"], 9) for one in maps)
    across = sum(len(one["columns"]) for one in maps)
    cell = min(_LARGEST, (WIDTH - beside) / across)
    high = cell * max(len(one["rows"]) for one in maps)
    above = max(width_of(one["columns"], 9) for one in maps)
    wide = [max(0.9, cell * len(one["columns"])) for one in maps]
    size = (min(WIDTH, beside + sum(wide)), high + above + 1.2 + 0.35 * bool(title))
    colours = {empty: PALE, full: BLUE}
    with style():
        figure = Picture(figsize=size)
        grid = figure.subplots(1, len(maps), squeeze=False, width_ratios=wide)
        for axes, one in zip(grid.flat, maps, strict=True):
            axes.imshow(
                one["values"],
                cmap=ListedColormap([*colours.values()]),
                vmin=0,
                vmax=1,
                interpolation="nearest",
            )
            rows, columns = one["rows"], one["columns"]
            name_cells(axes, [*enumerate(rows)], [*enumerate(columns)], 60)
            axes.tick_params(labelsize=min(9, 45 * cell))
            part_cells(axes, FAINT)
            axes.xaxis.set_label_position("bottom")
            label(axes, one["x_label"], one["y_label"], one["title"], len(maps))
        legend(figure, [Patch(fc=colours[m], ec=FAINT, label=m) for m in (full, empty)])
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

"""Several plots of lines side by side, in one style."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_transformer.plots.figure import WIDTH, Picture, finish, label, legend, style
from keras_transformer.plots.lines import draw_lines
from keras_transformer.plots.palette import looks


def panels(
    plots: Sequence[Mapping[str, Any]],
    title: str = "",
    *,
    columns: int | None = None,
    share_y: bool = False,
) -> Figure:
    """Draw several `curves` side by side; a label looks the same in all of them.

    Args:
        plots: The arguments of `curves` for each panel, by name (no `size`).
        title: Title of the figure.
        columns: Panels in a row; by default up to three, and two by two for four.
        share_y: Whether all panels have the same vertical axis.

    Raises:
        ValueError: If there is no panel, or what `curves` refuses.
        TypeError: If a panel has an argument that `curves` has not.

    Example:
        >>> panel = dict(x=[1, 2], x_label="epoch", y_label="loss")
        >>> figure = panels([
        ...     dict(panel, lines={"training": [3.0, 2.0]}, title="small"),
        ...     dict(panel, lines={"training": [2.5, 1.0]}, title="large"),
        ... ])
        >>> [axes.get_title(loc="left") for axes in figure.axes]
        ['small', 'large']
    """
    plots = [_panel(**plot) for plot in plots]
    if not plots:
        raise ValueError("panels needs at least one panel, got none")
    columns = columns or {1: 1, 2: 2, 4: 2}.get(len(plots), 3)
    rows = math.ceil(len(plots) / columns)
    shared = looks(dict.fromkeys(name for plot in plots for name in plot["lines"]))
    first, handles = plots[0]["y_label"], dict[str, Line2D]()
    with style():
        figure = Picture(figsize=(WIDTH, 3.0 * rows + 0.5))
        room = WIDTH / columns - 0.7
        grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y)
        for i, (axes, plot) in enumerate(zip(grid.flat, plots, strict=False)):
            x, y, name = (plot.pop(key) for key in ("x_label", "y_label", "title"))
            for line in draw_lines(axes, **plot, shared=shared, inches=room):
                handles.setdefault(line.get_label(), line)
            if share_y and i % columns and y == first:
                y = ""  # it stands at the first panel of the row
            label(axes, x, y, name, columns)
        for axes in grid.flat[len(plots) :]:
            axes.remove()
        if handles:
            legend(figure, list(handles.values()))
        return finish(figure, title)


def _panel(
    *,
    x,
    lines,
    x_label,
    y_label,
    title="",
    bands=None,
    log_x=False,
    log_y=False,
    reference=None,
    y_range=None,
) -> dict[str, Any]:
    return locals()

"""A small matrix with its numbers: shapes by hand, masks, Jacobian patterns."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_transformer.plots.cells import (
    AMOUNTS,
    SIGNED,
    name_cells,
    part_cells,
    write_numbers,
    written,
)
from keras_transformer.plots.figure import (
    WIDTH,
    Picture,
    finish,
    label,
    style,
    width_of,
)
from keras_transformer.plots.palette import CARD

_HIGH = 0.34  # inches of a row with a number
_TALLEST = 4.6
_PARTED = 24  # rows or columns that lines part, at most


def matrix(
    values: np.ndarray,
    rows: Sequence,
    columns: Sequence,
    *,
    title: str = "",
    x_label: str,
    y_label: str,
    numbers: bool = True,
    diverging: bool = False,
    number_format: str = ".3g",
    limits: tuple[float, float] | None = None,
    value_label: str = "",
) -> Figure:
    """Draw a matrix as coloured cells, with the numbers in them.

    Args:
        values: `[rows, columns]`, numbers or booleans; NaN leaves a cell empty.
        rows: A name or number for each row.
        columns: A name or number for each column.
        title: Title of the figure.
        x_label: What the columns are.
        y_label: What the rows are.
        numbers: Whether each cell shows its number; otherwise a scale stands beside.
        diverging: Whether zero is white between two colours, for signed numbers.
        number_format: How a number is written, as in `format(value, ".2f")`.
        limits: Values at the ends of the colour scale; by default from the data.
        value_label: What the numbers are, beside the scale.

    Raises:
        ValueError: If values and names do not agree.

    Example:
        >>> figure = matrix(
        ...     [[True, False], [True, True]],
        ...     ["t1", "t2"],
        ...     ["s1", "s2"],
        ...     x_label="key position s",
        ...     y_label="query position t",
        ... )
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['1', '0', '1', '1']
    """
    values = np.asarray(values, "float64")
    if values.shape != (len(rows), len(columns)):
        raise ValueError(
            "a matrix needs a name a row and a name a column, got values "
            f"{values.shape}, {len(rows)} row names, {len(columns)} column names"
        )
    longest = width_of(np.ravel(written(values, number_format)) if numbers else [])
    room = WIDTH - 0.7 - width_of(rows, 9) - (0 if numbers else 0.9)
    names = width_of(columns, 9)
    cell = min(max(0.4, min(names, 1.1) + 0.1, longest + 0.1), room / len(columns))
    tall = min(_HIGH, _TALLEST / len(rows))
    across = _step(cell, 0.32, len(columns))
    slanted = names + 0.06 > cell * across
    across = _step(cell, 0.17, len(columns)) if slanted else across
    high = max(tall * len(rows), min(1.6, width_of([y_label])))
    wide = max(cell * len(columns), min(2.4, width_of([x_label])))
    with style():
        figure = Picture(
            figsize=(
                WIDTH - room + wide,
                0.6 + 0.3 * bool(title) + high + (0.9 * names if slanted else 0),
            )
        )
        axes = figure.add_subplot()
        low, most = limits or _limits(values, diverging)
        image = axes.imshow(
            values,
            cmap=SIGNED if diverging else AMOUNTS,
            vmin=low,
            vmax=most,
            aspect="auto",
            interpolation="nearest",
        )
        down = range(0, len(rows), _step(tall, 0.17, len(rows)))
        along = range(0, len(columns), across)
        name_cells(
            axes,
            [(i, rows[i]) for i in down],
            [(i, columns[i]) for i in along],
            60 if slanted else 0,
        )
        axes.xaxis.set_label_position("top")
        label(axes, x_label, y_label)
        if max(len(rows), len(columns)) <= _PARTED:
            part_cells(axes, CARD)
        if numbers:
            fits = (cell - 0.06) / max(longest, 0.01)
            write_numbers(axes, image, number_format, 9 * min(1.0, fits))
        else:
            bar = figure.colorbar(image, ax=axes, shrink=0.85)
            bar.set_label(value_label)
            bar.outline.set_visible(False)
        return finish(figure, title)


def _step(cell: float, needed: float, count: int) -> int:
    """Every how-manieth cell has a name, when a name needs so many inches."""
    steps = (1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100)
    return next((step for step in steps if cell * step >= needed), max(1, count))


def _limits(values: np.ndarray, diverging: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    if diverging:
        largest = float(abs(finite).max()) or 1.0
        return -largest, largest
    low, high = min(0.0, float(finite.min())), float(finite.max())
    return (low, high) if high > low else (low, low + 1.0)

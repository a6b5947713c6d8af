"""A small matrix with its numbers: shapes by hand, masks, Jacobian patterns."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keras_transformer.plots.figure import INK, LABEL_SIZE, TICK_SIZE, Picture, finish
from keras_transformer.plots.ink import ink_on
from keras_transformer.plots.measure import in_lines, text_size, widest

_CELL = 0.44  # inches, at least, where numbers are to be read
_WIDEST = 6.6  # inches that all cells may take together
_TALLEST = 5.0
_LABEL = 2.5  # inches of a line of an axis label
_PARTED = 24  # rows or columns that white lines part, at most


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
    written = _written(values, number_format) if numbers else []
    names = widest(columns, TICK_SIZE)
    cell = max(_CELL, names + 0.1, widest(np.ravel(written), TICK_SIZE) + 0.14)
    cell = min(cell, max(_WIDEST / len(columns), 0.02))
    tall = min(0.4, max(_TALLEST / len(rows), 0.02))
    slanted = names + 0.06 > cell * _step(cell, 0.32, len(columns))
    x_label, y_label = (in_lines(t, _LABEL, LABEL_SIZE) for t in (x_label, y_label))
    high = max(tall * len(rows), text_size(y_label, LABEL_SIZE)[0])
    wide = max(cell * len(columns), text_size(x_label, LABEL_SIZE)[0])
    size = (
        0.5 + widest(rows, TICK_SIZE) + wide + (not numbers),
        0.6 + 0.35 * bool(title) + high + (0.9 * names if slanted else 0),
    )
    figure = Picture(figsize=size)
    axes = figure.add_subplot()
    low, high = limits or _limits(values, diverging)
    image = axes.imshow(
        values,
        cmap="RdBu_r" if diverging else "Blues",
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="nearest",
    )
    _name(axes, rows, columns, tall, cell, slanted)
    axes.set_xlabel(x_label, fontsize=LABEL_SIZE, color=INK, labelpad=7)
    axes.set_ylabel(y_label, fontsize=LABEL_SIZE, color=INK)
    if numbers:
        write_numbers(axes, image, number_format, _fitting(written, cell))
    else:
        bar = figure.colorbar(image, ax=axes, shrink=0.85)
        bar.set_label(value_label, fontsize=LABEL_SIZE, color=INK)
        bar.ax.tick_params(labelsize=TICK_SIZE, labelcolor=INK)
        bar.outline.set_visible(False)
    return finish(figure, title)


def write_numbers(axes: Axes, image, number_format: str, size: float = TICK_SIZE):
    """Write the number of each cell into it, dark on light and light on dark.

    Args:
        axes: Axes that show the image.
        image: The image with its numbers and colours.
        number_format: How a number is written.
        size: Size of the type in points.
    """
    values = np.ma.filled(image.get_array(), np.nan)
    for (row, column), text in np.ndenumerate(_written(values, number_format)):
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center_baseline",
            fontsize=size,
            color=ink_on(image.cmap(image.norm(values[row, column]))),
        )


def _written(values, number_format):
    texts = [
        "" if np.isnan(value) else format(float(value) + 0.0, number_format)
        for value in values.ravel()
    ]
    texts = np.array([text.replace("-", "−") for text in texts], object)
    return texts.reshape(values.shape)


def _fitting(written, cell) -> float:
    width = widest(np.ravel(written), TICK_SIZE)
    return TICK_SIZE * min(1.0, (cell - 0.06) / max(width, 1e-6))


def _name(axes, rows, columns, tall, wide, slanted):
    """Name rows and columns, or some of them where all would not be readable."""
    down = range(0, len(rows), _step(tall, 0.16, len(rows)))
    across = range(
        0, len(columns), _step(wide, 0.16 if slanted else 0.32, len(columns))
    )
    turn = {"rotation": 60, "ha": "left", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(across, [str(columns[i]) for i in across], **turn)
    axes.set_yticks(down, [str(rows[i]) for i in down])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0, labelsize=TICK_SIZE, labelcolor=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    if max(len(rows), len(columns)) <= _PARTED:
        axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
        axes.tick_params(which="minor", length=0)
        axes.grid(which="minor", color="white", linewidth=1.5)


def _step(cell: float, needed: float, count: int) -> int:
    """Every how-manieth cell has a name, when a name needs so many inches."""
    for step in (1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100):
        if cell * step >= needed:
            return step
    return max(1, count)


def _limits(values, diverging):
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    if diverging:
        largest = float(abs(finite).max()) or 1.0
        return -largest, largest
    low, high = min(0.0, float(finite.min())), float(finite.max())
    return (low, high) if high > low else (low, low + 1.0)

"""Pictures side by side: digits, scenes with boxes, patches, sounds."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from keras_transformer.plots.figure import WIDTH, Picture, finish, label, style
from keras_transformer.plots.palette import INK, PURPLE, VERMILION

_CAPTION = 0.28  # inches of a caption
_DARKEST = 0.75  # how much a weight of 1 covers of a picture
_SPACE = 0.12


def pictures(
    images: Sequence[np.ndarray],
    captions: Sequence[str] = (),
    *,
    title: str = "",
    columns: int | None = None,
    boxes: Sequence[Sequence[tuple]] = (),
    weights: Sequence[np.ndarray | None] = (),
    limits: tuple[float, float] = (0, 1),
    x_label: str = "",
    y_label: str = "",
    upward: bool = False,
    height: float | None = None,
) -> Figure:
    """Draw pictures in grey, the larger a number the darker.

    Args:
        images: `[row, column]` each.
        captions: What stands over each; "" for nothing.
        title: Title of the figure.
        columns: Pictures in a row; by default all.
        boxes: For each picture its boxes, (name, row, column, height, width) in pixels.
        weights: For each picture attention weights `[row, column]`, one for each patch
            of it, the heaviest the darkest; None for a picture without.
        limits: The numbers that are white and black.
        x_label: What runs across, with its unit.
        y_label: What runs up or down, with its unit.
        upward: Whether row 0 is below.
        height: Height of a picture in inches; by default as its pixels are square.

    Raises:
        ValueError: If there is no picture.

    Example:
        >>> figure = pictures(
        ...     [np.eye(8)], ["a stroke"], boxes=[[("7", 0, 0, 8, 8)]],
        ...     weights=[np.eye(2) / 2],
        ... )
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['7']
    """
    images = [np.asarray(image, "float32") for image in images]
    if not images:
        raise ValueError("pictures needs at least one picture, got none")
    columns = columns or len(images)
    rows = math.ceil(len(images) / columns)
    wide = min((WIDTH - 0.3) / columns, 3.4) - _SPACE
    tallest, widest = (max(image.shape[axis] for image in images) for axis in (0, 1))
    high = height or wide * tallest / widest
    each = high + _SPACE + (_CAPTION if any(captions) else 0)
    size = (columns * (wide + _SPACE) + 0.3, rows * each + 0.3 + (0.3 if title else 0))
    with style():
        figure = Picture(
            figsize=(min(WIDTH, size[0] + (0.5 if y_label else 0)), size[1])
        )
        grid = figure.subplots(rows, columns, squeeze=False)
        for i, axes in enumerate(grid.flat):
            if i >= len(images):
                axes.remove()
                continue
            aspect = "auto" if height else "equal"
            origin = "lower" if upward else "upper"
            look = {"cmap": "Greys", "origin": origin, "aspect": aspect}
            axes.imshow(images[i], vmin=limits[0], vmax=limits[1], **look)
            if not (x_label or y_label):
                axes.set_xticks([])
                axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set(visible=True, linewidth=0.6, color=INK)
            if i < len(weights) and weights[i] is not None:
                _cover(axes, np.asarray(weights[i]), images[i].shape)
            for box in boxes[i] if i < len(boxes) else ():
                _frame(axes, *box)
            label(axes, x_label, y_label)
            if i < len(captions):
                axes.set_title(captions[i], fontsize=9, loc="center")
        return finish(figure, title)


def _cover(axes: Axes, weights: np.ndarray, shape: Sequence[int]):
    """Lay the weights of the patches over a picture."""
    shade = np.ones((*weights.shape, 4))
    shade[..., :3] = to_rgb(PURPLE)
    shade[..., 3] = _DARKEST * weights / max(float(weights.max()), 1e-9)
    extent = (-0.5, shape[1] - 0.5, shape[0] - 0.5, -0.5)
    axes.imshow(shade, extent=extent, interpolation="nearest", aspect="equal")


def _frame(axes: Axes, name: str, row: float, column: float, high: float, wide: float):
    """Draw a box, its name at the corner."""
    corner = (column - 0.5, row - 0.5)
    edge = {"fill": False, "edgecolor": VERMILION, "linewidth": 1.6}
    axes.add_patch(Rectangle(corner, wide, high, **edge))
    place = {"ha": "left", "va": "top", "fontsize": 9, "fontweight": "bold"}
    axes.text(column, row - 0.3, name, color=VERMILION, **place)

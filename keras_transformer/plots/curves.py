"""Lines over a shared horizontal axis, each named at its end."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from keras_transformer.plots.figure import (
    HEIGHT,
    WIDTH,
    Picture,
    finish,
    label,
    style,
    width_of,
)
from keras_transformer.plots.lines import draw_dots, draw_lines, name_ends
from keras_transformer.plots.palette import looks


def curves(
    x: Sequence | Mapping[str, Sequence],
    lines: Mapping[str, Sequence],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    bands: Mapping[str, tuple[Sequence, Sequence]] | None = None,
    dots: Mapping[str, Sequence[Sequence]] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    reference: Mapping[str, float] | None = None,
    y_range: tuple[float | None, float | None] | None = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
) -> Figure:
    """Draw lines, each named at its end.

    Args:
        x: Positions that all lines share: numbers, or names of categories; or a
            dictionary label → positions.
        lines: Label → values; None and NaN leave a gap.
        x_label: What runs across, with its unit.
        y_label: What runs up, with its unit.
        title: Title of the figure.
        bands: Label of a line → (lows, highs), a shaded band around it.
        dots: Label of a line → for each of its positions some numbers, as of several
            seeds, each a dot.
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical axis is logarithmic.
        reference: Label → the height of a dashed horizontal line.
        y_range: Ends of the vertical axis; None leaves an end to the data.
        size: Width and height in inches.

    Raises:
        ValueError: If there is no line, lines and positions differ in length, a band or
            dots belong to no line, or a logarithmic axis gets a number not above zero.

    Example:
        >>> figure = curves(
        ...     [4, 64, 1024], {"dot": [1.2, 0.4, None], "scaled dot": [1.3, 1.3, 1.3]},
        ...     x_label="width d", y_label="entropy (nats)", log_x=True,
        ...     reference={"uniform": 1.4},
        ... )
        >>> [line.get_label() for line in figure.axes[0].lines[:3]]
        ['dot', 'scaled dot', 'uniform']
    """
    with style():
        figure = Picture(figsize=size)
        axes = figure.add_subplot()
        room = size[0] - 1.0 - min(1.8, width_of([*lines, *(reference or {})]))
        drawn = draw_lines(
            axes, x, lines, bands, log_x, log_y, reference, y_range, looks(lines), room
        )
        for name, columns in (dots or {}).items():
            draw_dots(axes, name, columns, looks(lines))
        label(axes, x_label, y_label)
        finish(figure, title)
        name_ends(axes, drawn)
        return finish(figure)

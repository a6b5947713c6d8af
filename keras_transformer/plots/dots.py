"""What each of several changes brings: a row a change, a dot a seed."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_transformer.plots.figure import WIDTH, Picture, finish, label, style
from keras_transformer.plots.palette import CARD, FAINT, INK, looks
from keras_transformer.plots.ticks import mark_numbers

_ROW = 0.27  # inches


def dots(
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    x_label: str,
    title: str = "",
    band: float = 0.0,
) -> Figure:
    """Draw rows of dots around a line at 0, the largest mean on top.

    Args:
        panels: Title of a panel → name of a row → a number for each seed. The panels
            stand one below the other, on one axis.
        x_label: What the numbers are, with their unit.
        title: Title of the figure.
        band: Half the width of a shaded band around 0, in which a mean may be chance.

    Raises:
        ValueError: If there is no panel, or one without rows.

    Example:
        >>> figure = dots(
        ...     {"alone": {"clipping": [0.1, -0.2], "dropout": [3.0, 4.0]}},
        ...     x_label="gain in BLEU",
        ... )
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['dropout', 'clipping']
    """
    if not panels or not all(panels.values()):
        raise ValueError(f"dots need panels with rows, got {dict(panels)}")
    counts = [len(rows) for rows in panels.values()]
    with style():
        figure = Picture(figsize=(WIDTH, 1.1 + _ROW * (sum(counts) + 2 * len(counts))))
        grid = figure.subplots(
            len(counts),
            sharex=True,
            squeeze=False,
            height_ratios=[c + 1 for c in counts],
        )[:, 0]
        drawn = zip(grid, panels.items(), looks(panels).values(), strict=True)
        for axes, (name, rows), look in drawn:
            order = sorted(rows, key=lambda row: -np.mean(rows[row]))
            if band:
                axes.axvspan(-band, band, color=FAINT, alpha=0.35, linewidth=0)
            axes.axvline(0, color=INK, linewidth=1.2)
            for place, row in enumerate(order):
                mean, height = np.mean(rows[row]), [place] * len(rows[row])
                axes.plot([0, mean], [place, place], color=look.colour, linewidth=1.2)
                axes.plot(rows[row], height, "o", color=look.colour, mfc=CARD, ms=4)
                axes.plot(mean, place, "D", color=look.colour, ms=6)
            axes.set_yticks(range(len(order)), order)
            axes.set_ylim(len(order) - 0.4, -0.6)
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x")
            label(axes, x_label if axes is grid[-1] else "", "", name)
        mark_numbers(grid[-1].xaxis)
        return finish(figure, title)

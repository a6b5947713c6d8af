"""What goes in, what is done to it in turn, what comes out."""

import functools
import itertools
from collections.abc import Sequence

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Canvas, text_width

_HEIGHT = 0.62
_GAP = 0.42


def flow(
    stages: Sequence[str | tuple[str, str] | tuple[str, str, str]],
    title: str = "",
    *,
    width: float = 9.0,
) -> Figure:
    r"""Draw boxes and arrows from left to right, with shapes under the arrows.

    A drawing too wide for the page goes on in a next row.

    Args:
        stages: In order, each a name; or (name, shape of what leaves it); or (name,
            shape, kind), where kind is one of "plain", "token", "encoder", "decoder",
            "context", "attention", "norm", "feed-forward".
        title: Title of the drawing.
        width: Width of the page in inches.

    Raises:
        ValueError: If there is no stage, or a kind is unknown.

    Example:
        >>> figure = flow([("tokens", "b s"), ("GRU", "b d"), "c"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['tokens', 'b s', 'GRU', 'b d', 'c']
    """
    stages = [_stage(stage) for stage in stages]
    if not stages:
        raise ValueError("flow needs at least one stage, got none")
    sizes = [max(0.7, text_width(name)) for name, _, _ in stages]
    gaps = [max(_GAP, text_width(shape, SMALL) + 0.1) for _, shape, _ in stages]
    rows = _rows(sizes, gaps, width - 0.3)
    gaps[-1] = 0.0
    used = max(sum(sizes[i] + gaps[i] for i in row) for row in rows)
    pitch = 1.05
    canvas = Canvas(min(width, used + 0.3), pitch * len(rows) - 0.05, title)
    for number, row in enumerate(rows):
        y = pitch * (len(rows) - number) - 0.5
        x = 0.15
        for i in row:
            name, shape, kind = stages[i]
            box = canvas.box(x + sizes[i] / 2, y, sizes[i], _HEIGHT, name, kind)
            x += sizes[i]
            if i + 1 < len(stages):
                canvas.arrow(box.right, (x + gaps[i], y))
                if shape:
                    middle = x + gaps[i] / 2 - 0.03
                    canvas.text(middle, y - 0.07, shape, size=SMALL, va="top")
            elif shape:
                canvas.text(box.x, y - _HEIGHT / 2 - 0.04, shape, size=SMALL, va="top")
            x += gaps[i]
    return canvas.done()


def _stage(stage) -> tuple[str, str, str]:
    parts = (stage,) if isinstance(stage, str) else tuple(stage)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"a stage is (name, shape, kind), got {stage!r}")
    defaults = ("", "", "plain")
    return parts + defaults[len(parts) :]


def _rows(sizes, gaps, width) -> list[list[int]]:
    """Break stages into as few rows as fit the page, and those alike in width."""
    ends = [0.0, *itertools.accumulate(s + g for s, g in zip(sizes, gaps, strict=True))]
    count = len(sizes)

    @functools.cache
    def best(first: int) -> tuple[int, float, int]:
        """Rows, unevenness and end of the first row, for all stages from `first`."""
        if first == count:
            return 0, 0.0, count
        found = []
        for end in range(first + 1, count + 1):
            wide = ends[end] - ends[first]
            if wide <= width or end == first + 1:
                rows, uneven, _ = best(end)
                found.append((1 + rows, wide**2 + uneven, end))
        return min(found)

    rows, first = [], 0
    while first < count:
        end = best(first)[2]
        rows.append(list(range(first, end)))
        first = end
    return rows

"""What a reader sees of a figure, measured with the Agg renderer."""

import itertools
import math
import weakref

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

_shown = weakref.WeakKeyDictionary()


def shown_texts(figure):
    """Every text that is drawn, with its box in pixels."""
    # What the figure showed when it was last drawn, while nothing in it changes.
    if figure.stale or figure not in _shown:
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        _shown[figure] = _measured(figure)
    return _shown[figure]


def _measured(figure):
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            texts = axis.findobj(Text)
            hidden.update(set(texts) - _drawn(axis, texts) if axes.axison else texts)
    return [
        (text, Text.get_window_extent(text))
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in hidden
    ]


def _drawn(axis, texts):
    """The texts of an axis that are its label, or mark a place within its limits."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    drawn = set(texts)
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if not low - slack <= tick.get_loc() <= high + slack:
            drawn -= {tick.label1, tick.label2}
    return drawn


def outside(figure):
    """The texts that the edge of the figure cuts."""
    texts = shown_texts(figure)
    width, height = figure.canvas.get_width_height()
    return [
        text.get_text()
        for text, box in texts
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def overlapping(figure):
    """Pairs of texts that lie on each other."""
    upright, slanted = [], []
    for text, box in shown_texts(figure):
        if text.get_rotation() % 90:
            slanted.append(text)
        else:
            upright.append((text, box.extents))
    boxes = np.array([extents for _, extents in upright]).reshape(-1, 4)
    low = np.maximum(boxes[:, None, :2], boxes[:, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    touching = np.triu((high - low > 1).all(-1), k=1)
    found = [(upright[i][0], upright[j][0]) for i, j in np.argwhere(touching)]
    pairs = itertools.combinations(slanted, 2)
    found += [pair for pair in pairs if _slanted_touch(*pair)]
    return [(text.get_text(), other.get_text()) for text, other in found]


def _slanted_touch(text, other):
    """Whether two parallel names overlap: measured across their direction."""
    if text.get_rotation() != other.get_rotation():
        return False
    angle = math.radians(text.get_rotation())
    place, second = (
        t.get_transform().transform(t.get_position()) for t in (text, other)
    )
    across = abs((place[0] - second[0]) * math.sin(angle))
    along_y = abs(place[1] - second[1])
    height = text.get_fontsize() / 72 * text.figure.dpi
    return along_y < 1 and across < 0.8 * height


def words(figure):
    """Every text of a figure, as one set."""
    return {text.get_text() for text, _ in shown_texts(figure)}


def assert_readable(figure):
    """Nothing is cut, nothing lies on anything else."""
    assert outside(figure) == []
    assert overlapping(figure) == []

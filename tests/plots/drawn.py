"""What a reader sees of a figure, measured with the Agg renderer."""

import itertools
import math

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text


def shown_texts(figure):
    """Every text that is drawn, with its box in pixels."""
    FigureCanvasAgg(figure).draw()
    hidden = {
        text
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for text in axis.findobj(Text)
        if not (axes.axison and _inside_limits(axis, text))
    }
    texts = [
        text
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in hidden
    ]
    return [(text, Text.get_window_extent(text)) for text in texts]


def _inside_limits(axis, text):
    """Whether a text of an axis is its label, or marks a place within its limits."""
    low, high = sorted(axis.get_view_interval())
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if text is tick.label1 or text is tick.label2:
            slack = 1e-9 * (high - low)
            return low - slack <= tick.get_loc() <= high + slack
    return True


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
    found = []
    for (text, box), (other, second) in itertools.combinations(shown_texts(figure), 2):
        if text.get_rotation() % 90 or other.get_rotation() % 90:
            touch = _slanted_touch(text, other)
        else:
            wide = min(box.x1, second.x1) - max(box.x0, second.x0)
            high = min(box.y1, second.y1) - max(box.y0, second.y0)
            touch = wide > 1 and high > 1
        if touch:
            found.append((text.get_text(), other.get_text()))
    return found


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


def boxes(figure):
    """Every box of a drawing with the texts whose middle lies in it."""
    found = []
    texts = shown_texts(figure)
    for patch in figure.findobj(FancyBboxPatch):
        frame = patch.get_window_extent()
        inside = [
            (text.get_text(), box)
            for text, box in texts
            if frame.contains((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        ]
        found.append((frame, inside))
    return found


def spilling(figure):
    """Texts that are wider or higher than the box that they stand in."""
    return [
        text
        for frame, inside in boxes(figure)
        for text, box in inside
        if box.x0 < frame.x0
        or box.x1 > frame.x1
        or box.y0 < frame.y0
        or box.y1 > frame.y1
    ]


def words(figure):
    """Every text of a figure, as one set."""
    return {text.get_text() for text, _ in shown_texts(figure)}


def assert_readable(figure):
    """Nothing is cut, nothing lies on anything else, no text leaves its box."""
    assert outside(figure) == []
    assert overlapping(figure) == []
    assert spilling(figure) == []

"""A recurrent encoder and decoder, unrolled over a sentence and its translation."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Box, Canvas
from keras_transformer.plots.diagrams.recurrent_attention import draw_with_attention
from keras_transformer.plots.diagrams.tokens import (
    CELL,
    column,
    draw_encoder,
    draw_token,
)
from keras_transformer.plots.figure import INK
from keras_transformer.plots.palette import GREEN

CONTEXTS = ("start", "every_step", "attention")
_MIDDLE = 0.9  # inches of room for the context


def recurrent_encoder_decoder(
    source: Sequence[str],
    target: Sequence[str],
    context: str = "start",
    *,
    title: str = "",
    start: str = "[START]",
    bidirectional: bool = True,
) -> Figure:
    r"""Draw the cells of an encoder and a decoder, and what goes from one to the other.

    $$ m_s = f(m_{s-1}, x_s) \qquad h_t = g(h_{t-1}, y_{t-1}, c) $$

    At each step the decoder reads the token that it wrote before.

    Args:
        source: Tokens that the encoder reads.
        target: Tokens that the decoder writes.
        context: `"start"`: the context c, made of the last states of the encoder, is
            the first state of the decoder; `"every_step"`: each step also reads it;
            `"attention"`: each step makes its own, by looking at all states.
        title: Title of the drawing.
        start: The token that the decoder reads first.
        bidirectional: Whether the encoder reads from both ends.

    Raises:
        ValueError: If `context` is something else, or a side has no token.

    Example:
        >>> figure = recurrent_encoder_decoder(["Ruf", "an"], ["Call", "[END]"])
        >>> [text.get_text() for text in figure.axes[0].texts if "$" in text.get_text()]
        ['$m_{1}$', '$m_{2}$', '$c$', '$h_{1}$', '$h_{2}$']
    """
    if context not in CONTEXTS:
        raise ValueError(f"context must be one of {CONTEXTS}, got {context!r}")
    if not source or not target:
        raise ValueError(
            f"both sides need a token, got {len(source)} source, {len(target)} target"
        )
    if context == "attention":
        return draw_with_attention(source, target, start, bidirectional, title)
    return _draw(source, target, start, bidirectional, context == "every_step", title)


def _draw(source, target, start, bidirectional, every_step, title) -> Figure:
    left = column(source)
    right = column([start, *target])
    first = 0.15 + left * len(source) + _MIDDLE
    canvas = Canvas(first + right * len(target) + 0.15, 2.6, title)
    low, centre, high = 0.55, 1.5, 2.3
    across = [0.15 + left * (i + 0.5) for i in range(len(source))]
    states = draw_encoder(canvas, source, across, low, centre, bidirectional)
    summary = canvas.box(first - _MIDDLE / 2, centre, CELL, CELL, "$c$", "context")
    canvas.arrow(states[-1].right, summary.left)
    if bidirectional and len(states) > 1:
        above = centre + 0.45
        canvas.path(
            [states[0].top, (states[0].x, above), (summary.x, above), summary.top]
        )
    bus = low + 0.37
    if every_step:
        end = first + right * (len(target) - 0.5) - 0.12
        canvas.path(
            [summary.bottom, (summary.x, bus), (end, bus)], colour=GREEN, head=False
        )
    before: Box = summary
    for i, (given, written) in enumerate(zip([start, *target], target, strict=False)):
        x = first + right * (i + 0.5)
        cell = canvas.box(x, centre, CELL, CELL, f"$h_{{{i + 1}}}$", "decoder")
        word = draw_token(canvas, x, low, given)
        beside = x + (0.08 if every_step else 0.0)
        canvas.arrow((beside, word.top[1]), (beside, cell.bottom[1]))
        if every_step:
            canvas.arrow((x - 0.12, bus), (x - 0.12, cell.bottom[1]), colour=GREEN)
        canvas.arrow(cell.top, draw_token(canvas, x, high, written).bottom)
        canvas.arrow(before.right, cell.left, colour=INK if i else GREEN)
        before = cell
    captions = (
        (0.15 + left * len(source) / 2, 0.15, "the encoder reads"),
        (first + right * len(target) / 2, 0.15, "the decoder reads the token before"),
        (first - 0.05, high, "and writes"),
    )
    for x, y, text in captions:
        canvas.text(x, y, text, size=SMALL, ha="right" if y == high else "center")
    return canvas.done()

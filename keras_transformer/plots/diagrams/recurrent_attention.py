"""A recurrent decoder that looks back at every state of the encoder."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Canvas
from keras_transformer.plots.diagrams.tokens import (
    CELL,
    column,
    draw_encoder,
    draw_token,
)
from keras_transformer.plots.palette import GREEN, PURPLE

_NAMES = 1.55  # inches of room for the names of the rows


def draw_with_attention(
    source: Sequence[str],
    target: Sequence[str],
    start: str,
    bidirectional: bool,
    title: str,
) -> Figure:
    """Draw the decoder above the encoder, and between them a context a step.

    Each step looks with the state before, and then steps (Bahdanau et al. 2015).

    Args:
        source: Tokens that the encoder reads.
        target: Tokens that the decoder writes.
        start: The token that the decoder reads first.
        bidirectional: Whether the encoder reads from both ends.
        title: Title of the drawing.
    """
    words, cells, contexts, states, outputs = 0.3, 1.05, 2.25, 3.1, 3.9
    below, above = column(source), column([start, *target])
    wide = max(below * len(source), above * (len(target) + 1))
    canvas = Canvas(wide + _NAMES + 0.15, 4.2, title)
    centre = _NAMES + wide / 2
    for y, name in (
        (words, "source"),
        (cells, "encoder states:\nkeys and values"),
        (contexts, "a context a step"),
        (states, "decoder states:\nqueries"),
        (outputs, "target"),
    ):
        canvas.text(0.1, y, name, size=SMALL, ha="left")
    across = [centre + below * (i - (len(source) - 1) / 2) for i in range(len(source))]
    memory = draw_encoder(canvas, source, across, words, cells, bidirectional)
    across = [centre + above * (i - len(target) / 2) for i in range(len(target) + 1)]
    word = draw_token(canvas, across[0], outputs, start)
    before = None
    for i, (x, token) in enumerate(zip(across[1:], target, strict=True)):
        mixed = canvas.box(x, contexts, CELL, CELL, f"$c_{{{i + 1}}}$", "context")
        for state in memory:
            canvas.path([state.top, mixed.bottom], colour=PURPLE, head=False, thin=True)
        cell = canvas.box(x, states, CELL, CELL, f"$h_{{{i + 1}}}$", "decoder")
        canvas.arrow(mixed.top, cell.bottom, colour=GREEN)
        read = (word.x + 0.12, word.bottom[1])
        canvas.arrow(read, (cell.left[0], cell.y + 0.12), dashed=True)
        if before:
            canvas.arrow(before.right, cell.left)
            asks = (before.x + 0.12, before.bottom[1])
            canvas.arrow(asks, (mixed.left[0], mixed.y + 0.1), colour=PURPLE)
        word = draw_token(canvas, x, outputs, token)
        canvas.arrow(cell.top, word.bottom)
        before = cell
    return canvas.done()

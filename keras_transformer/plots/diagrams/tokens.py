"""Sentences as the drawings show them: their tokens, and the cells that read them."""

from collections.abc import Sequence

from keras_transformer.plots.diagrams.canvas import SMALL, Box, Canvas, text_width

CELL = 0.44  # inches: a recurrent cell is a square
HEIGHT = 0.34  # of a token


def column(tokens: Sequence[str]) -> float:
    """Return how wide a column must be for tokens to stand side by side.

    Args:
        tokens: What stands in the columns.
    """
    return max(0.72, max(text_width(t, SMALL, math=False) for t in tokens) + 0.12)


def draw_token(canvas: Canvas, x: float, y: float, token: str) -> Box:
    """Draw a token as it stands in a sentence.

    Args:
        canvas: Where to draw.
        x: Centre.
        y: Centre.
        token: The token.
    """
    width = max(0.4, text_width(token, SMALL, math=False))
    return canvas.box(x, y, width, HEIGHT, token, "token", size=SMALL, math=False)


def draw_encoder(
    canvas: Canvas,
    source: Sequence[str],
    across: Sequence[float],
    words: float,
    cells: float,
    bidirectional: bool,
) -> list[Box]:
    """Draw a sentence and the cells that read it.

    Args:
        canvas: Where to draw.
        source: Tokens.
        across: The horizontal place of each token.
        words: The vertical place of the tokens.
        cells: The vertical place of the cells.
        bidirectional: Whether the cells pass on what they read in both directions.

    Returns:
        The cells.
    """
    states: list[Box] = []
    for i, (x, token) in enumerate(zip(across, source, strict=True)):
        word = draw_token(canvas, x, words, token)
        cell = canvas.box(x, cells, CELL, CELL, f"$m_{{{i + 1}}}$", "encoder")
        canvas.arrow(word.top, cell.bottom)
        if states:
            canvas.arrow(states[-1].right, cell.left, both=bidirectional)
        states.append(cell)
    return states

"""The whole Transformer: two towers, and the one path between them."""

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Box, Canvas
from keras_transformer.plots.palette import BLUE, PURPLE

_LEFT, _RIGHT = 2.55, 6.35  # inches: the middle of each tower
_WIDTH = 1.95
_STEP = 0.62


def transformer(num_layers: int = 6, *, title: str = "") -> Figure:
    """Draw encoder and decoder, from tokens to the next token, with every mask.

    Residuals and normalisations inside the blocks are left out: `transformer_block`
    draws them.

    Args:
        num_layers: Blocks in the encoder, and as many in the decoder.
        title: Title of the drawing.

    Raises:
        ValueError: If there is no block.

    Example:
        >>> figure = transformer(2)
        >>> [text.get_text() for text in figure.axes[0].texts if "×" in text.get_text()]
        ['embedding × √d', 'embedding × √d', '2 ×', '2 ×']
    """
    if num_layers < 1:
        raise ValueError(f"a stack needs at least one block, got {num_layers}")
    canvas = Canvas(9.0, 5.75, title)
    first = 2.25  # the lowest box of both stacks
    source = _entrance(canvas, _LEFT, "source  (b, s)")
    target = _entrance(canvas, _RIGHT, "target so far  (b, t)")
    names = ("self-attention", "feed-forward")
    encoder = _stack(canvas, _LEFT, first, source, names, num_layers)
    names = ("causal self-attention", "cross-attention", "feed-forward")
    decoder = _stack(canvas, _RIGHT, first, target, names, num_layers)
    memory = canvas.box(_LEFT, encoder[-1].y + 0.85, _WIDTH, 0.36, "layer norm", "norm")
    canvas.arrow(encoder[-1].top, memory.bottom)
    exits = (("layer norm", "norm"), ("embedding, transposed", "context"))
    below = decoder[-1]
    for i, (name, kind) in enumerate(exits):
        y = decoder[-1].y + 0.85 + _STEP * i
        box = canvas.box(_RIGHT, y, _WIDTH, 0.36, name, kind)
        canvas.arrow(below.top, box.bottom)
        below = box
    canvas.arrow(below.top, (_RIGHT, below.y + 0.46))
    canvas.text(_RIGHT, below.y + 0.6, "logits of the next token  (b, t, v)")
    _bridge(canvas, memory, decoder[1])
    _mask(canvas, encoder[0], "padding mask\n(b, 1, s)", left=True)
    _mask(canvas, decoder[0], "causal mask\n(1, t, t)", left=False)
    _mask(canvas, decoder[1], "padding mask\n(b, 1, s)", left=False)
    canvas.text(4.45, 0.82, "one matrix for\nall green boxes", size=SMALL)
    return canvas.done()


def _entrance(canvas, x, name) -> Box:
    """Tokens, embedding and positions; the last of them."""
    canvas.text(x, 0.2, name)
    below = (x, 0.36)
    for i, (text, kind) in enumerate(
        (("embedding × √d", "context"), ("+ positions", "plain"))
    ):
        box = canvas.box(x, 0.82 + _STEP * i, _WIDTH, 0.36, text, kind)
        canvas.arrow(below, box.bottom)
        below = box.top
    return box


def _stack(canvas, x, y, entrance, names, num_layers) -> list[Box]:
    """The sub-layers of one block in a frame, and how often it is repeated."""
    below, boxes = entrance, []
    for i, name in enumerate(names):
        kind = "feed-forward" if name == "feed-forward" else "attention"
        box = canvas.box(x, y + _STEP * i, _WIDTH, 0.4, name, kind)
        canvas.arrow(below.top, box.bottom)
        below = box
        boxes.append(box)
    left, right = x - _WIDTH / 2 - 0.12, x + _WIDTH / 2 + 0.12
    low, high = y - 0.34, below.y + 0.34
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    canvas.path(corners, head=False, thin=True)
    canvas.text(left - 0.1, high - 0.12, f"{num_layers} ×", ha="right")
    return boxes


def _bridge(canvas, memory, cross) -> None:
    """The memory's way into the cross-attention of every decoder block."""
    middle = (memory.right[0] + cross.left[0]) / 2
    above = memory.top[1] + 0.3
    points = [memory.top, (memory.x, above), (middle, above), (middle, cross.y)]
    canvas.path([*points, cross.left], colour=BLUE)
    canvas.text(memory.x, above + 0.18, "memory  (b, s, d)")


def _mask(canvas, box, text, left) -> None:
    side = box.left if left else box.right
    away = -1 if left else 1
    canvas.arrow((side[0] + 0.55 * away, box.y), side, colour=PURPLE, dashed=True)
    canvas.text(
        side[0] + 0.62 * away, box.y, text, size=SMALL, ha="right" if left else "left"
    )

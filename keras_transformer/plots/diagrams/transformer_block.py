"""One block of the Transformer."""

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Box, Canvas
from keras_transformer.plots.palette import BLUE

NORMS = ("pre", "post")
_PITCH = 0.62
_WIDTH = 1.95


def transformer_block(
    norm: str = "pre", decoder: bool = False, *, title: str = ""
) -> Figure:
    """Draw one block of the Transformer, with its residual connections.

    ```
    pre-norm:    x + sublayer(norm(x))
    post-norm:   norm(x + sublayer(x))
    ```

    Args:
        norm: `"pre"`: layer normalisation stands before each sublayer; `"post"`: after
            each sum.
        decoder: Whether self-attention is causal and cross-attention follows it.
        title: Title of the drawing.

    Raises:
        ValueError: If `norm` is something else.

    Example:
        >>> figure = transformer_block("post")
        >>> [text.get_text() for text in figure.axes[0].texts][1:4]
        ['self-attention', '+', 'layer norm']
    """
    if norm not in NORMS:
        raise ValueError(f"norm must be one of {NORMS}, got {norm!r}")
    sublayers = [("self-attention", "attention"), ("feed-forward", "feed-forward")]
    if decoder:
        sublayers[0] = ("causal self-attention", "attention")
        sublayers.insert(1, ("cross-attention", "attention"))
    height = 0.95 + 3 * _PITCH * len(sublayers)
    canvas = Canvas(4.6 if decoder else 3.6, height, title)
    x, y = 1.8, 0.25
    canvas.text(x, y, "$x$  (b, t, d)")
    below = (x, y + 0.15)
    for name, kind in sublayers:
        below, y = _sublayer(canvas, x, y, below, name, kind, norm)
    end = (x, y + _PITCH)
    canvas.arrow(below, (x, end[1] - 0.2))
    canvas.text(x, end[1] - 0.05, "output  (b, t, d)")
    return canvas.done()


def _sublayer(canvas, x, y, below, name, kind, norm):
    fork = (x, below[1] + 0.1)
    order = ["norm", "layer", "sum"] if norm == "pre" else ["layer", "sum", "norm"]
    for part in order:
        y += _PITCH
        if part == "norm":
            box = canvas.box(x, y, _WIDTH, 0.36, "layer norm", "norm")
        elif part == "layer":
            box = canvas.box(x, y, _WIDTH, 0.42, name, kind)
            if name == "cross-attention":
                canvas.arrow((box.right[0] + 0.5, y), box.right, colour=BLUE)
                canvas.text(
                    box.right[0] + 0.55, y, "memory\n(b, s, d)", size=SMALL, ha="left"
                )
        else:
            box = _sum(canvas, x, y)
            rail = x - _WIDTH / 2 - 0.35
            canvas.path([fork, (rail, fork[1]), (rail, y), box.left])
        canvas.arrow(below, box.bottom)
        below = box.top
    return below, y


def _sum(canvas, x, y) -> Box:
    return canvas.box(x, y, 0.34, 0.34, "+", "plain")

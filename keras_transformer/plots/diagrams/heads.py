"""Multi-head attention: split, attend, concatenate, project."""

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Canvas

_MOST = 4  # heads that are all drawn
_PITCH = 0.72


def heads(num_heads: int, width: int, *, title: str = "") -> Figure:
    r"""Draw how a width is split over heads and put together again.

    $$ \mathrm{concat}(\mathrm{head}_1, …, \mathrm{head}_h)\, W^O $$

    Args:
        num_heads: Number of heads h.
        width: Width of the model d.
        title: Title of the drawing.

    Raises:
        ValueError: If the number of heads does not divide the width.

    Example:
        >>> figure = heads(2, 64)
        >>> [t.get_text() for t in figure.axes[0].texts if "head" in t.get_text()]
        ['head 1: attend', 'head 2: attend']
    """
    if num_heads < 1 or width % num_heads:
        raise ValueError(
            f"num_heads must divide width, got num_heads={num_heads}, width={width}"
        )
    shown: list[int | None] = list(range(1, num_heads + 1))
    if num_heads > _MOST:
        shown = [1, 2, None, num_heads]
    part = width // num_heads
    height = max(1.6, _PITCH * len(shown) + 0.2) + 0.75
    canvas = Canvas(9.0, height, title)
    middle = 0.65 + (height - 0.75) / 2
    tall = height - 0.95
    levels = [middle + _PITCH * ((len(shown) - 1) / 2 - i) for i in range(len(shown))]
    entered = canvas.box(0.75, middle, 1.1, 0.62, "query,\nkey, value", "token")
    projected = canvas.box(
        2.3, middle, 1.1, tall, "project\n$W^Q, W^K, W^V$\nand split"
    )
    joined = canvas.box(6.25, middle, 1.1, tall, "concatenate", "context")
    output = canvas.box(7.65, middle, 0.95, 0.62, "project\n$W^O$")
    canvas.arrow(entered.right, projected.left)
    canvas.arrow(joined.right, output.left)
    canvas.arrow(output.right, (8.75, middle))
    for number, y in zip(shown, levels, strict=True):
        if number is None:
            canvas.text(4.3, y, "⋮", size=14)
            continue
        head = canvas.box(4.3, y, 1.3, 0.5, f"head {number}: attend", "attention")
        canvas.arrow((projected.right[0], y), head.left)
        canvas.arrow(head.right, (joined.left[0], y))
    for x, shape in (
        (0.75, f"(b, t, {width})"),
        (2.3, f"(b, {num_heads}, t, {part})"),
        (4.3, f"{num_heads} × (b, t, {part})"),
        (6.25, f"(b, t, {width})"),
        (7.65, f"(b, t, {width})"),
    ):
        canvas.text(x, 0.3, shape, size=SMALL)
    return canvas.done()

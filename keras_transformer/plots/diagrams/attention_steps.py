"""The three steps of attention: score, softmax, weighted sum."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from keras_transformer.plots.diagrams.canvas import SMALL, Canvas, text_width
from keras_transformer.plots.palette import BLUE, GREEN, PURPLE


def attention_steps(
    query: str,
    keys: Sequence[str],
    *,
    scores: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
    title: str = "",
) -> Figure:
    r"""Draw score, softmax and weighted sum for one query.

    $$ e_s = \mathrm{score}(q, k_s) \qquad
       \alpha_s = \mathrm{softmax}(e)_s \qquad c = \sum_s \alpha_s v_s $$

    Args:
        query: Name of the query.
        keys: Names of the keys.
        scores: The score of each key, written in its box.
        weights: The weight of each key, written in its box.
        title: Title of the drawing.

    Raises:
        ValueError: If there is no key, or not one number a key.

    Example:
        >>> figure = attention_steps("to", ["lái", "Běijīng"], weights=[0.6, 0.4])
        >>> [text.get_text() for text in figure.axes[0].texts if "=" in text.get_text()]
        ['$\\alpha_{1}$ = 0.60', '$\\alpha_{2}$ = 0.40']
    """
    if not keys:
        raise ValueError("attention needs at least one key, got none")
    for name, numbers in (("scores", scores), ("weights", weights)):
        if numbers is not None and len(numbers) != len(keys):
            raise ValueError(
                f"{name} needs one number a key, got {len(numbers)} for "
                f"{len(keys)} keys"
            )
    count, pitch = len(keys), 0.62
    height = pitch * count + 1.15
    name = max(0.75, *(text_width(key, math=False) for key in (query, *keys)))
    canvas = Canvas(name + 7.0, height, title)
    top = height - 0.45
    columns = {"key": 0.15 + name / 2, "score": name + 1.15, "softmax": name + 2.55}
    columns |= {
        "weight": name + 3.75,
        "value": name + 5.0,
        "context": name + 6.45,
        "sum": name + 5.75,
    }
    for at, text in (
        ("score", "1  score"),
        ("softmax", "2  softmax"),
        ("sum", "3  weighted sum"),
    ):
        canvas.text(columns[at], top + 0.2, text)
    levels = [top - pitch * (i + 0.5) for i in range(count)]
    middle = (levels[0] + levels[-1]) / 2
    asked = canvas.box(columns["key"], 0.3, name, 0.42, query, "decoder", math=False)
    canvas.text(columns["key"], top + 0.2, "keys")
    softmax = canvas.box(
        columns["softmax"],
        middle,
        0.8,
        pitch * (count - 1) + 0.44,
        "softmax",
        "attention",
    )
    context = canvas.box(columns["context"], middle, 0.55, 0.55, "$c$", "context")
    for i, (key, y) in enumerate(zip(keys, levels, strict=True)):
        known = canvas.box(columns["key"], y, name, 0.42, key, "encoder", math=False)
        score = canvas.box(
            columns["score"], y, 1.05, 0.42, _text("e", i, scores), "plain"
        )
        weight = canvas.box(
            columns["weight"], y, 1.05, 0.42, _text("\\alpha", i, weights), "attention"
        )
        value = canvas.box(
            columns["value"], y, 0.85, 0.42, f"$\\times\\; v_{{{i + 1}}}$", "encoder"
        )
        canvas.arrow(known.right, score.left, colour=BLUE)
        canvas.arrow(score.right, (softmax.left[0], y))
        canvas.arrow((softmax.right[0], y), weight.left, colour=PURPLE)
        canvas.arrow(weight.right, value.left, colour=PURPLE)
        canvas.arrow(value.right, context.left, colour=GREEN)
    rail = columns["score"] - 0.72
    canvas.path([asked.right, (rail, asked.y)], head=False)
    canvas.path([(rail, asked.y), (rail, levels[0])], head=False)
    canvas.text(
        rail + 0.1, asked.y, "query, compared with every key", size=SMALL, ha="left"
    )
    return canvas.done()


def _text(symbol: str, index: int, numbers) -> str:
    text = f"${symbol}_{{{index + 1}}}$"
    return text if numbers is None else f"{text} = {float(numbers[index]):.2f}"

"""The attention viewer: lines as thick as weights, and words that can be hidden.

Axes: `h` head, `t` row, the one who looks, `s` column, what is looked at.
"""

import base64
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_transformer.plots.html_heatmap import html_heatmap
from keras_transformer.plots.views.view import View

_MOST = 2**16 - 1


@dataclasses.dataclass(frozen=True)
class AttentionMap:
    """One kind of attention, as the viewer draws it.

    Args:
        weights: `[t, s]`, `[h, t, s]` or `[layer, h, t, s]`, numbers from 0 to 1.
        rows: Tokens that look.
        columns: Tokens that are looked at.
        gold: Cells (t, s) of the true alignment.
        row_label: What the rows are.
        column_label: What the columns are.
        source: Whether the columns are the source tokens, which can be hidden.
        target: Whether the rows are the tokens of the translation.

    Raises:
        ValueError: If weights and tokens do not agree, a weight is not in 0 to 1, or a
            gold cell lies outside.
    """

    weights: Any
    rows: Sequence[str]
    columns: Sequence[str]
    gold: Sequence[tuple[int, int]] = ()
    row_label: str = "query"
    column_label: str = "key"
    source: bool = False
    target: bool = False

    def __post_init__(self):
        weights = np.asarray(self.weights, "float32")
        rows, columns = list(map(str, self.rows)), list(map(str, self.columns))
        if not 2 <= weights.ndim <= 4 or weights.shape[-2:] != (
            len(rows),
            len(columns),
        ):
            raise ValueError(
                "a view needs weights [t, s], [h, t, s] or [layer, h, t, s], a row a "
                f"row token and a column a column token, got {weights.shape}, "
                f"{len(rows)} rows, {len(columns)} columns"
            )
        # Written so that NaN, which no comparison holds for, is refused too.
        if not np.all((weights >= -1e-3) & (weights <= 1 + 1e-3)):
            raise ValueError(
                "attention weights must be numbers from 0 to 1, got "
                f"{weights.min():g} to {weights.max():g}"
            )
        for t, s in self.gold:
            if not (0 <= t < len(rows) and 0 <= s < len(columns)):
                raise ValueError(
                    f"a gold cell (t, s) lies inside the weights, got ({t}, {s}) for "
                    f"{(len(rows), len(columns))}"
                )
        weights = weights.reshape((1,) * (4 - weights.ndim) + weights.shape)
        for name, value in (("weights", weights), ("rows", rows), ("columns", columns)):
            object.__setattr__(self, name, value)

    def packed(self) -> dict[str, Any]:
        """What the script reads: 16 bits a weight, a third of their digits."""
        numbers = np.rint(np.clip(self.weights, 0, 1) * _MOST).astype("<u2")
        return {
            "shape": list(numbers.shape),
            "weights": base64.b64encode(numbers.tobytes()).decode(),
            "rows": self.rows,
            "columns": self.columns,
            "gold": [[int(t), int(s)] for t, s in self.gold],
            "row_label": self.row_label,
            "column_label": self.column_label,
            "hides": self.source,
            "changes": self.target,
        }


def attention_view(
    panels: Sequence[Mapping[str, Any]],
    title: str = "",
    answer: Callable[[dict], dict] | None = None,
) -> View:
    """Draw the attention of models side by side.

    Args:
        panels: For each model its `name`; its `states`, by the numbers of the hidden
            words ("" for none), each the `text` that was written and the `maps` by
            name, `AttentionMap`; and where words can be hidden, the `words` and the
            word of each source token, `source_words`, `None` for what is no word.
        title: A line above.
        answer: What a kernel says of other words hidden; see `View`.
    """
    first = [panel["states"][""] for panel in panels]
    if not all(state["maps"] for state in first):
        raise ValueError("a view needs attention weights, got a model without any")
    still = []
    for panel, state in zip(panels, first, strict=True):
        kind, shown = next(iter(state["maps"].items()))
        count = shown.weights.shape[0] * shown.weights.shape[1]
        kind = f"{kind}, mean of {count} heads" if count > 1 else ""
        caption = ": ".join(filter(None, [panel["name"], state.get("text"), kind]))
        mean = shown.weights.mean((0, 1))
        still.append(html_heatmap(mean, shown.rows, shown.columns, caption))
    drawn = [
        {**panel, "states": {k: packed(s) for k, s in panel["states"].items()}}
        for panel in panels
    ]
    return View("attention", {"title": title, "panels": drawn}, still, answer)


def packed(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state of a panel, as the script reads it."""
    maps = {name: attention.packed() for name, attention in state["maps"].items()}
    return {**state, "maps": maps}


def view(
    weights: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    gold: Sequence[tuple[int, int]] = (),
    title: str = "",
) -> View:
    """Draw attention weights as lines between tokens, to be looked at one by one.

    Args:
        weights: `[t, s]`, `[h, t, s]` or `[layer, h, t, s]`, numbers from 0 to 1; or
            several of them by name, which stand side by side.
        rows: Tokens of the rows: who looks.
        columns: Tokens of the columns: what is looked at.
        gold: Cells (t, s) of the true alignment, drawn over the weights.
        title: A line above.

    Raises:
        ValueError: If weights and tokens do not agree, a weight is not in 0 to 1, or a
            gold cell lies outside.

    Example:
        >>> view([[0.5, 0.3, 0.2]], ["welcome"], ["欢迎", "来", "北京"])
                 欢迎    来  北京
        welcome  0.50  0.30  0.20
    """
    named = weights if isinstance(weights, Mapping) else {"": weights}
    panels = [
        {
            "name": name,
            "states": {
                "": {"maps": {"attention": AttentionMap(each, rows, columns, gold)}}
            },
        }
        for name, each in named.items()
    ]
    return attention_view(panels, title)

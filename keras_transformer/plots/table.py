"""Tables for notebooks: HTML, Markdown and plain text from the same rows."""

import html
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from keras_transformer.plots.plain import aligned

_NOTHING = "–"
_BEST = {"max": max, "min": min}


class Table:
    """Rows and columns that a notebook shows as a table.

    Args:
        header: Names of the columns.
        cells: Texts, a row a row.
        right: For each column, whether it is flush right.
        bold: (row, column) of what stands out.
        caption: A line above the table.
    """

    def __init__(
        self,
        header: Sequence[str],
        cells: Sequence[Sequence[str]],
        right: Sequence[bool],
        bold: frozenset[tuple[int, int]] = frozenset(),
        caption: str = "",
    ):
        self.header = list(header)
        self.cells = [list(row) for row in cells]
        self.right = list(right)
        self.bold = bold
        self.caption = caption

    def __repr__(self) -> str:
        lines = aligned([self.header, *self.cells], self.right, rule=True)
        return "\n".join([self.caption, *lines] if self.caption else lines)

    def _repr_markdown_(self) -> str:
        rule = ["---:" if right else ":---" for right in self.right]
        rows = [list(map(_escape_markdown, self.header)), rule]
        for i, row in enumerate(self.cells):
            texts = [_escape_markdown(cell) for cell in row]
            rows.append(
                [f"**{t}**" if (i, j) in self.bold else t for j, t in enumerate(texts)]
            )
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        if self.caption:
            lines = [_escape_markdown(self.caption), "", *lines]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = ["<table>"]
        if self.caption:
            style = "caption-side: top; text-align: left; font-weight: bold"
            parts.append(
                f'<caption style="{style}">{html.escape(self.caption)}</caption>'
            )
        heads = "".join(self._cell("th", t, j) for j, t in enumerate(self.header))
        parts.append(f"<thead><tr>{heads}</tr></thead><tbody>")
        for i, row in enumerate(self.cells):
            texts = "".join(
                self._cell("td", t, j, (i, j) in self.bold) for j, t in enumerate(row)
            )
            parts.append(f"<tr>{texts}</tr>")
        parts.append("</tbody></table>")
        return "\n".join(parts)

    def _cell(self, tag, text, column, bold=False):
        side = "right" if self.right[column] else "left"
        text = html.escape(text)
        if bold:
            text = f"<b>{text}</b>"
        style = f"text-align: {side}; padding: 0.2em 0.8em"
        return f'<{tag} style="{style}">{text}</{tag}>'


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    *,
    caption: str = "",
    highlight: str | Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
) -> Table:
    """Make a table of rows; a missing value and None are shown as a dash.

    Args:
        rows: A dictionary column → value for each row.
        columns: The columns to show, in order; by default all, as they first appear.
        caption: A line above the table.
        highlight: `"max"` or `"min"` sets the best number of every column in bold; a
            dictionary column → `"max"` or `"min"` does so for these columns.
        formats: Column → how its numbers are written, as in `{"BLEU": ".1f"}`.

    Raises:
        ValueError: If there is no row, a column is in no row, or `highlight` is
            something else.

    Example:
        >>> table(
        ...     [{"model": "GRU", "BLEU": 31.25}, {"model": "attention", "BLEU": 48.0}],
        ...     formats={"BLEU": ".1f"},
        ... )
        model      BLEU
        ---------  ----
        GRU        31.2
        attention  48.0
    """
    rows = [dict(row) for row in rows]
    present = list(dict.fromkeys(name for row in rows for name in row))
    columns = present if columns is None else list(columns)
    formats = dict(formats or {})
    if not rows:
        raise ValueError("a table needs at least one row, got none")
    named = [*columns, *formats, *(highlight if isinstance(highlight, Mapping) else ())]
    if strangers := [name for name in dict.fromkeys(named) if name not in present]:
        raise ValueError(f"a column must be in a row, got {strangers}, have {present}")
    cells = [[_write(row.get(c), formats.get(c)) for c in columns] for row in rows]
    right = [any(_number(row.get(c)) for row in rows) for c in columns]
    bold = frozenset(
        (i, j)
        for j, column in enumerate(columns)
        for i in _best([row.get(column) for row in rows], _rule(highlight, column))
    )
    return Table(columns, cells, right, bold, caption)


def _rule(highlight, column):
    rule = highlight.get(column) if isinstance(highlight, Mapping) else highlight
    if rule is not None and rule not in _BEST:
        raise ValueError(f'highlight must be "max", "min" or None, got {rule!r}')
    return rule


def _best(values, rule):
    found = [v for v in values if _number(v) and not math.isnan(v)]
    if rule is None or not found:
        return []
    best = _BEST[rule](found)
    return [i for i, value in enumerate(values) if _number(value) and value == best]


def _number(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _write(value, spec) -> str:
    if value is None or (_number(value) and math.isnan(value)):
        return _NOTHING
    if _number(value):
        whole = isinstance(value, numbers.Integral)
        return format(value, spec if spec is not None else "d" if whole else ".4g")
    return str(value)


def _escape_markdown(text: str) -> str:
    for character in "\\|*_`<[]$":
        text = text.replace(character, "\\" + character)
    return text.replace("\n", " ")

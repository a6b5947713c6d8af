"""Tables as plain text, in any script."""

import unicodedata
from collections.abc import Sequence


def columns_of(text: str) -> int:
    """Count the columns that a text fills in a terminal.

    Example:
        >>> columns_of("abc"), columns_of("欢迎")
        (3, 4)
    """
    return sum(
        0
        if unicodedata.combining(c)
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


def aligned(
    rows: Sequence[Sequence[str]], right: Sequence[bool], *, rule: bool = False
) -> list[str]:
    """Set rows of texts one below the other.

    Example:
        >>> aligned([["a", "10"], ["bcd", "5"]], [False, True])
        ['a    10', 'bcd   5']
    """
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            " " * (width - columns_of(text)) + text
            if flush
            else text + " " * (width - columns_of(text))
            for text, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
    if rule:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return lines

"""The rows of a table, and which of its columns hold the sentences."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keras_transformer.corpora.errors import CorpusError

Column = int | str
Columns = tuple[Column, Column]
Row = tuple[int, list[str]]

_LANGUAGES = "cs da de el en es fi fr he hu it ja ko nl pl pt ru sv tr uk vi zh"
SIDES = frozenset(f"source target src tgt trg {_LANGUAGES}".split())
"""What a first row holds that is no pair of sentences, but names them."""


def rows_of(lines: Iterable[str], where: str | Path, commas: bool) -> Iterator[Row]:
    """The rows of a table, each with the number of its last line.

    Args:
        lines: The lines, without their ends.
        where: What to call the table in an error.
        commas: Whether commas separate the columns, with quotation marks around what
            holds one (a line end within them becomes a space); else tabs do, and a
            quotation mark is text.

    Yields:
        Number and fields; a blank line has no fields.

    Raises:
        CorpusError: If a quotation mark is not closed.
    """
    if not commas:
        for number, line in enumerate(lines, start=1):
            yield number, line.split("\t") if line.strip() else []
        return
    reader = csv.reader((f"{line}\n" for line in lines), strict=True)
    try:
        for fields in reader:
            yield reader.line_num, [field.replace("\n", " ") for field in fields]
    except csv.Error as error:
        raise CorpusError(
            f"{where}:{reader.line_num}: must be CSV, got {error}"
        ) from error


def find_columns(
    rows: Iterator[Row],
    asked: Sequence[Column | None],
    where: str | Path,
    commas: bool = False,
    header: bool | None = None,
) -> tuple[list[int | None], bool, Iterator[Row]]:
    """The numbers of the columns that are asked for, and whether there is a header.

    Args:
        rows: The rows, as of `rows_of`.
        asked: Source, target, and whatever else: numbers, counted from 0, also as
            digits; or names in the header. `None` for source and target leaves them
            to `usual_columns`, for others it asks for none.
        where: What to call the table in an error.
        commas: Whether commas separate the columns.
        header: Whether the first row is a header; by default if it names a column.

    Returns:
        Numbers, header, and all of the rows.

    Raises:
        CorpusError: If a column is not there, or is asked for by name without a header.
    """
    top = list(itertools.islice(rows, 1))
    first = top[0][1] if top else []
    source, target, *others = asked
    if source is target is header is None:
        source, target = usual_columns(first, where, commas)
    asked = [0 if source is None else source, 1 if target is None else target, *others]
    named = [c for c in asked if isinstance(c, str) and (c in first or not _digits(c))]
    if header is None:
        header = bool(named)
    if named and not header:
        raise CorpusError(
            f"a column given by name must have a header, got {named[0]!r} "
            "with header=False"
        )
    numbers = [
        first.index(column)
        if column in named and column in first
        else _number(column, first, where)
        for column in asked
    ]
    return numbers, header, itertools.chain(top, rows)


def usual_columns(first: Sequence[str], where: str | Path, commas: bool) -> Columns:
    """The columns of source and target where nobody asks: the first two.

    By name, if the first row is a header: in a table with commas, as pandas and
    spreadsheets write it, it always is; elsewhere if it names languages or sides.

    Args:
        first: The first row.
        where: What to call the table in an error.
        commas: Whether commas separate the columns.

    Raises:
        CorpusError: If a header names more than two columns, or others first.

    Example:
        >>> usual_columns(["de", "en"], "t.tsv", commas=False)
        ('de', 'en')
        >>> usual_columns(["Ja.", "Yes.", "CC-BY"], "t.tsv", commas=False)
        (0, 1)
    """
    pair = tuple(first[:2])
    if not commas and len(SIDES.intersection(first)) < 2:
        return 0, 1
    if len({*pair}) == 2 and (len(first) == 2 if commas else SIDES.issuperset(pair)):
        return pair
    raise CorpusError(
        f"{where}:1: must have two columns, or two that are chosen (--columns SOURCE "
        f"TARGET), got {_listed(first)}"
    )


def _number(column, first, where):
    if column is None:
        return None
    if isinstance(column, str) and not _digits(column):
        raise CorpusError(
            f"{where}:1: must have a column {column!r} in its header, got "
            f"{_listed(first)}"
        )
    if int(column) < 0:
        raise CorpusError(f"a column number must be at least 0, got {column}")
    return int(column)


def _digits(text):
    return text.isascii() and text.isdecimal()


def _listed(names):
    return ", ".join(map(repr, names)) or "an empty file"

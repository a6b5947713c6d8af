"""Sentence pairs from files of any size, one at a time."""

import contextlib
import csv
import gzip
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.lines import BYTE_ORDER_MARK, GZIP_MAGIC

LONGEST_LINE = 1 << 20
"""Bytes of a line; a longer one is no sentence, and shall not fill the memory."""
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_ZIP_MAGIC = b"PK\x03\x04"


def stream_lines(path: str | Path) -> Iterator[str]:
    r"""The lines of a text file, one at a time.

    UTF-8 with or without a byte order mark, UTF-16 with one; plain, gzip-compressed, or
    the only member of a zip archive (but for notes, whose names begin with `_`), told
    by the first bytes and not by the name. Lines end with `\n`, and nothing else; the
    `\r` of a Windows line end is taken off.

    Args:
        path: The file.

    Raises:
        CorpusError: Naming file, line and rule, if the file cannot be read, is cut off,
            is neither UTF-8 nor UTF-16 with its mark, or has a line of more than 1 MiB.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(_decoded(file, path), start=1):  # noqa: B007
                yield line
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(f"{path}: must be a readable file, got {reason}") from error
    except (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise CorpusError(
            f"{path}:{number + 1}: must be a complete archive, got {error}"
        ) from error


@contextlib.contextmanager
def _opened(path) -> Iterator[BinaryIO]:
    if not Path(path).is_file() and Path(path).exists():
        raise CorpusError(f"{path}: must be a file, got a folder or a device")
    with open(path, "rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(GZIP_MAGIC):
            with gzip.GzipFile(fileobj=file) as inner:
                yield inner
        elif start == _ZIP_MAGIC:
            with zipfile.ZipFile(file) as archive:
                members = [
                    member
                    for member in archive.infolist()
                    if not (member.is_dir() or member.filename.startswith("_"))
                ]
                if len(members) != 1 or members[0].flag_bits & 1:
                    raise CorpusError(
                        f"{path}: a zip archive must hold one file, not encrypted, got "
                        f"{len(members)} files"
                    )
                with archive.open(members[0]) as inner:
                    yield inner
        else:
            yield file


def _decoded(file, path) -> Iterator[str]:
    file = io.BufferedReader(file) if not hasattr(file, "peek") else file
    mark = file.peek(2)[:2]
    if mark in _UTF16:
        file.read(2)
        text = io.TextIOWrapper(file, _UTF16[mark], newline="\n")
        try:
            yield from _utf16(text, path)
        finally:
            text.detach()  # who opened the file closes it
        return
    for number in itertools.count(1):
        data = file.readline(LONGEST_LINE)
        if not data:
            return
        if number == 1:
            data = data.removeprefix(BYTE_ORDER_MARK)
        try:
            line = data.decode("utf-8")
        except UnicodeDecodeError as error:
            if len(data) == LONGEST_LINE:
                _line("x" * LONGEST_LINE, LONGEST_LINE, path, number)
            raise CorpusError(
                f"{path}:{number}: must be UTF-8, got byte 0x{data[error.start]:02x} "
                f"at byte {error.start + 1} of the line ({error.reason})"
            ) from error
        _line(data, LONGEST_LINE, path, number)
        yield _line(line, LONGEST_LINE, path, number)


def _utf16(text, path) -> Iterator[str]:
    for number in itertools.count(1):
        try:
            line = text.readline(LONGEST_LINE)
        except UnicodeDecodeError as error:
            raise CorpusError(
                f"{path}:{number}: must be UTF-16 as its mark says, got {error.reason}"
            ) from error
        if not line:
            return
        yield _line(line, LONGEST_LINE, path, number)


def _line(line, longest, path, number):
    """The line without its end; refused if it had none within what was read."""
    end = b"\n" if isinstance(line, bytes) else "\n"
    if len(line) >= longest and not line.endswith(end):
        raise CorpusError(f"{path}:{number}: a line must be shorter than 1 MiB")
    if isinstance(line, bytes):
        return line
    if "\0" in line:
        raise CorpusError(
            f"{path}:{number}: must be text, got NUL (UTF-16 without its mark?)"
        )
    return line.removesuffix("\n").removesuffix("\r")


def stream_pairs(
    files: Sequence[str | Path],
    columns: tuple[int | str, int | str] = (0, 1),
) -> Iterator[tuple[str, str]]:
    """The sentence pairs of two parallel files, or of one table.

    Args:
        files: Two text files in which line n translates line n; or one table: columns
            separated by tabs, or by commas where the file's name says `.csv`.
        columns: Of a table, the columns of source and target: their numbers, counted
            from 0, or their names, which the first line then gives.

    Raises:
        CorpusError: Naming file, line and rule, if the files differ in their number of
            lines, a column is missing, or a line cannot be read.
    """
    if len(files) == 1:
        yield from _table(files[0], columns)
        return
    if len(files) != 2:
        raise CorpusError(f"must be two files or one table, got {len(files)} files")
    both = itertools.zip_longest(*map(stream_lines, files))
    for number, (source, target) in enumerate(both, start=1):
        if source is None or target is None:
            short, other = files if source is None else reversed(files)
            raise CorpusError(
                f"{other}:{number}: parallel files must have equally many lines, got "
                f"{number - 1} in {short} and more in {other}"
            )
        yield source, target


def _table(path, columns):
    lines = stream_lines(path)
    name = Path(path).name.lower().removesuffix(".gz").removesuffix(".zip")
    rows = (
        csv.reader(lines) if name.endswith(".csv") else (r.split("\t") for r in lines)
    )
    names = next(rows, []) if any(isinstance(c, str) for c in columns) else None
    numbers = []
    for column in columns:
        if isinstance(column, str):
            if column not in names:
                raise CorpusError(
                    f"{path}:1: must name a column {column!r}, got {names}"
                )
            column = names.index(column)
        numbers.append(column)
    for number, row in enumerate(rows, start=1 if names is None else 2):
        if row and len(row) <= max(numbers):
            raise CorpusError(
                f"{path}:{number}: must have at least {max(numbers) + 1} columns, got "
                f"{len(row)}"
            )
        yield tuple(row[n] if row else "" for n in numbers)

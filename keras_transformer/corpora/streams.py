"""Sentence pairs from files of any size, one at a time."""

import contextlib
import gzip
import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.lines import BYTE_ORDER_MARK
from keras_transformer.corpora.tables import Column, Columns, Row, find_columns, rows_of
from keras_transformer.system.reading import escaped, sized
from keras_transformer.system.unpacking import DAMAGED, allowed

LONGEST_LINE = 1 << 20
"""Bytes of a line; a longer one is no sentence, and shall not fill the memory."""
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"


def stream_lines(path: str | Path, held: bool = False) -> Iterator[str]:
    r"""The lines of a text file, one at a time.

    UTF-8 with or without a byte order mark, UTF-16 with one; plain, gzip-compressed, or
    the only member of a zip archive (but for notes, whose names begin with `_`), told
    by the first bytes and not by the name. Lines end with `\n`, and nothing else; the
    `\r` of a Windows line end is taken off.

    Args:
        path: The file.
        held: Whether the lines are kept in memory together. Then they may have no more
            characters than `system.unpacking.allowed` lets come out of the file.

    Raises:
        CorpusError: Naming file, line and rule, if the file cannot be read, is cut off,
            is neither UTF-8 nor UTF-16 with its mark, has lines that end with `\r`
            alone, or one of more than 1 MiB.
    """
    number = size = 0
    try:
        with _opened(path) as file:
            most = allowed(Path(path).stat().st_size) if held else None
            for line in _decoded(file, path):
                number += 1
                size += len(line) + 1
                if most is not None and size > most:
                    raise CorpusError(
                        f"{path}: must hold at most {sized(most)} of text, got more"
                    )
                yield line
    except CorpusError:
        raise
    except gzip.BadGzipFile as error:
        raise _damaged(path, number, error) from error
    except OSError as error:
        reason = error.strerror or error
        raise CorpusError(f"{path}: must be a readable file, got {reason}") from error
    except DAMAGED as error:
        raise _damaged(path, number, error) from error


def read_lines(path: str | Path) -> list[str]:
    """The lines of a text file; see `stream_lines`.

    Args:
        path: The file.

    Raises:
        CorpusError: As of `stream_lines`, or if they are too many for the memory.
    """
    return list(stream_lines(path, held=True))


def _damaged(path, number, error):
    return CorpusError(
        f"{path}:{number + 1}: must be a complete archive, got {escaped(error)}"
    )


@contextlib.contextmanager
def _opened(path) -> Iterator[BinaryIO]:
    if not Path(path).is_file() and Path(path).exists():
        raise CorpusError(f"{path}: must be a file, got a folder or a device")
    with open(path, "rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(_GZIP_MAGIC):
            with gzip.GzipFile(fileobj=file) as inner:
                yield inner
        elif start == _ZIP_MAGIC:
            with (
                zipfile.ZipFile(file) as archive,
                archive.open(_member(archive, path)) as inner,
            ):
                yield inner
        else:
            yield file


def _member(archive, path):
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
    return members[0]


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
    if number == 1 and not line.endswith("\n") and "\r" in line.rstrip("\r"):
        raise CorpusError(f"{path}:1: lines must end with \\n, got \\r alone")
    return line.removesuffix("\n").removesuffix("\r")


def stream_table(
    path: str | Path,
    asked: Sequence[Column | None] = (None, None),
    header: bool | None = None,
    held: bool = False,
) -> tuple[list[int | None], bool, Iterator[Row]]:
    """Columns by number, whether there is a header, and the rows, one at a time.

    Args:
        path: A file, as for `stream_lines`: columns separated by tabs, or by commas
            where its name (in a zip archive that of the member) ends in `.csv`.
        asked: The columns of source, target and whatever else, as for `find_columns`.
        header: Whether the first row is a header; by default if it names a column.
        held: As for `stream_lines`.

    Raises:
        CorpusError: As of `stream_lines`, `rows_of` and `find_columns`.
    """
    commas = _in_csv(path)
    rows = rows_of(stream_lines(path, held), path, commas)
    return find_columns(rows, asked, path, commas, header)


def _in_csv(path):
    name = Path(path).name
    # What is wrong with an archive is said by whoever reads its lines.
    with contextlib.suppress(*DAMAGED):
        if Path(path).is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                name = _member(archive, path).filename
    return name.lower().removesuffix(".gz").endswith(".csv")


def stream_pairs(
    files: Sequence[str | Path], columns: Columns | None = None
) -> Iterator[tuple[str, str]]:
    """The sentence pairs of two parallel files, or of one table.

    Args:
        files: Two text files in which line n translates line n; or one table, see
            `stream_table`.
        columns: Of a table, the columns of source and target, as for `find_columns`.

    Raises:
        CorpusError: Naming file, line and rule, if the files differ in their number of
            lines, a column is missing, or a line cannot be read.
    """
    if len(files) == 1:
        yield from _sides(files[0], columns or (None, None))
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


def _sides(path, columns):
    numbers, header, rows = stream_table(path, columns)
    for number, row in itertools.islice(rows, header, None):
        if row and len(row) <= max(numbers):
            raise CorpusError(
                f"{path}:{number}: must have at least {max(numbers) + 1} columns, "
                f"separated by tabs, or by commas in a .csv, got {len(row)}"
            )
        yield tuple(row[n] if row else "" for n in numbers)

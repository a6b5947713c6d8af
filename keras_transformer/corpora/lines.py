"""The bytes of a text file, as lines: the only place that decodes."""

import gzip
import zlib
from pathlib import Path

from keras_transformer.corpora.errors import CorpusError

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: str | Path) -> list[str]:
    """The lines of a UTF-8 file, gzip-compressed or not.

    Args:
        path: The file. Compression is recognised by its first bytes, which no
            UTF-8 text can begin with, and not by its name.

    Returns:
        Its lines without their ends; see `decode_lines`.

    Raises:
        CorpusError: If the file cannot be read, is cut off, or is not UTF-8.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CorpusError(
            f"{path}: must be a readable file, got {error.strerror}"
        ) from error
    if data.startswith(GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise CorpusError(
                f"{path}: must be a complete gzip file, got {error}"
            ) from error
    return decode_lines(data, path)


def decode_lines(data: bytes, where: str | Path) -> list[str]:
    r"""Splits UTF-8 text at `\n`, and at nothing else.

    `str.splitlines` also splits at U+2028, form feeds and the like, which occur
    inside sentences: one of them shifts every later line of a parallel file. A
    byte order mark and the `\r` of a Windows line end are taken off.

    Args:
        data: The bytes.
        where: What to call them in an error.

    Returns:
        The lines. A last line counts with or without its line end.

    Raises:
        CorpusError: If a byte cannot be decoded; names its line and column.
    """
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise CorpusError(
            f"{where}:{line}: must be UTF-8, got byte 0x{data[error.start]:02x} "
            f"at byte {column} of the line ({error.reason})"
        ) from error
    if not text:
        return []
    lines = text.removesuffix("\n").split("\n")
    return [line.removesuffix("\r") for line in lines]

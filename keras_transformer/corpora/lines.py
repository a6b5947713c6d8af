"""UTF-8 text in memory or from a stream, as lines; of files see `streams`."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from keras_transformer.corpora.errors import CorpusError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AT_ONCE = 1 << 20  # bytes of a stream


def stream_lines(stream: BinaryIO, where: str | Path) -> Iterator[list[str]]:
    """The lines of a stream as they arrive, as many at a time as there are.

    Args:
        stream: A buffered stream of bytes, such as `sys.stdin.buffer`.
        where: What to call it in an error.

    Yields:
        Lists of whole lines; see `decode_lines`. Who writes a line and waits gets it.

    Raises:
        CorpusError: As of `decode_lines`.
    """
    before, rest = 0, b""
    while data := stream.read1(AT_ONCE):
        whole, end, begun = data.rpartition(b"\n")
        if end:
            lines = decode_lines(rest + whole + end, where, before)
            yield lines
            before, rest = before + len(lines), begun
        else:
            rest += data
    if rest:
        yield decode_lines(rest, where, before)


def decode_lines(data: bytes, where: str | Path, before: int = 0) -> list[str]:
    r"""Splits UTF-8 text at `\n`, and at nothing else.

    `str.splitlines` also splits at U+2028, form feeds and the like, which occur
    inside sentences: one of them shifts every later line of a parallel file. A
    byte order mark and the `\r` of a Windows line end are taken off. A NUL is a sign
    of UTF-16, or of no text at all; a `\r` that ends all lines, of a file that has one
    line for us.

    Args:
        data: The bytes.
        where: What to call them in an error.
        before: How many lines came before them.

    Returns:
        The lines. A last line counts with or without its line end.

    Raises:
        CorpusError: If a byte cannot be decoded, or is a NUL, or lines end otherwise;
            names line and column.
    """
    if not before:
        data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = before + data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise CorpusError(
            f"{where}:{line}: must be UTF-8, got byte 0x{data[error.start]:02x} "
            f"at byte {column} of the line ({error.reason})"
        ) from error
    if "\0" in text:
        line = before + text.count("\n", 0, text.index("\0")) + 1
        raise CorpusError(f"{where}:{line}: must be UTF-8 text, got a NUL (UTF-16?)")
    if not before and "\n" not in text and "\r" in text.rstrip("\r\n"):
        raise CorpusError(f"{where}:1: lines must end with \\n, got \\r alone")
    if not text:
        return []
    lines = text.removesuffix("\n").split("\n")
    return [line.removesuffix("\r") for line in lines]

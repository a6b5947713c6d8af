"""Reading what may come from a stranger: only plain files, and only so much of them."""

import json
import os
import stat
from typing import Any

MIB = 2**20
CHUNK = MIB
SETTINGS = MIB
"""The most bytes of a file of settings, such as `recipe.json`."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class UnreadableError(ValueError):
    """A file that is not read; the message names it and the rule."""


def read_bytes(path: str | os.PathLike, most: int) -> bytes:
    """The bytes of a plain file.

    A pipe would be waited for without end, and a device such as `/dev/zero` has none.

    Args:
        path: The file.
        most: How many bytes it may have.

    Raises:
        FileNotFoundError: If there is none.
        UnreadableError: If it cannot be read, is no plain file, or has more bytes.
    """
    try:
        # Without waiting: opening a pipe blocks until somebody writes.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            kind = next((name for is_kind, name in _KINDS if is_kind(mode)), None)
            if kind is not None:
                raise UnreadableError(f"{path}: must be a plain file, got {kind}")
            data = bytearray()
            while len(data) <= most and (part := file.read(CHUNK)):
                data += part
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableError | FileNotFoundError):
            raise
        # A name with a NUL is a ValueError.
        reason = getattr(error, "strerror", None) or error
        reason = "a folder" if isinstance(error, IsADirectoryError) else reason
        raise UnreadableError(
            f"{path}: must be a readable file, got {reason}"
        ) from error
    if len(data) > most:
        raise UnreadableError(f"{path}: must have at most {sized(most)}, got more")
    return bytes(data)


def read_text(path: str | os.PathLike, most: int) -> str:
    """The text of a plain UTF-8 file.

    Args:
        path: The file.
        most: How many bytes it may have.

    Raises:
        UnreadableError: As `read_bytes`, or if it is not UTF-8.
    """
    try:
        return read_bytes(path, most).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{path}: must be UTF-8, got byte 0x{error.object[error.start]:02x} "
            f"at byte {error.start}"
        ) from error


def read_json(path: str | os.PathLike, most: int = SETTINGS) -> Any:
    """What a plain JSON file holds.

    Args:
        path: The file.
        most: How many bytes it may have.

    Raises:
        UnreadableError: As `read_text`, or if it is not JSON.
    """
    text = read_text(path, most)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path}: must be JSON, got {error}") from error


def sized(size: float) -> str:
    """A number of bytes as people write it.

    Example:
        >>> sized(2**30), sized(1536), sized(7)
        ('1 GiB', '1.5 KiB', '7 bytes')
    """
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    place = 0
    while size >= 1024 and place < len(units) - 1:
        size, place = size / 1024, place + 1
    return f"{size:.4g} {units[place]}"


def escaped(text: object) -> str:
    r"""Foreign text as it may be printed: what controls a terminal is spelled out.

    Example:
        >>> print(escaped("a\x1b[2Jb"))
        a\x1b[2Jb
    """
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in str(text)
    )

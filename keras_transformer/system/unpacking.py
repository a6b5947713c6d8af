"""Unpacking what may come from a stranger: bounded before it is in memory.

A megabyte of gzip can hold a gigabyte of zeros. What is unpacked has at most 100 times
the bytes of what it is packed in, beyond the first 64 MiB, and never more than 1 GiB.
"""

import contextlib
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable

from keras_transformer.system.reading import (
    MIB,
    UnreadableError,
    escaped,
    read_bytes,
    sized,
)

TEXT = 1024 * MIB
"""The most bytes of a text, packed or not."""
FREE = 64 * MIB
RATIO = 100
CHUNK = MIB
MEMBERS = 10_000

# What damaged archives make Python raise.
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted, or packed in a way that there is not
    OverflowError,
    KeyError,
    MemoryError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def allowed(packed: int) -> int:
    """How many bytes may come out of so many.

    Example:
        >>> [allowed(packed * MIB) // MIB for packed in (0, 2, 50)]
        [64, 200, 1024]
    """
    return min(TEXT, max(FREE, RATIO * packed))


def unzip(path: str | os.PathLike, member: str) -> bytes:
    """What one member of a zip file holds.

    Args:
        path: The file.
        member: Name of the member.

    Raises:
        UnreadableError: If the file is damaged or encrypted, lacks the member, or holds
            too much.
    """
    with _opened(path) as (archive, room):
        if member not in archive.namelist():
            raise UnreadableError(f"{path}: must contain {member}, got none")
        return _member(archive, archive.getinfo(member), room, path)


def unzip_all(
    path: str | os.PathLike, wanted: Callable[[str], bool]
) -> dict[str, bytes]:
    """What many members of a zip file hold, in its order.

    Args:
        path: The file.
        wanted: Whether a member of that name is to be unpacked.

    Returns:
        The bytes of each, by its name.

    Raises:
        UnreadableError: If the file is damaged or encrypted, has two wanted members of
            one name, or if they hold too much.
    """
    found: dict[str, bytes] = {}
    with _opened(path) as (archive, room):
        for info in archive.infolist():
            name = info.filename
            if not wanted(name):
                continue
            if name in found:
                raise UnreadableError(f"{path}: must have one {escaped(name)}, got two")
            found[name] = _member(archive, info, room, path)
            room -= len(found[name])
    return found


def check_zip(path: str | os.PathLike) -> None:
    """Refuse a zip file that is damaged, or holds too much.

    Args:
        path: The file.

    Raises:
        UnreadableError: If it is.
    """
    with _opened(path) as (archive, room):
        for info in archive.infolist():
            room -= len(_member(archive, info, room, path))


@contextlib.contextmanager
def _opened(path):
    """An archive, and how many bytes may come out of it."""
    data = read_bytes(path, TEXT)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MEMBERS:
                raise UnreadableError(
                    f"{path}: must have at most {MEMBERS:,} members, "
                    f"got {len(archive.infolist()):,}"
                )
            yield archive, allowed(len(data))
    except DAMAGED as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(
            f"{path}: must be a complete zip, got {escaped(error)}"
        ) from error


def _member(archive, info, room, path):
    with archive.open(info) as stream:
        return _bounded(stream, room, f"{path}/{escaped(info.filename)}")


def _bounded(stream, most, where):
    parts, size = [], 0
    while part := stream.read(CHUNK):
        size += len(part)
        if size > most:
            raise UnreadableError(
                f"{where}: must unpack to at most {sized(most)}, got more"
            )
        parts.append(part)
    return b"".join(parts)

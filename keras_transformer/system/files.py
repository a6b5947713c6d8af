"""Files that appear whole or not at all."""

import contextlib
import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO


@contextlib.contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A place to write to, which takes the name `path` when the block ends well.

    Readers see the old file or the new one, never half. Where the block fails, the old
    one stays.

    Args:
        path: Where the file shall stand; its folder is made if it is missing.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays: Keras chooses the format by it.
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_atomically(
    path: str | os.PathLike, write: Callable[[BinaryIO], object]
) -> None:
    """Write a file whole.

    Args:
        path: Where the file shall stand.
        write: Called with an open binary file.
    """
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        write(file)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a UTF-8 file with line ends as they are, whole."""
    write_atomically(path, lambda file: file.write(text.encode("utf-8")))


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write a JSON file, whole."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

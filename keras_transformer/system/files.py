"""Files that appear whole or not at all."""

import contextlib
import errno
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

# What some file systems answer when a folder shall reach the disk.
_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def made_folder(folder: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A folder, made if it is missing; what was made and stays empty goes again.

    Args:
        folder: The folder.
    """
    folder = pathlib.Path(folder)
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        for each in missing:
            with contextlib.suppress(OSError):  # it holds something
                each.rmdir()


@contextlib.contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A place to write to, which takes the name `path` when the block ends well.

    Readers see the old file or the new one, never half, and so does who comes after a
    power cut. Where the block fails, the old one stays.

    Args:
        path: Where the file shall stand; its folder is made if it is missing.
    """
    path = pathlib.Path(path)
    # The ending stays: Keras chooses the format by it.
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    with made_folder(path.parent):
        try:
            yield temporary
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
            _sync(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def new_folder(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """A folder to write into, which takes the name `path` when the block ends well.

    Where the block fails, nothing is left.

    Args:
        path: Where the folder shall stand.

    Raises:
        ValueError: If something stands there.
    """
    path = pathlib.Path(path)
    require_new(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    with made_folder(path.parent):
        try:
            temporary.mkdir()
            yield temporary
            for each in temporary.rglob("*"):
                _sync(each)
            _sync(temporary)
            require_new(path)  # meanwhile: an empty folder would be replaced
            os.rename(temporary, path)
            _sync(path.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def require_new(path: pathlib.Path) -> None:
    """Refuse the name of a new folder that something has already.

    Raises:
        ValueError: If it has.
    """
    if path.exists() or path.is_symlink():
        raise ValueError(f"a new folder is needed, got {path}, which is there already")


def _sync(path):
    """Have the disk know it, file or folder: until then a power cut undoes names."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:  # Windows opens no folder
        return
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(file)


def clear_unfinished(folder: str | os.PathLike, names: Iterable[str]) -> None:
    """Delete what killed processes have left of files that they were writing.

    Args:
        folder: A folder that nobody else writes to.
        names: The files, as paths in the folder.
    """
    for name in names:
        path = pathlib.Path(folder) / name
        for unfinished in path.parent.glob(f".*.{path.name}"):
            if unfinished.name.removesuffix(path.name)[1:-1].isdigit():
                unfinished.unlink(missing_ok=True)


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
    """Write a JSON file, whole.

    Args:
        path: Where the file shall stand.
        value: What it shall hold.

    Raises:
        ValueError: If a number is not finite: JSON has no name for it.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")

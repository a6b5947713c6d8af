"""One folder, one writer: a lock that ends with its process, however that ends.

The lock is the kernel's (`flock`), which releases it when a process is killed and
knows it on NFS too; the file `.lock` says whose it is.
"""

import contextlib
import datetime
import json
import os
import pathlib
import socket
import threading
import time
import warnings
from collections.abc import Iterator

from keras_transformer.system.files import made_folder
from keras_transformer.system.hosts import is_first

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where who writes must look out himself
    fcntl = None

LOCK = ".lock"
_ATTEMPTS = 5  # who only asks for the writer holds the lock for a moment
_held: dict[pathlib.Path, int] = {}


class FolderInUseError(OSError):
    """Another process writes to the folder."""


@contextlib.contextmanager
def only_writer(folder: str | os.PathLike) -> Iterator[None]:
    """Be the only one who writes to a folder, as long as the block lasts.

    A thread that is the only writer already may say so again. A folder that is made
    for it and stays empty goes again. Of several hosts that train together the first
    one writes, and is the only writer for all of them.

    Args:
        folder: The folder; made if it does not exist.

    Raises:
        FolderInUseError: If another process, or thread, writes to it; names it.
    """
    if not is_first():
        yield
        return
    folder = pathlib.Path(folder).resolve()
    if fcntl is None or _held.get(folder) == threading.get_ident():
        folder.mkdir(parents=True, exist_ok=True)
        yield
        return
    with made_folder(folder), _locked(folder):
        _held[folder] = threading.get_ident()
        try:
            yield
        finally:
            del _held[folder]


def writer_of(folder: str | os.PathLike) -> str | None:
    """Who writes to a folder right now, in words; `None` if nobody does.

    Args:
        folder: The folder; it need not exist.
    """
    path = pathlib.Path(folder) / LOCK
    if fcntl is None:
        return None
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(path)
    except OSError:
        return None
    finally:
        os.close(file)
    return None


@contextlib.contextmanager
def _locked(folder):
    path = folder / LOCK
    file = _acquire(path)
    try:
        about = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.datetime.now().isoformat(" ", "seconds"),
        }
        os.ftruncate(file, 0)
        os.write(file, json.dumps(about, allow_nan=False).encode())
        yield
    finally:
        path.unlink(missing_ok=True)  # before it is released: then it is another's
        os.close(file)


def _acquire(path):
    for _ in range(_ATTEMPTS):
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            time.sleep(0.05)
            continue
        except OSError as error:
            told = f"{path.parent} has no locks ({error}): let one process alone write"
            warnings.warn(told, stacklevel=4)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        os.close(file)  # its owner has deleted it meanwhile
    raise FolderInUseError(
        f"{path.parent} is written to by {_owner(path)}; "
        "let it end, or take another folder"
    )


def _owner(path):
    try:
        about = json.loads(path.read_text("utf-8"))
        return "process {pid} on {host} since {since}".format(**about)
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # which has begun this moment

"""A disk that fails, or a machine that dies, at one of the things asked of it.

What is written by `keras_transformer.system.files`, which is all that is written whole,
is counted here: opening, writing, syncing, renaming, deleting, making folders.
"""

import contextlib
import errno
import functools
import os
import pathlib
from unittest import mock

from keras_transformer.system import files


class Writer:
    """A file whose every write is told of."""

    def __init__(self, file, tell):
        self._file = file
        self._tell = tell

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, data):
        self._tell("write", self._file.name)
        return self._file.write(data)


@contextlib.contextmanager
def asked(tell):
    """Call `tell(what, path)` before anything is asked of the disk.

    Args:
        tell: Of several writes in a row it is told once, unless it has `every_write`.
    """
    tell = functools.partial(_once, tell, [], {})

    def told(what, function):
        def call(first, *arguments, **options):
            tell(what, first)
            return function(first, *arguments, **options)

        return call

    def opened(path, mode="r"):
        if "w" not in mode:
            return open(path, mode)
        tell("open", path)
        return Writer(open(path, mode), tell)

    with contextlib.ExitStack() as patches:
        for owner, name in (
            (os, "fsync"),
            (os, "replace"),
            (pathlib.Path, "unlink"),
            (pathlib.Path, "mkdir"),
            (pathlib.Path, "rmdir"),
        ):
            call = told(name, getattr(owner, name))
            patches.enter_context(mock.patch.object(owner, name, call))
        patches.enter_context(mock.patch.object(files, "open", opened, create=True))
        yield


def _once(tell, telling, last, what, path):
    """Whoever is told may ask things of the disk too."""
    again = what == last.get("what") == "write"
    last["what"] = what
    if not telling and (getattr(tell, "every_write", False) or not again):
        telling.append(what)
        try:
            tell(what, path)
        finally:
            telling.pop()


class Full:
    """Has the n-th thing fail, as it does on a full disk; deleting is always possible.

    Args:
        number: Which one, counted from 1; by default none.
        error: The number of the error.
        every_write: Whether each of several writes in a row counts.
    """

    FAILS = ("open", "write", "fsync", "replace", "mkdir")

    def __init__(self, number=0, error=errno.ENOSPC, every_write=False):
        self.left = number
        self.every_write = every_write
        self.error = error
        self.count = 0

    def __call__(self, what, path):
        if what not in self.FAILS:
            return
        self.count += 1
        self.left -= 1
        if self.left == 0:
            raise OSError(self.error, os.strerror(self.error))


class Snapshots:
    """Remembers the folder before each thing asked of the disk: a kill leaves that.

    A power cut leaves less: of a file that was not synced there is nothing, though its
    name may be there; and what was renamed or deleted since the folder was synced may
    not have been.

    Args:
        folder: The folder that is written to.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.states = []  # (kind, contents by name)
        self._synced = set()  # files whose content is on the disk
        self._durable = {}  # the folder as the disk knows it

    def __call__(self, what, path):
        """Called before `what` is done."""
        if not self.folder.is_dir():
            return
        if what == "fsync":
            self._sync(os.fstat(path))
        self._remember("killed", self._contents())
        self._remember("names came through", self._contents(synced=True))
        self._remember("names were lost", self._durable)

    def _contents(self, synced=False):
        contents = {}
        for path in self.folder.iterdir():
            lost = synced and _version(path.stat()) not in self._synced
            contents[path.name] = b"" if lost else path.read_bytes()
        return contents

    def _sync(self, node):
        """What is synced counts as synced from when it is asked for."""
        if os.path.samestat(node, self.folder.stat()):
            self._durable = self._contents(synced=True)
        else:
            self._synced.add(_version(node))

    def _remember(self, kind, contents):
        if (kind, contents) not in self.states:
            self.states.append((kind, contents))


def _version(node):
    """A file as it is now: a number of a deleted one may be given to another."""
    return node.st_ino, node.st_size, node.st_mtime_ns


def lay(folder, contents):
    """Make a folder that holds what a state holds."""
    folder.mkdir(parents=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder

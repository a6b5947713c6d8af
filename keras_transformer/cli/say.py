"""What a command reports, beside its output."""

import pathlib
import sys

from keras_transformer.system.hosts import is_first


def say(line: str) -> None:
    """Write a line to standard error, at once."""
    print(line, file=sys.stderr, flush=True)


def say_once(line: str) -> None:
    """Write a line, of several hosts that train together on the first one."""
    if is_first():
        say(line)


def goes_on(folder: pathlib.Path, again: str = "") -> str | None:
    """What is said of a run that was interrupted; `None` if it has no checkpoint yet.

    Args:
        folder: Its folder.
        again: What goes on with it; by default the same command.
    """
    if not (folder / "checkpoint.npz").is_file():
        return None
    return f"The last checkpoint is kept; {again or 'the same command'} goes on."

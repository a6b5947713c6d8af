"""How much memory this process has taken, and may still take."""

import importlib
import os
import pathlib
import sys

_INFO = pathlib.Path("/proc/meminfo")
_GROUP = pathlib.Path("/sys/fs/cgroup")


def available() -> int | None:
    """The bytes that can be had, or `None` where the system does not say.

    Linux says what is available, swap included, and a container what it is allowed;
    elsewhere it is the memory of the machine.
    """
    found = [_of_the_machine(), _of_the_group()]
    return min((each for each in found if each is not None), default=None)


def taken() -> int | None:
    """The most bytes that this process has had so far; `None` where none can tell."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _of_the_machine():
    try:
        lines = dict(line.split(":", 1) for line in _INFO.read_text().splitlines())
        fields = (lines["MemAvailable"], lines["SwapFree"])
        return sum(1024 * int(field.split()[0]) for field in fields)
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _of_the_group():
    try:
        most = int((_GROUP / "memory.max").read_text())
        return max(most - int((_GROUP / "memory.current").read_text()), 0)
    except (OSError, ValueError):  # no group, or "max": no limit
        return None

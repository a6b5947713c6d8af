"""How much memory this process may still take."""

import os
import pathlib

_INFO = pathlib.Path("/proc/meminfo")
_GROUP = pathlib.Path("/sys/fs/cgroup")


def available() -> int | None:
    """The bytes that can be had, or `None` where the system does not say.

    Linux says what is available, swap included, and a container what it is allowed;
    elsewhere it is the memory of the machine.
    """
    found = [_of_the_machine(), _of_the_group()]
    return min((each for each in found if each is not None), default=None)


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

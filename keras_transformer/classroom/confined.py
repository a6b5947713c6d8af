"""A process that can harm nobody: where it writes, what it takes, whom it reaches.

The kernel of Linux (Landlock, from 5.13 on) refuses what is not allowed, whatever
language the code is in. Reading stays allowed.
"""

import ctypes
import os
import pathlib
import re
import resource
import sys

WRITING = 0b111_1111_1111_1111 & ~0b1101  # all of ABI 3 but executing and reading
FILES_ONLY = 0b100_0000_0000_0010  # what a file, not a folder, can be allowed: write
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the numbers of the system calls
_NO_NEW_PRIVILEGES = 38


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scoped")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _call(number, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    answer = library.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused")
    return answer


def version() -> int:
    """Which version of Landlock the system has; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def keep_to(folder: pathlib.Path) -> None:
    """Let this process write into a folder only, reach no network, signal nobody.

    Network and signals need Landlock 4 and 6; where it is older, they stay.

    Args:
        folder: The one place where it may write.

    Raises:
        OSError: If the system has no Landlock.
    """
    found = version()
    if not found:
        raise OSError("this system has no Landlock")
    # What a version does not know it must not be asked for.
    files = WRITING & (0b1_1111_1111_1111 | (found >= 2) << 13 | (found >= 3) << 14)
    rules = _Ruleset(files, 0b11 * (found >= 4), 0b11 * (found >= 6))
    size = 8 * (1 + (found >= 4) + (found >= 6))
    ruleset = _call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    for place, allowed in ((folder, files), ("/dev/null", files & FILES_ONLY)):
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        beneath = _Beneath(allowed, opened)
        _call(_ADD, ruleset, 1, ctypes.byref(beneath), 0)
        os.close(opened)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def limit(memory_bytes: int, seconds: int) -> None:
    """Limit what this process takes from now on.

    Args:
        memory_bytes: Memory, beyond what it has.
        seconds: Time of the processor, beyond what it used.
    """
    status = pathlib.Path("/proc/self/status")
    if status.is_file():
        size = re.search(r"VmSize:\s+(\d+)", status.read_text("utf-8"))
        most = int(size[1]) * 1024 + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

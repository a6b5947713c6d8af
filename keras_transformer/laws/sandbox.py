"""A program that always ends: within a time, a memory and an output.

It is no prison: who leaves the group of its processes on purpose, or reads files, is
not held back. It is for code that loops, ends, prints or forks without meaning to.
"""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

POLL = 0.1  # seconds


class Limits(NamedTuple):
    """What a program may take."""

    seconds: float = 120.0
    memory: int = 4 * 2**30  # bytes
    output: int = 2**20  # bytes
    processes: int = 16


class Ended(NamedTuple):
    """How a program ended."""

    code: int | None  # `None` if it was ended
    output: str  # standard output and error, as far as the limit lets
    broke: str  # the limit that it broke, or empty


# Limits itself, and becomes the program: what runs between fork and exec in a process
# of ours would have forked JAX's threads.
_LIMITED = """
import contextlib, os, resource, sys
most = (int(sys.argv[1]),) * 2
for name, value in (("RLIMIT_DATA", most), ("RLIMIT_CORE", (0, 0))):
    with contextlib.suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(getattr(resource, name), value)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def run_limited(command: Sequence[str], limits: Limits) -> Ended:
    """Run a program in a group of processes, all of which end with it.

    Args:
        command: The program, and its arguments.
        limits: What it may take.
    """
    program = subprocess.Popen(
        [sys.executable, "-c", _LIMITED, str(limits.memory), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    ends, said, broke = time.monotonic() + limits.seconds, bytearray(), ""
    pipe = program.stdout.fileno()
    try:
        while not broke:
            over = program.poll() is not None
            ready, _, _ = select.select([pipe], [], [], 0 if over else POLL)
            part = os.read(pipe, 2**16) if ready else b""
            said += part
            if over and not part:
                break
            if len(said) > limits.output:
                broke = f"it prints more than {limits.output:,} bytes"
            elif time.monotonic() > ends:
                broke = f"it does not end within {limits.seconds:g} s"
            elif _members(program.pid) > limits.processes:
                broke = f"it starts more than {limits.processes} processes"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        program.stdout.close()
    text = bytes(said[: limits.output]).decode("utf-8", "replace")
    return Ended(None if broke else program.returncode, text, broke)


def _members(group):
    """How many processes are in a group; 0 where the system does not say."""
    count = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            count += int(path.read_text().rpartition(")")[2].split()[2]) == group
    return count

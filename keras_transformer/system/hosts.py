"""Several hosts that run one program together: who of them this is, who writes.

What goes between them, JAX and `keras.distribution` send.
"""

import contextlib
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

AUTO = "auto"
_ADDRESSES, _COUNT, _ID = (
    f"KERAS_DISTRIBUTION_{name}"
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)
# What JAX calls what connects hosts, in the errors of those that lost another.
_WIRE = re.compile(r"\b(Gloo|NCCL)\b|[Cc]oordination service|[Hh]eartbeat")


def hosts() -> int:
    """How many hosts run this program together; 1 of one that is alone."""
    return _jax().process_count() if keras.backend.backend() == "jax" else 1


def is_first() -> bool:
    """Whether this host is the one that writes files, and speaks to the user."""
    return keras.backend.backend() != "jax" or _jax().process_index() == 0


def place(
    addresses: str | None = None, host_id: int | None = None
) -> tuple[str | None, int | None, int | None] | None:
    """What `keras.distribution.initialize` is told; `None` for a host that is alone.

    Args:
        addresses: `"HOST:PORT,HOST2"`, or `"auto"`; see `joined_hosts`.
        host_id: Which of them this is.

    Returns:
        The address of the first host, how many there are, and which one this is;
        nothing but `None` where the launcher knows.

    Raises:
        ValueError: If they say too little, or contradict each other.

    Example:
        >>> place() is None  # nobody has told of other hosts
        True
    """
    addresses = addresses or os.environ.get(_ADDRESSES) or None
    if addresses is None and host_id is None:
        return None
    if addresses is None:
        raise ValueError(
            f"a host id is one of hosts, HOST:PORT,HOST2, got host {host_id} of none"
        )
    if keras.backend.backend() != "jax":
        raise ValueError(
            "several hosts need the JAX backend, got "
            f"{keras.backend.backend()}; set KERAS_BACKEND=jax"
        )
    if addresses == AUTO:
        if host_id is not None:
            raise ValueError(f"the launcher gives the ids of {AUTO}, got {host_id}")
        return None, None, None
    names = [name.strip() for name in addresses.split(",")]
    count = _number(_COUNT) if len(names) == 1 else len(names)
    if not all(names) or count is None or count < 2:
        raise ValueError(
            "at least two hosts train together, HOST:PORT,HOST2, or one address and "
            f"{_COUNT}; got {addresses!r}"
        )
    if not names[0].rpartition(":")[2].isdigit() or ":" not in names[0]:
        raise ValueError(
            f"the first host needs a port, such as {names[0]}:1234, got {addresses!r}"
        )
    host_id = _number(_ID) if host_id is None else host_id
    if host_id is None or not 0 <= host_id < count:
        raise ValueError(
            f"{count} hosts have the ids 0 to {count - 1}, got "
            f"{'none' if host_id is None else host_id}; give --host-id, or {_ID}"
        )
    return names[0], count, host_id


@contextlib.contextmanager
def joined_hosts(
    addresses: str | None = None, host_id: int | None = None
) -> Iterator[None]:
    """Run a program together with other hosts, inside a `with`.

    All hosts run the same program. It must stand before anything is computed; a second
    one in a program finds what the first one joined. A host that meets an error says it
    and is gone at once, and the others follow, who would wait for it for ever.

    Args:
        addresses: The hosts, `"HOST:PORT,HOST2"`; the first has a port that is free
            there, and that the others can reach. `"auto"` leaves it to what JAX finds
            out by itself, on Slurm, Open MPI and TPUs. By default what
            KERAS_DISTRIBUTION_JOB_ADDRESSES says; without it this host is alone.
        host_id: Which of them this is, counted from 0; by default
            KERAS_DISTRIBUTION_PROCESS_ID.

    Raises:
        ValueError: If there are not two hosts, the id is not one of them, or the
            backend is not JAX.
    """
    if (told := place(addresses, host_id)) is None:
        yield
        return
    try:
        if not _jax().distributed.is_initialized():
            keras.distribution.initialize(*told)
        each, every = _jax().local_device_count(), _jax().device_count()
        if each * hosts() != every:
            raise ValueError(
                "all hosts have equally many devices, got "
                f"{each} of {every} on one of {hosts()} hosts"
            )
        yield
    except BaseException as error:
        _leave(error)


def _leave(error):
    """Be gone, without the leave that JAX would take of the others first."""
    told = str(error) or type(error).__name__
    if _WIRE.search(told):
        told = f"another host is gone ({told})"
    elif not isinstance(error, ValueError | OSError | ImportError | KeyboardInterrupt):
        traceback.print_exception(error)
    print(
        f"keras-transformer: {told}\n"
        "This host leaves the run, and the others stop with it. Start all of them "
        "again: the run goes on from its last checkpoint.",
        file=sys.stderr,
    )
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(130 if isinstance(error, KeyboardInterrupt) else 1)


def of_first(compute: Callable[[], Any]) -> Any:
    """What the first host computes, told to all; the others wait for it.

    Args:
        compute: Called there alone; returns what JSON holds.
    """
    if hosts() == 1:
        return compute()
    from jax.experimental import multihost_utils

    text = json.dumps(compute(), allow_nan=False).encode() if is_first() else b""
    size = int(multihost_utils.broadcast_one_to_all(np.int32(len(text))))
    held = np.frombuffer(text.ljust(size), "uint8")
    return json.loads(multihost_utils.broadcast_one_to_all(held).tobytes())


def agree(**values: Any) -> None:
    """Wait for all hosts, and go on if they say the same.

    Args:
        **values: What JSON holds, by name.

    Raises:
        ValueError: On the hosts that say something else than the first one.
    """
    if hosts() == 1:
        return
    mine = json.loads(json.dumps(values, allow_nan=False))
    first = of_first(lambda: mine)
    if wrong := [name for name in mine if mine[name] != first[name]]:
        raise ValueError(
            "all hosts train one run in one folder, which they share; this host and "
            f"the first one differ in {', '.join(wrong)}"
        )


def _number(name):
    """A whole number of the environment."""
    if (text := os.environ.get(name)) is None:
        return None
    if not text.isdigit():
        raise ValueError(f"{name} is a whole number, got {text!r}")
    return int(text)


def _jax():
    import jax

    return jax

"""What a model is trained on: the devices that there are, and one batch for several.

Axes: `b` row of a batch.
"""

import contextlib
import os
import pathlib
import platform
import shutil
import subprocess

import keras
import numpy as np

from keras_transformer.devices import devices
from keras_transformer.training.batches import PADDING

_NVIDIA = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")


def device_report() -> dict:
    """The machine that a number depends on.

    Returns:
        `backend`, what computes; `accelerators`, the names of what is no processor,
        an empty list on a CPU; `processor`, its name; `cores`, how many of them this
        process may use; `devices`, how many a batch is shared among.

    Example:
        >>> sorted(device_report())
        ['accelerators', 'backend', 'cores', 'devices', 'processor']
    """
    return {
        "backend": keras.backend.backend(),
        "accelerators": _accelerators(),
        "processor": _processor(),
        "cores": cores(),
        "devices": replicas(),
    }


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def data_parallel(count: int = 0):
    """Share every batch among several devices, inside a `with`.

    Each device holds all weights and gets an equal part of the rows. The loss is that
    of the whole batch, so that the weights become those of one device, but for the
    order in which numbers are added.

    Args:
        count: How many devices; 0 takes all that can share a batch: every accelerator
            on JAX, one elsewhere.

    Returns:
        A context manager. The model must be made, and `Run` be made and called, in it.

    Raises:
        ValueError: If there are not so many devices, or the backend is not JAX and
            `count` is above 1.

    Example:
        >>> with data_parallel(1):
        ...     replicas()
        1
    """
    backend, found = keras.backend.backend(), devices()
    if count < 0:
        raise ValueError(f"devices are counted from 1, 0 takes all, got {count}")
    if count > 1 and backend != "jax":
        raise ValueError(
            f"several devices need the JAX backend, got {count} on {backend}; "
            "set KERAS_BACKEND=jax"
        )
    if count > len(found):
        raise ValueError(
            f"a batch is shared among at most {len(found)} devices here "
            f"({', '.join(found)}), got {count}"
        )
    count = count or (len(found) if backend == "jax" else 1)
    if count == 1:
        return contextlib.nullcontext()
    return keras.distribution.DataParallel(devices=found[:count]).scope()


def replicas() -> int:
    """How many devices share a batch at this place of the program."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else distribution.num_model_replicas


def fill_rows(array: np.ndarray, multiple: int) -> np.ndarray:
    """Append empty rows until the number of rows is a multiple.

    Args:
        array: Ids, `[b, …]`.
        multiple: What the number of rows shall be a multiple of.

    Returns:
        The array itself where nothing is missing, else a longer copy. The empty rows
        hold padding, which weighs nothing in a loss over kept tokens.

    Example:
        >>> fill_rows(np.array([[5, 2], [7, 2], [9, 2]]), multiple=2).tolist()
        [[5, 2], [7, 2], [9, 2], [0, 0]]
    """
    missing = -len(array) % multiple
    if not missing:
        return array
    empty = np.full((missing, *array.shape[1:]), PADDING, array.dtype)
    return np.concatenate([array, empty])


def _accelerators() -> list[str]:
    found = [name for name in devices() if not name.startswith("cpu")]
    if found and shutil.which(_NVIDIA[0]):
        # The backend says "gpu:0"; which one that is, its driver knows.
        told = subprocess.run(_NVIDIA, capture_output=True, text=True, check=False)
        names = told.stdout.split("\n")[:-1]
        if len(names) == len(found):
            return names
    return found


def _processor():
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

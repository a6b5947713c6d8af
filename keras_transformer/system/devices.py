"""The machine: its processor, its cores, and what the backend can compute on."""

import os
import pathlib
import platform
import shutil
import subprocess
from typing import Any

import keras

_NVIDIA = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")


def devices() -> list[str]:
    """What the backend can compute on, the accelerators if there are any.

    Returns:
        Names such as `"gpu:0"` or `"cpu:0"`.
    """
    try:
        return keras.distribution.list_devices()
    except AttributeError:
        # Keras distributes nothing on PyTorch: there is the device of a new tensor.
        kind, _, number = str(keras.ops.zeros(()).device).partition(":")
        return [f"{'gpu' if kind == 'cuda' else kind}:{number or 0}"]


def accelerated() -> bool:
    """Whether the backend computes on something else than a processor."""
    return any(not name.lower().startswith("cpu") for name in devices())


def only_shapes(tensor: Any) -> bool:
    """Whether a tensor has a shape and no numbers, so that no loop is worth running.

    Keras learns the shapes of a layer on PyTorch by calling it with such tensors, the
    batch in place of `None` being 83; there is no other sign of it.
    """
    return keras.backend.backend() == "torch" and tensor.device.type == "meta"


def has_xla() -> bool:
    """Whether the backend compiles with XLA.

    PyTorch does not: `jit_compile` of Keras is `torch.compile` there, which needs a C++
    compiler and minutes for what is looked for here, a program a length.
    """
    return keras.backend.backend() != "torch"


def compiled(tensor: Any) -> bool:
    """Whether XLA compiles what is computed with a tensor.

    On TensorFlow that stands in the graphs around it, by the names that TensorFlow's
    own loops ask for; where it does not, nothing is compiled.

    Args:
        tensor: A tensor of the backend.
    """
    if keras.backend.backend() != "tensorflow":
        return has_xla()
    graph = getattr(tensor, "graph", None)  # what runs at once is in no graph
    while graph is not None:
        context = graph._get_control_flow_context()
        if context is not None and context.IsXLAContext():
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def replicas() -> int:
    """How many devices share a batch at this place of the program."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else distribution.num_model_replicas


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

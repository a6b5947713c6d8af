"""What a layer costs: seconds, and bytes at the peak.

Measured on random inputs, for the forward pass, and for a step of training, in which
every input gets a gradient, as it would inside a network.
"""

import contextlib
import functools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

Shape = Sequence[int]

_WARM_UP = 4
_STATUS = pathlib.Path("/proc/self/status")
_CHILD = "from keras_transformer.course.measure import cost; cost._report_peaks()"


class Passes(NamedTuple):
    """The two ways to run a layer, ready to be called."""

    forward: Callable[[], None]
    training: Callable[[], None]  # forward, backward, and a step of length 0


class _Run(keras.Model):
    """A layer with its inputs as weights, so that they get gradients."""

    def __init__(self, layer, arrays):
        super().__init__(name="measured")
        self.measured = layer
        self.arrays = [
            self.add_weight(
                shape=array.shape,
                initializer=lambda shape, dtype, array=array: ops.cast(array, dtype),
            )
            for array in arrays
        ]
        self.built = True

    def call(self, inputs):
        return self.measured(*map(ops.convert_to_tensor, self.arrays))


def passes(
    layer: keras.layers.Layer, *shapes: Shape, xla: bool = False, seed: int = 0
) -> Passes:
    """Make a layer ready to be measured, on normal inputs of these shapes.

    Args:
        layer: A layer with one result, called with one tensor a shape.
        *shapes: Shapes of its inputs, the batch first.
        xla: Whether XLA compiles the passes and joins operations; otherwise they run
            one after another, as they are written.
        seed: Seed of the inputs.

    Returns:
        The `forward` and the `training` pass, two functions without arguments. The
        first call of each compiles it.

    Raises:
        ValueError: If there is no shape.

    Example:
        >>> from keras_transformer.attention import Dot
        >>> run = passes(Dot(), (2, 3, 5), (2, 7, 5))
        >>> run.forward()
        >>> run.training()
    """
    if not shapes:
        raise ValueError("a layer is measured on at least one input, got no shape")
    generator = np.random.default_rng(seed)
    arrays = [generator.normal(size=shape).astype("float32") for shape in shapes]
    result = layer(*map(keras.KerasTensor, shapes)).shape
    direction = generator.normal(size=result).astype("float32")
    model = _Run(layer, arrays)
    # The slope in a random direction: that of a plain sum could be simplified.
    model.compile(
        optimizer=keras.optimizers.SGD(0.0),
        loss=lambda wanted, got: ops.sum(wanted * got),
        jit_compile=xla,
    )
    nothing = np.zeros((len(direction), 1), "float32")

    def run(step):
        # Some backends return before they have computed; a number is there or not.
        float(step(nothing, direction))

    return Passes(
        functools.partial(run, model.test_on_batch),
        functools.partial(run, model.train_on_batch),
    )


def median_seconds(
    functions: Mapping[str, Callable], repeats: int = 7
) -> dict[str, float]:
    """How long functions take, side by side.

    Each is called a few times unmeasured, which compiles it. Then all of them take
    turns, so that a machine that slows down slows all of them.

    Args:
        functions: Functions without arguments, by name, that return when they are
            done. (Some backends hand out a tensor before they have computed it.)
        repeats: Measured calls of each.

    Returns:
        The median of each, in seconds.

    Raises:
        ValueError: If `repeats` is below 1.

    Example:
        >>> seconds = median_seconds({"sleep": lambda: time.sleep(0.01)}, repeats=3)
        >>> 0.01 <= seconds["sleep"] < 1
        True
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got repeats={repeats}")
    for function in functions.values():
        # TensorFlow warns of five first calls among ten: it takes them for a mistake.
        for _ in range(_WARM_UP):
            function()
    taken = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peak_bytes(
    layer: keras.layers.Layer, cases: Sequence[Sequence[Shape]], xla: bool = False
) -> list[int]:
    """How much memory a step of training takes, in a process that does nothing else.

    Args:
        layer: A layer of this package or of Keras; a copy is made from its config.
        cases: For each case the shapes of the inputs. They must grow: a system tells
            how much memory a process has had at most, not how much it has.
        xla: Whether XLA compiles the step.

    Returns:
        For each case the bytes at the peak, beyond those of the process before its
        first case. Some megabytes of accuracy.

    Raises:
        RuntimeError: If the process failed.
    """
    task = {
        "layer": keras.saving.serialize_keras_object(layer),
        "cases": [[list(shape) for shape in case] for case in cases],
        "xla": xla,
    }
    process = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps(task, allow_nan=False),
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend()},
        check=False,
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"the process that was measured failed: {last}")
    return json.loads(process.stdout.splitlines()[-1])


def _report_peaks() -> None:
    """What the measured process does: a task comes in, a list of bytes goes out."""
    task = json.load(sys.stdin)
    layer = task["layer"]
    # What the process needs for any layer is there before the first case.
    small = [[min(2, n) for n in shape[:-1]] + shape[-1:] for shape in task["cases"][0]]
    _train_once(layer, small, task["xla"])
    _forget_peak()  # importing everything took more than what is kept
    before = _most_bytes()
    peaks = []
    for shapes in task["cases"]:
        _train_once(layer, shapes, task["xla"])
        peaks.append(_most_bytes() - before)
    print(json.dumps(peaks, allow_nan=False))


def _train_once(config, shapes, xla):
    layer = keras.saving.deserialize_keras_object(config)
    passes(layer, *shapes, xla=xla).training()


def _most_bytes() -> int:
    """The most memory that this process has had, or has had since `_forget_peak`."""
    if _STATUS.exists():
        # Not `ru_maxrss`: on Linux a process inherits that from the one that began it.
        line = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
        return 1024 * int(line[1])
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _forget_peak() -> None:
    """Where the system can, let the peak be what is in use now."""
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/clear_refs").write_text("5")

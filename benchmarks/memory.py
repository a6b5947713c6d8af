"""Peak memory of one attention layer, each measured in a process of its own."""

import json
import os
import pathlib
import resource
import subprocess
import sys

import keras

LENGTHS = (512, 2048, 8192)
PASSES = ("forward", "forward and backward")


def peak(name: str, length: int, what: str, xla: bool, causal: bool = False) -> float:
    """Megabytes that a pass takes beyond what the process had before it.

    Compiled at length 2 first: what the libraries need is not counted.
    """
    import numpy as np

    from benchmarks import layers

    width = layers.HEADS * layers.HEAD_WIDTH

    def run(length):
        x = np.random.default_rng(1).normal(size=(1, length, width)).astype("float32")
        layers.programs(name, x, xla, causal)[what]()

    run(2)
    before = _highest(forget=True)
    run(length)
    return _highest() - before


def _highest(forget: bool = False) -> float:
    """The most memory that this process has held, in megabytes.

    Args:
        forget: Count from now on. Where the system cannot, what was held before, even
            by the parent of this process, can hide what comes.
    """
    status, clear = (
        pathlib.Path("/proc/self/status"),
        pathlib.Path("/proc/self/clear_refs"),
    )
    if forget and clear.exists():
        clear.write_text("5")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_a_process(*arguments):
    command = [sys.executable, "-m", "benchmarks.memory", *map(str, arguments)]
    done = subprocess.run(
        command,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend()},
        stdout=subprocess.PIPE,
        text=True,
    )
    # A process that was killed for its memory has no number.
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def measure(
    peers: list[str], rounds: int, lengths=LENGTHS, causal: bool = False
) -> tuple[dict, list[dict]]:
    """Peaks in megabytes, and the peer's over ours."""
    from benchmarks import layers

    rows = []
    xla = True  # the only way on JAX, the default of training here
    for length in lengths:
        for what in PASSES:
            megabytes = {
                name: _in_a_process(name, length, PASSES.index(what), +xla, +causal)
                for name in ("ours", *peers)
            }
            ours = megabytes["ours"]
            row = {
                "positions": length,
                "batch": 1,
                "xla": xla,
                "pass": what,
                "megabytes": megabytes,
                "ratio": {
                    name: round(megabytes[name] / ours, 1)
                    for name in peers
                    if megabytes[name] and ours
                },
            }
            rows.append(row)
            print(row, flush=True)
    return layers.about(causal), rows


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    length, what, xla, causal = map(int, numbers)
    print(round(peak(name, length, PASSES[what], bool(xla), bool(causal)), 1))

"""`python -m benchmarks.gpu`: what is compared on a GPU, by one command, in minutes.

Needs Keras, NumPy and JAX; of the peers those that are installed are measured. Each
part writes its file as soon as it is done, under the name of the device.
"""

import importlib.util
import pathlib

from benchmarks import page
from benchmarks.__main__ import measure as measure_one

HALF = "mixed_bfloat16"
# kind, options, precision; the most wanted first, in case that time runs out.
PARTS = (
    ("layers", {"lengths": (8192,)}, HALF),
    ("fixed", {"sizes": ("small",)}, None),
    ("train", {"sizes": ("small",)}, None),
    ("train", {"sizes": ("small",)}, HALF),
    ("layers", {"lengths": (2048, 8192)}, None),
)
# To see whether all of them run, on any machine.
TINY = (
    ("layers", {"lengths": (128,)}, HALF),
    ("fixed", {"sizes": ("tiny",)}, None),
    ("train", {"sizes": ("tiny",)}, None),
    ("train", {"sizes": ("tiny",)}, HALF),
)
PEERS = {
    "layers": ("keras", "torch"),
    "fixed": ("keras-hub",),
    "train": ("keras", "keras-hub"),
}


def installed(peers: tuple[str, ...]) -> list[str]:
    """Those of the peers that are there."""
    return [p for p in peers if importlib.util.find_spec(p.replace("-", "_"))]


def measure(out: pathlib.Path, parts: tuple = PARTS, rounds: int = 9) -> list[str]:
    """Measure all parts.

    Args:
        out: The folder of the files.
        parts: What to measure.
        rounds: How often.

    Returns:
        The peers that were there.
    """
    there = {kind: installed(peers) for kind, peers in PEERS.items()}
    for kind, options, precision in parts:
        measure_one(kind, there[kind], rounds, options, precision, out)
    return sorted({name for names in there.values() for name in names})


if __name__ == "__main__":
    measure(page.RESULTS)
    page.PAGE.write_text(page.render(page.runs()), "utf-8")

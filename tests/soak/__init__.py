"""What goes on for an hour: kills, full disks, damaged files.

Each file in `parts` is a part: its `rounds(folder, random)` yields after each round
what was done in it, numbers by name, and raises where a promise is broken. In the
folder `tests`, `python -m soak 60` goes through them all for so many minutes, in turn,
and writes what was done to `results/soak.json`; the tests take a round of each.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import keras_transformer_quiet
from soak import parts

keras_transformer_quiet.install()  # before anything imports TensorFlow
TESTS = Path(__file__).parents[1]


def names():
    """The parts there are."""
    return sorted(found.name for found in pkgutil.iter_modules(parts.__path__))


def part(name):
    """The module of a part; it finds the small models that the tests train."""
    training = str(TESTS / "training")
    if training not in sys.path:
        sys.path.append(training)
    return importlib.import_module(f"soak.parts.{name}")

"""An empty environment: the wheel, and of all else only what it is said to need."""

import os
import pathlib
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = pathlib.Path(__file__).parents[1]

# What importing the library changed in a process that had imported Keras.
CHANGED = """
import keras, os, sys, threading

def state():
    return {
        "files": sorted(os.listdir("/dev/fd")),
        "environment": dict(os.environ),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "folder": os.getcwd(),
        "finders": list(map(repr, sys.meta_path)),
        "backend": keras.backend.backend(),
        "floats": (keras.config.floatx(), keras.config.dtype_policy().name),
    }

before = state()
import keras_transformer
after = state()
changed = [name for name in before if before[name] != after[name]]
"""


def needed(*names):
    """Distributions and all that they require, as they are installed here."""
    found, waiting = {}, list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name] = metadata.distribution(name)
            required = map(Requirement, found[name].requires or ())
            waiting += [
                each.name
                for each in required
                if each.marker is None or each.marker.evaluate({"extra": ""})
            ]
    return list(found.values())


def tops(distribution):
    """What a distribution put into `site-packages`: files and folders."""
    return {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}


def build_wheel(folder):
    """The wheel of this checkout, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    return wheel


def environment(folder, wheel, *names):
    """A virtual environment with a wheel and some of the distributions of this one.

    Args:
        folder: Where to.
        wheel: The wheel, which pip installs.
        names: Distributions, which come with what they require.

    Returns:
        Its Python.
    """
    create = [sys.executable, "-m", "venv", "--without-pip", folder]
    subprocess.run(create, check=True)
    python = folder / "bin" / "python"
    (packages,) = folder.glob("lib/python*/site-packages")
    for distribution in needed(*names):
        for top in tops(distribution):
            here = pathlib.Path(distribution.locate_file(top))
            (packages / top).symlink_to(here, here.is_dir())
    pip = [sys.executable, "-m", "pip", "--python", python, "install"]
    pip += ["--quiet", "--no-deps", "--no-index", "--no-compile", wheel]
    subprocess.run(
        [*pip, "--disable-pip-version-check"], check=True, capture_output=True
    )
    return python


def ask(python, code, *arguments, **variables):
    """What a program prints in an environment that sees nothing of this one."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "KERAS_BACKEND", "VIRTUAL_ENV")
    }
    return subprocess.run(
        [python, "-c", code, *map(str, arguments)],
        env={**kept, **variables},
        cwd=pathlib.Path(python).parent,
        capture_output=True,
        text=True,
        check=False,
    )

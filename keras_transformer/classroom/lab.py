"""JupyterLab as the lessons want it: the syllabus first, nothing from elsewhere."""

import os
import pathlib
import subprocess
import sys

from keras_transformer.classroom.lessons import WORK
from keras_transformer.system.files import write_json

SETTINGS = pathlib.Path(__file__).parent / "settings"


def command(
    folder: pathlib.Path, browser: bool = True, port: int | None = None
) -> list[str]:
    """How JupyterLab is started.

    Args:
        folder: What it shows; the lessons are laid out in its folder `work`.
        browser: Whether it opens a browser.
        port: Where it listens; by default the first that is free from 8888 on.
    """
    made = [sys.executable, "-m", "jupyterlab"]
    made += [f"--ServerApp.root_dir={folder}"]
    made += [f"--LabApp.app_settings_dir={SETTINGS}"]
    made += [f"--LabApp.default_url=/lab/workspaces/lessons/tree/{WORK}/README.md"]
    made += [] if browser else ["--no-browser"]
    made += [] if port is None else [f"--port={port}"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        made += ["--allow-root"]  # as in containers, where there is nobody else
    return made


def prepare(folder: pathlib.Path) -> None:
    """Arrange the window, once, and trust what the lessons show.

    Args:
        folder: Where the lessons were laid out.
    """
    work = folder / WORK
    arranged = work / ".jupyter"
    os.environ["JUPYTERLAB_WORKSPACES_DIR"] = str(arranged)
    trusted = sorted(map(str, work.glob("*.ipynb")))
    run = [[sys.executable, "-m", "jupyter_core", "trust", *trusted]]
    if not any(arranged.glob("*")):
        arranged.mkdir(exist_ok=True)
        lab = [sys.executable, "-m", "jupyterlab", "workspaces", "import"]
        run.append([*lab, str(SETTINGS / "workspace.json")])
    for command_line in run:
        subprocess.run(command_line, check=True, capture_output=True)


def kernel(folder: pathlib.Path) -> None:
    """Have kernels say when cells are run out of order: `keras_transformer_order`.

    Args:
        folder: Where the lessons were laid out.
    """
    place = folder / WORK / ".jupyter"
    spec = {
        "argv": [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--IPKernelApp.extra_extensions=keras_transformer_order",
        ],
        "display_name": "Python 3",
        "language": "python",
        "metadata": {"debugger": True},
    }
    path = place / "kernels" / "python3" / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, spec)
    before = filter(None, [os.environ.get("JUPYTER_PATH")])
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(place), *before])


def start(folder: pathlib.Path, browser: bool = True, port: int | None = None) -> None:
    """Become JupyterLab: this process ends.

    Args:
        folder: Where the lessons were laid out.
        browser: Whether it opens a browser.
        port: Where it listens.
    """
    prepare(folder)
    kernel(folder)
    # The kernels find this package, installed or not.
    here = str(pathlib.Path(__file__).parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    started = command(folder, browser, port)
    os.execv(started[0], started)

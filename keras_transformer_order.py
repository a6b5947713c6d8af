"""Say when the cells of a lesson are run out of order.

JupyterLab tells a kernel which cell it runs. `keras-transformer lab` starts kernels
with this extension: the first cell that is run before the cells above it is told so,
and a name that is missing is traced to the cell that makes it. It is a module of its
own because a kernel loads it before the lesson imports anything.
"""

import ast
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

WAY = "In the menu: Run → Run All Above Selected Cell."
_OPTIONAL = {"exercise", "exercise-check", "solution"}


class Order:
    """What was run of a notebook since its kernel started.

    Args:
        notebook: The file that the kernel runs.
    """

    def __init__(self, notebook: pathlib.Path):
        self.notebook = notebook
        self.run: set[str] = set()
        self.told = False

    def before(self, info: Any) -> None:
        """Say, the first time, that cells above were left out.

        Args:
            info: IPython's `ExecutionInfo` of the cell that is about to run.
        """
        if not info.cell_id or self.told:
            return
        waiting = [name for name, _ in self._above(info.cell_id)]
        if waiting:
            self.told = True
            print(
                f"Note: {len(waiting)} cells above have not been run since the kernel "
                f"started, the first is {waiting[0]!r}. {WAY}"
            )

    def after(self, result: Any) -> None:
        """Remember a cell that has run, and say who makes the name that was missing.

        Args:
            result: IPython's `ExecutionResult`.
        """
        cell_id = result.info.cell_id if result.info else None
        if not cell_id:
            return
        if result.success:
            self.run.add(cell_id)
            return
        name = getattr(result.error_in_exec, "name", None)
        if not isinstance(result.error_in_exec, NameError) or not name:
            return
        makers = [cell for cell, source in self._above(cell_id) if name in made(source)]
        if makers:
            print(f"{name!r} is made by the cell {makers[-1]!r} above: run it. {WAY}")

    def _above(self, cell_id: str) -> Iterator[tuple[str, str]]:
        """The cells above this one that it may need and that were not run."""
        try:
            cells = json.loads(self.notebook.read_text("utf-8"))["cells"]
        except (OSError, ValueError, KeyError, TypeError):
            return  # renamed, or being written
        ids = [cell.get("id") for cell in cells]
        if cell_id not in ids:
            return
        for cell in cells[: ids.index(cell_id)]:
            source = "".join(cell["source"])
            optional = _OPTIONAL.intersection(cell["metadata"].get("tags", ()))
            needed = cell["cell_type"] == "code" and source.strip() and not optional
            if needed and cell["id"] not in self.run:
                yield cell["id"], source


def made(source: str) -> set[str]:
    """The names that a cell's code gives a value.

    Args:
        source: The code of a cell; lines of IPython's own are left out.
    """
    lines = [line for line in source.splitlines() if not line.startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                names.add((alias.asname or alias.name).partition(".")[0])
    return names


def load_ipython_extension(ipython: Any) -> None:
    """What the kernel does with it: watch the notebook that Jupyter names, if any."""
    notebook = os.environ.get("JPY_SESSION_NAME", "")
    if notebook.endswith(".ipynb"):
        order = Order(pathlib.Path(notebook))
        ipython.events.register("pre_run_cell", order.before)
        ipython.events.register("post_run_cell", order.after)

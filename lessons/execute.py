"""Run lessons from top to bottom, and store what they show.

```
python lessons/execute.py                                # every lesson
python lessons/execute.py lessons/03_soft_attention.ipynb
```

A lesson that raises, warns or writes to the standard error is not stored. What is
stored holds no trace of the machine: no widget, no timing, one kernel name.
"""

import argparse
import pathlib
import sys
import time

import nbformat
from nbclient import NotebookClient

METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
WIDGET = "application/vnd.jupyter.widget-view+json"
LARGEST = 600_000


def execute(path: pathlib.Path) -> None:
    """Run one lesson in its folder, and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=900, resources={"metadata": {"path": str(path.parent)}}
    )
    started = time.monotonic()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            before = time.monotonic()
            client.execute_cell(cell, index)
            took = time.monotonic() - before
            if cell.cell_type == "code" and took > 2:
                print(f"  {took:5.1f} s  {cell.source.splitlines()[0][:70]}")
    clean(notebook)
    text = nbformat.writes(notebook)
    if len(text) > LARGEST:
        raise ValueError(f"a lesson has at most {LARGEST} bytes, got {len(text)}")
    path.write_text(text + "\n", "utf-8")
    print(f"{path.name}: {time.monotonic() - started:.0f} s, {len(text) // 1000} KB")


def clean(notebook) -> None:
    """Leave only what the reader is meant to see.

    Raises:
        ValueError: If a cell wrote to the standard error.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        kept = []
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise ValueError(f"cell {number} wrote to stderr: {output.text}")
            # A progress bar is for the one who waits; a view is also a page.
            widget = output.get("data", {}).pop(WIDGET, None)
            if widget and "text/html" not in output.data:
                continue
            if kept and output.get("name") == kept[-1].get("name") == "stdout":
                kept[-1].text += output.text  # how it was cut is chance
                continue
            kept.append(output)
        cell.outputs = kept


def main() -> None:
    """Run the lessons that were named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="*", type=pathlib.Path)
    folder = pathlib.Path(__file__).parent
    for path in parser.parse_args().lessons or sorted(folder.glob("*.ipynb")):
        print(path.name)
        execute(path)


if __name__ == "__main__":
    sys.exit(main())

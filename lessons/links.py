"""Write the first and the last cell of every lesson: the way to its neighbours.

```
python lessons/links.py
```
"""

import json
import pathlib

FOLDER = pathlib.Path(__file__).parent
FIRST, LAST = "way-in", "way-out"  # the ids of the cells


def title(notebook: dict) -> str:
    """What the first heading of a lesson says."""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if source.startswith("# "):
            return source.partition("\n")[0].removeprefix("# ")
    raise ValueError("a lesson opens with a heading")


def ways(titles: dict[str, str]) -> dict[str, str]:
    """The line of links of each lesson.

    Args:
        titles: What each lesson is called, by its file's name, in order.
    """
    names = list(titles)
    lines = {}
    rows = zip([None, *names[:-1]], names, [*names[1:], None], strict=True)
    for before, name, after in rows:
        parts = [f"[← {titles[before]}]({before})"] if before else []
        parts.append("[Syllabus](README.md)")
        parts += [f"[{titles[after]} →]({after})"] if after else []
        lines[name] = " · ".join(parts)
    return lines


def linked(notebook: dict, line: str) -> dict:
    """A lesson whose first and last cell are these links."""
    inner = [cell for cell in notebook["cells"] if cell["id"] not in (FIRST, LAST)]
    first, last = (
        {"cell_type": "markdown", "id": name, "metadata": {}, "source": [line]}
        for name in (FIRST, LAST)
    )
    return {**notebook, "cells": [first, *inner, last]}


def main() -> None:
    """Write."""
    read = {path.name: json.loads(path.read_text("utf-8")) for path in lessons()}
    lines = ways({name: title(notebook) for name, notebook in read.items()})
    for name, notebook in read.items():
        made = linked(notebook, lines[name])
        if made != notebook:
            text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
            (FOLDER / name).write_text(text, "utf-8")


def lessons() -> list[pathlib.Path]:
    """Every lesson, in order."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))


if __name__ == "__main__":
    main()

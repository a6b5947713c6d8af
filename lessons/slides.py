"""A lesson as slides: a slide for each heading, without another copy of the lesson.

```
python lessons/slides.py lessons/03_soft_attention.ipynb --reveal ../reveal.js
```

The page loads reveal.js from where `--reveal` says: an address, or a folder (`npm pack
reveal.js@4`, unpacked) for a room without a network.
"""

import argparse
import pathlib
import re

import nbformat
from nbconvert import SlidesExporter

TO = pathlib.Path(__file__).parents[1] / "build" / "slides"
REVEAL = "https://unpkg.com/reveal.js@4.0.2"


def kind(cell: nbformat.NotebookNode) -> str:
    """What a cell is among slides."""
    tags = cell.metadata.get("tags", [])
    if "solution" in tags or cell.id in ("way-in", "way-out"):
        return "skip"
    heading = re.match(r"(#+) ", cell.source) if cell.cell_type == "markdown" else None
    if heading:
        return "slide" if len(heading[1]) <= 2 else "subslide"
    # A picture wants a slide of its own, below what was said about it.
    has_picture = "image/png" in str(cell.get("outputs", ""))
    return "subslide" if has_picture else "-"


def slides(path: pathlib.Path, reveal: str = REVEAL) -> str:
    """The page of a lesson.

    Args:
        path: The lesson.
        reveal: Where reveal.js is.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": kind(cell)}
    exporter = SlidesExporter(reveal_url_prefix=reveal, reveal_scroll=True)
    page, _ = exporter.from_notebook_node(notebook)
    return page


def main() -> None:
    """Write the slides of the lessons that were named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", nargs="+", type=pathlib.Path)
    parser.add_argument("--reveal", default=REVEAL)
    asked = parser.parse_args()
    TO.mkdir(parents=True, exist_ok=True)
    for path in asked.lessons:
        to = TO / f"{path.stem}.html"
        to.write_text(slides(path, asked.reveal), "utf-8")
        print(to)


if __name__ == "__main__":
    main()

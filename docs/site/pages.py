"""What Sphinx does not do by itself: anchors of cells, formulas, a front page."""

import shutil
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes


def anchor_cells(app: Any, doctree: Any) -> None:
    """Give each code cell its id, so that a link to a claim finds it."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    import nbformat

    cells = nbformat.read(path, as_version=4).cells
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(nodes.container):
        if "cell_index" in node and "cell" in node["classes"]:
            name = cells[node["cell_index"]]["id"]
            node["ids"].append(name)
            slugs[name] = (node.line, name, name)


def formula(display: str) -> tuple[Any, None]:
    """A visitor that writes a formula as MathML, which needs no script."""

    def visit(self: Any, node: Any) -> None:
        text = node.astext()
        made = latex2mathml.converter.convert(text, display=display)
        if display == "block":  # it scrolls where it is wide: for the keyboard, too
            made = made.replace("<math ", '<math tabindex="0" ', 1)
        self.body.append(made)
        raise nodes.SkipNode

    return visit, None


def name_levels(app: Any, name: str, template: str, context: Any, tree: Any) -> None:
    """Say which level the captions at the side have, as screen readers expect."""
    side = context.get("furo_navigation_tree")
    if side:
        old, new = 'role="heading"', 'role="heading" aria-level="2"'
        context["furo_navigation_tree"] = side.replace(old, new)


def open_with_the_front_page(app: Any, error: Exception | None) -> None:
    """What a browser opens when it is given the folder."""
    if error is None and app.builder.name == "html":
        folder = Path(app.outdir)
        shutil.copy(folder / "README.html", folder / "index.html")


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", formula("inline"), formula("block"))
    app.connect("doctree-read", anchor_cells)
    app.connect("html-page-context", name_levels, priority=900)
    app.connect("build-finished", open_with_the_front_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

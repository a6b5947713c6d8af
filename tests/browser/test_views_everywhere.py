"""Every view on light and dark pages, on a phone, for everybody, and in JupyterLab."""

import json
import pathlib
import sys

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from test_explorables import CHANCES, KEYS, SCORES, WAYS
from views import explained

from keras_transformer import plots

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lessons"))

import execute

VIEWS = {
    "attention": lambda: explained().view(gold=[(0, 0)], title="Der Mann ruft an"),
    "two models": lambda: explained().view(explained(heads=1), ("one", "other")),
    "softmax": lambda: plots.softmax_view(SCORES, KEYS),
    "cut": lambda: plots.cut_view(CHANCES, list("abcd")),
    "steps": lambda: plots.step_view(np.full((9, 4), 0.25), ["word"] * 9, list("abcd")),
    "rotary": lambda: plots.rotary_view(np.ones(8), np.ones(8)),
    "beam": lambda: plots.beam_view(WAYS, width=2),
    "cache": lambda: plots.cache_view(["token"] * 12),
}
each = pytest.mark.parametrize("name", VIEWS)


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core, which finds what shuts people out."""
    package = pytest.importorskip(
        "axe_playwright_python", reason="no check by axe-core"
    )
    return (pathlib.Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


@each
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out(opened, axe, picture, name, theme):
    page = opened(VIEWS[name](), color_scheme=theme, reduced_motion="reduce")
    if page.locator("summary").count():
        page.locator("summary").first.click()
        page.locator(".kt-tokens.kt-column button").first.focus()
    picture(page, f"view-{name}-{theme}", full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run('.kt-view')")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


@each
def test_a_phone_shows_it_without_scrolling_sideways(opened, picture, name):
    view = VIEWS[name]()
    page = opened(view)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    picture(page, f"view-{name}-phone", full_page=True)


def ground(page):
    card = page.locator(".kt-card")
    colour = card.evaluate("one => getComputedStyle(one).backgroundColor")
    return "light" if colour == "rgb(252, 251, 248)" else "dark"


def test_the_page_says_whether_it_is_light_or_dark(opened):
    for theme in ("light", "dark"):
        page = opened(VIEWS["cache"](), color_scheme=theme)
        assert ground(page) == theme
        for attribute, value, wanted in (
            ("data-jp-theme-light", "true", "light"),
            ("data-jp-theme-light", "false", "dark"),
            ("data-theme", "light", "light"),
            ("data-theme", "dark", "dark"),
            ("data-theme", "auto", theme),
        ):
            page.evaluate(
                "given => document.body.setAttribute(...given)", [attribute, value]
            )
            assert ground(page) == wanted
            page.evaluate("name => document.body.removeAttribute(name)", attribute)


def test_nothing_moves_for_those_who_want_no_motion(opened):
    seconds = "one => getComputedStyle(one).transitionDuration"
    page = opened(VIEWS["cut"](), reduced_motion="reduce")
    assert page.locator(".kt-bar").first.evaluate(seconds) == "0s"


CELLS = """
import sys
sys.path.insert(0, {here!r})
from views import explained
from keras_transformer import plots
explained().view()
----
plots.cache_view(["[START]", "Good", "day"])
"""


def press(view, text):
    view.locator(".kt-tokens.kt-column button", has_text=text).first.click()


def test_jupyterlab_shows_them_and_what_it_exports_too(
    lab, no_outside_requests, picture, tmp_path
):
    page = no_outside_requests
    sources = CELLS.format(here=str(pathlib.Path(__file__).parent)).split("----")
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, pathlib.Path(lab.folder) / "view.ipynb")
    lab.open(page, "view.ipynb")
    lab.run_all(page, "view.ipynb")
    attention, cache = page.locator(".jp-OutputArea .kt-card").all()

    press(attention, "Mann")
    page.get_by_text("Without “Mann” → The calls.").wait_for()
    press(attention, "Der")  # both at once is what only a kernel knows
    page.get_by_text("Without “Mann”, “Der” → Calls.").wait_for()
    # All kinds of attention without them; a page holds one.
    assert attention.locator("select").first.locator("option").count() == 3
    cache.get_by_label("Step").press("End")
    assert "3 with a cache, 6 without" in cache.get_by_role("status").inner_text()
    picture(page, "view-jupyterlab")

    # What is stored, as people export it, and as the lessons are stored.
    stored = json.dumps(lab.saved(page, "view.ipynb"))
    saved, cleaned = (nbformat.reads(stored, as_version=4) for _ in range(2))
    execute.clean(cleaned)
    for given in (saved, cleaned):
        exporter = HTMLExporter(require_js_url="", mathjax_url="", mermaid_js_url="")
        text, _ = exporter.from_notebook_node(given)
        (tmp_path / "exported.html").write_text(text, "utf-8")
        page.goto((tmp_path / "exported.html").as_uri())
        attention, cache = page.locator(".kt-card").all()
        press(attention, "ru")
        page.get_by_text("Without “ruft” → The man.").wait_for()
        cache.get_by_label("Step").press("Home")
        assert "1 with a cache, 1 without" in cache.get_by_role("status").inner_text()

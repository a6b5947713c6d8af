"""What the pages tell readers to type is there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
# The changelog names what was.
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SCOREBOARD.md")),
    ROOT / "results" / "README.md",
    ROOT / "results" / "scoreboard" / "README.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
    *sorted((ROOT / "lessons").glob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def targets():
    rules = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):", rules, re.M))


def anchor(heading):
    """The anchor that code hosts give a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_target_that_a_page_names_is_there(page):
    named = re.findall(r"(?:`|^\$ )make ([a-z-]+)", page.read_text("utf-8"), re.M)
    assert set(named) <= targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(page):
    for name, place in LINK.findall(page.read_text("utf-8")):
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), name
        if place and there.suffix == ".md":
            assert place in anchors(there), f"{name}#{place}"


def test_targets_and_anchors_are_found():
    assert {"test", "quick", "results"} <= targets()
    assert anchor("What became of the claims") == "what-became-of-the-claims"
    assert anchor("Multi30k, German to English") == "multi30k-german-to-english"

"""The drawings of the lessons: readable as text, as pictures, and in any page."""

import json
import pathlib
import re
import xml.etree.ElementTree as ET

import pytest

from keras_transformer.plots import palette

ROOT = pathlib.Path(__file__).parents[1] / "lessons"
FILES = sorted((ROOT / "figures").glob("*"))
LESSONS = sorted(ROOT.glob("*.ipynb"))
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = re.compile(r"!\[([^\]]*)\]\((figures/[^)\s]*)\)")
COLOUR = re.compile(r"(?:fill|stroke)\s*[:=]\s*\"?\s*([^\s;\"}]+)")
SIZE = re.compile(r"font-size\s*[:=]\s*\"?\s*([\d.]+)(\w*)")
GROUNDS = (palette.CARD, palette.QUIET, palette.FAINT, palette.PALE, palette.MASKED)
MEANINGS = (*palette.TINTS, *palette.TINTS.values(), palette.INK)
PALETTE = {"none", "context-stroke", "url(#hatch)", "#FFFFFF", *GROUNDS, *MEANINGS}


def shown(path):
    """(alternative text, file) of every figure that a lesson shows."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    return [found for text in texts for found in SHOWN.findall(text)]


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def drawing(request):
    text = request.param.read_text("utf-8")
    return text, ET.fromstring(text)


def test_a_drawing_is_small_and_as_wide_as_all_others(drawing):
    text, root = drawing
    assert len(text.encode()) < 30_000
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top, width) == (0, 0, 720)
    assert (root.get("width"), float(root.get("height"))) == ("720", height)


def test_a_drawing_says_what_it_shows(drawing):
    _, root = drawing
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert len(title.text) > 15 and len(description.text) > len(title.text)


def test_a_drawing_brings_a_ground_of_its_own(drawing):
    text, root = drawing
    card = root.find(f"{SVG}rect")
    assert (card.get("class"), card.get("width")) == ("card", "720")
    assert card.get("height") == root.get("height")
    assert f".card {{ fill: {palette.CARD} }}" in text


def test_a_drawing_uses_the_colours_of_the_course(drawing):
    text, _ = drawing
    assert set(COLOUR.findall(text)) - PALETTE == set()


def test_the_text_of_a_drawing_is_text_and_large_enough(drawing):
    text, root = drawing
    assert all(
        float(size) >= 14 and unit in ("", "px") for size, unit in SIZE.findall(text)
    )
    assert "font-size: 15px" in text and "system-ui" in root.get("font-family")
    assert len(list(root.iter(f"{SVG}text"))) > 5


def test_a_drawing_needs_no_other_file_and_runs_nothing(drawing):
    text, root = drawing
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert not tags & {"script", "image", "foreignObject", "use", "a"}
    assert "@import" not in text and "href" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#head", "#hatch"}
    assert re.findall(r"https?://[^\"\s]*", text) == ["http://www.w3.org/2000/svg"]


def test_arrows_have_one_head(drawing):
    _, root = drawing
    assert [marker.get("id") for marker in root.iter(f"{SVG}marker")] == ["head"]


def test_every_drawing_is_shown_and_every_figure_shown_is_there():
    named = {name for path in LESSONS for _, name in shown(path)}
    assert named == {f"figures/{path.name}" for path in FILES}
    for path in LESSONS:
        for _, name in shown(path):
            assert name.startswith(f"figures/{path.name[:2]}_"), path.name


def test_a_lesson_says_in_words_what_a_figure_shows():
    for path in LESSONS:
        for words, name in shown(path):
            assert len(words) > 60, name

"""The page that describes the house names its rooms, and no other."""

import pathlib
import re

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
PAGE = PACKAGE.parent / "docs" / "architecture.md"
# A room's row begins with its name: "| `attention/` | …".
ROOM = re.compile(r"^\| `([\w]+(?:/|\.py))` \|", re.M)


def rooms():
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    return folders | {path.name for path in PACKAGE.glob("[!_]*.py")}


def test_every_room_is_described_once_and_no_other_is():
    described = ROOM.findall(PAGE.read_text("utf-8"))
    assert sorted(described) == sorted(rooms())


def test_rooms_are_found_in_a_table():
    page = "| room | |\n| `masks.py` | who sees whom |\n| `text/` | `plots/` | |\n"
    assert ROOM.findall(page) == ["masks.py", "text/"]


def test_every_drawing_of_the_docs_says_what_it_shows():
    drawings = sorted(PAGE.parent.glob("*.svg"))
    assert drawings
    for path in drawings:
        source = path.read_text("utf-8")
        assert re.search("<title[ >]", source) and re.search("<desc[ >]", source)
        assert 'viewBox="0 0 720 ' in source
        sizes = re.findall(r'font-size="(\d+)"', source)
        assert sizes and min(map(int, sizes)) >= 14

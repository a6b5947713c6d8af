"""`CITATION.cff` against what version 1.2.0 of the format asks for."""

import pathlib
import re
import tomllib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[1]
REQUIRED = {"cff-version", "message", "title", "authors"}
TEXT = {"abstract", "cff-version", "license", "message", "title", "type", "version"}
KNOWN = {*TEXT, *REQUIRED, "keywords"}
ENTITY = {"name", "website", "email", "orcid"}


def faults(entry):
    """What the format does not allow, of the fields that this project uses."""
    found = [f"{name} is missing" for name in sorted(REQUIRED - entry.keys())]
    found += [f"{name} is unknown" for name in sorted(entry.keys() - KNOWN)]
    found += [
        f"{name} must be text"
        for name in sorted(TEXT & entry.keys())
        if not isinstance(entry[name], str) or not entry[name].strip()
    ]
    if entry.get("cff-version") != "1.2.0":
        found.append("cff-version must be 1.2.0")
    if entry.get("type", "software") not in ("software", "dataset"):
        found.append("type must be software or dataset")
    for author in entry.get("authors") or [{}]:
        if not author.get("name") or author.keys() - ENTITY:
            found.append("an author must be an entity with a name")
    words = entry.get("keywords", [])
    if len(words) != len(set(words)) or not all(isinstance(w, str) for w in words):
        found.append("keywords must be different texts")
    return found


def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_the_citation_is_valid():
    assert faults(citation()) == []


def test_the_citation_is_of_this_version_and_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation()["version"] == project["version"]
    assert citation()["license"] == project["license"]


def test_the_newest_entry_of_the_changelog_is_of_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## \[?([\d.]+)", page, re.M)[0] == project["version"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"version": 0.2},
        {"authors": []},
        {"authors": [{"family-names": "Nobody"}]},
        {"cff-version": "1.1.0"},
        {"type": "book"},
        {"publisher": "none"},
        {"keywords": ["one", "one"]},
    ],
)
def test_a_citation_that_is_not_valid_is_found(change):
    assert faults({**citation(), **change}) != []

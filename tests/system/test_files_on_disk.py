"""Files that appear whole, and JSON that is JSON."""

import ast
import os
import pathlib

import pytest
from soak.disk import asked

import keras_transformer
from keras_transformer.system.files import clear_unfinished, write_json, write_text

ROOT = pathlib.Path(keras_transformer.__file__).parents[1]


def test_content_is_on_the_disk_before_its_name_and_the_name_after_it(tmp_path):
    told = []
    with asked(lambda what, path: told.append((what, path))):
        write_text(tmp_path / "file", "new")
    kinds = [what for what, _ in told if what in ("write", "fsync", "replace")]
    assert kinds == ["write", "fsync", "replace", "fsync"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_json_holds_finite_numbers_only(tmp_path, number):
    write_json(tmp_path / "file.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "file.json", {"a": [number]})
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]
    assert (tmp_path / "file.json").read_text() == '{\n "a": 1\n}\n'


def careless(source):
    """The lines where JSON is written that may hold NaN."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("json.dumps", "json.dump")
        and not any(
            keyword.arg == "allow_nan" and ast.unparse(keyword.value) == "False"
            for keyword in node.keywords
        )
    ]


# A law compares what is written with what is read: whatever it is.
READ_ONLY = {"keras_transformer/laws/serialization.py"}


def test_no_json_is_written_that_is_none():
    found = {}
    for room in ("keras_transformer", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name not in READ_ONLY and (lines := careless(path.read_text("utf-8"))):
                found[name] = lines
    assert found == {}
    assert careless("json.dumps(x)\njson.dumps(x, allow_nan=False)") == [1]


def test_a_refused_file_leaves_no_folder(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a" / "b" / "file", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_only_what_a_killed_process_has_left_is_cleared_away(tmp_path):
    kept = ["state.npz", ".note.state.npz", ".7.other.npz", ".state.npz", "7.state.npz"]
    for name in (*kept, ".7.state.npz", f".{os.getpid()}.state.npz"):
        (tmp_path / name).touch()
    clear_unfinished(tmp_path, ["state.npz", "nowhere/state.npz"])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)

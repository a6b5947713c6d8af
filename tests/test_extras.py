"""Every third-party import of the package belongs to an extra of its room."""

import ast
import pathlib
import re
import sys
import tomllib

import pytest

import keras_transformer
from keras_transformer.system.extras import DISTRIBUTION, MissingExtra, needs

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
ROOT = pathlib.Path(__file__).parents[1]
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

ALWAYS = {"keras", "numpy", "h5py"}  # Keras brings h5py
EXTRA = {  # of a room; rooms that are not named here are of the library, and have none
    "system/hosts.py": "jax",
    "text/graph": "tensorflow",
    "text": "text",
    "translation": "text",
    "translation/service": "serve",
    "translation/exports": "ctranslate2",
    "translation/exports/litert_model.py": "tensorflow",
    "translation/exports/onnx_model.py": "onnx",
    "translation/exports/step_functions.py": "tensorflow",
    "plots": "plots",
    "cli": "cli",
    "course": "lessons",
    "laws/testing.py": "dev",  # imported by test suites, which have pytest
}
# A module by another name than its distribution, or brought by another's.
PROVIDED = {"PIL": "pillow", "sklearn": "scikit-learn", "traitlets": "anywidget"}


def imported(source):
    """The top names of what a file imports, each with where it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def third_party(source):
    beside = ("command", "order", "quiet")
    ours = {"keras_transformer", *(f"keras_transformer_{name}" for name in beside)}
    return set(imported(source)) - sys.stdlib_module_names - ours - ALWAYS


def distributions(extra):
    """The names of what an extra brings, extras of its own included."""
    found = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        name, inner = re.match(r"([\w-]+)(?:\[([\w,-]+)\])?", requirement).groups()
        if name == DISTRIBUTION:
            found |= {each for e in inner.split(",") for each in distributions(e)}
        else:
            found.add(name)
    return found


def strangers(file, source):
    """Third-party modules that a file may not import."""
    path = pathlib.PurePath(file)
    places = [path.as_posix(), *(room.as_posix() for room in path.parents)]
    extra = next((EXTRA[place] for place in places if place in EXTRA), None)
    brought = distributions(extra) if extra else set()
    return sorted(
        name
        for name in third_party(source)
        if PROVIDED.get(name, name.replace("_", "-")) not in brought
    )


@pytest.mark.parametrize("file", FILES, ids=str)
def test_what_a_file_imports_is_in_the_extra_of_its_room(file):
    assert strangers(file, (PACKAGE / file).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source", "found"),
    [
        ("attention/scores.py", "import matplotlib.pyplot as plt", ["matplotlib"]),
        ("training/run.py", "def f():\n    from tqdm.auto import tqdm", ["tqdm"]),
        ("plots/bars.py", "import scipy", ["scipy"]),
        ("plots/bars.py", "import tensorflow", ["tensorflow"]),
        ("text/tokenizer.py", "import sentencepiece, tyro", ["sentencepiece", "tyro"]),
        ("course/measure/steps.py", "import torch", ["torch"]),
        ("corpora/files.py", "import requests", ["requests"]),
        ("masks.py", "import jax", ["jax"]),
        ("text/tokenizer.py", "import unicodedata2, sacrebleu", []),
        ("text/tokenizer.py", "import tensorflow_text", ["tensorflow_text"]),
        ("text/graph/engine.py", "import tensorflow_text", []),
        ("plots/figure.py", "from PIL import Image", []),
        ("course/measure/steps.py", "from tqdm.auto import tqdm", []),
        ("masks.py", "import keras, numpy, os, keras_transformer.tokens", []),
    ],
)
def test_an_import_without_an_extra_is_found(file, source, found):
    assert strangers(file, source) == found


def test_every_room_with_an_extra_is_there_and_its_extra_too():
    assert all((PACKAGE / room).exists() for room in EXTRA)
    assert set(EXTRA.values()) <= set(PROJECT["optional-dependencies"])
    assert PROJECT["name"] == DISTRIBUTION


def asked_for():
    """Every call of `needs` in the package: file, extra, modules."""
    for file in FILES:
        for node in ast.walk(ast.parse((PACKAGE / file).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "needs":
                extra, *modules = (argument.value for argument in node.args[1:])
                yield file.as_posix(), extra, modules


def test_each_room_asks_for_its_extra_and_for_modules_that_it_brings():
    calls = list(asked_for())
    for _, extra, modules in calls:
        names = {PROVIDED.get(m, m.replace("_", "-")) for m in modules}
        assert names and names <= distributions(extra)
    assert {(file, extra) for file, extra, _ in calls} == {
        ("text/__init__.py", "text"),
        ("text/graph/__init__.py", "tensorflow"),
        ("plots/__init__.py", "plots"),
        ("plots/views/widget.py", "plots"),
        ("cli/__init__.py", "cli"),
        ("cli/serve.py", "serve"),
        ("cli/lab.py", "lessons"),
        ("cli/train.py", "tensorboard"),
        ("translation/evaluation.py", "text"),
        ("translation/engines.py", "ctranslate2"),
        ("translation/exports/export.py", "ctranslate2"),
        ("translation/exports/export.py", "onnx"),
    }


# What it says


def test_a_missing_extra_is_named_with_the_command_that_installs_it():
    with pytest.raises(MissingExtra) as caught:
        needs("keras_transformer.plots", "plots", "json", "a_picture_library")
    assert str(caught.value) == (
        "keras_transformer.plots needs the extra plots: "
        "pip install 'keras-transformer-course[plots]'"
    )
    assert isinstance(caught.value, ModuleNotFoundError)
    assert caught.value.name == "a_picture_library"


def test_what_is_installed_is_only_looked_for_and_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    needs("room", "extra", "colorsys", "json")
    assert "colorsys" not in sys.modules


def test_a_module_that_is_blocked_counts_as_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra):
        needs("room", "plots", "matplotlib")

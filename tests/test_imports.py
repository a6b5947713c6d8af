"""The rooms of the package, and who may import whom."""

import ast
import pathlib

import pytest

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
LONGEST = 300

# Lowest first: a room imports from its own row and the rows above it.
LINE = (
    {"startup"},
    {"masks", "log_probability", "devices"},
    {"attention", "positions"},
    {"recurrent", "transformer"},
    {"decoding", "training"},
    {"model_configs", "explanation"},
    {
        "translator",
        "recipes",
        "ladders",
        "experiment",
        "evaluation",
        "alignment",
        "word_accuracy",
        "scoreboard",
        "board",
        "board_changes",
        "board_columns",
        "report",
        "export",
        "run_folder",
        "tokens",
        "processes",
        "token_board",
    },
    {"commands", "token_commands", "cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LINE) for room in rooms}
TEXT_LEVEL = LEVEL["translator"]  # the lowest row where text meets models
BESIDE = {  # rooms beside the line, and all that they import
    "text": {"startup"},
    "corpora": {"startup", "text"},
    "plots": {"startup"},
    "laws": {"startup", "log_probability"},
    "measure": {"startup", "masks", "log_probability", "attention", "laws"},
}
STRANGERS = ({"recurrent", "transformer"},)
BACKENDS = {"tensorflow", "tensorflow_text", "jax", "torch"}
BACKEND_ROOMS = {"text", "corpora", "export"}


def imported(tree, file):
    """Every module that a file imports, as a dotted name."""
    package = ("keras_transformer", *file.parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            if module == "keras_transformer":
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def violations(file, source):
    """What is wrong with the imports of a file; `file` is relative to the package."""
    file = pathlib.PurePath(file)
    room = file.parts[0].removesuffix(".py")
    if room == "__init__":
        return []
    if room not in LEVEL and room not in BESIDE:
        return [f"{file}: the architecture has no room {room!r}"]
    found = []
    for module in imported(ast.parse(source), file):
        top, _, rest = module.partition(".")
        if top in BACKENDS and room not in BACKEND_ROOMS:
            found.append(f"{file}: {room} imports {top}")
        if top != "keras_transformer":
            continue
        other = rest.partition(".")[0]
        if other != room and not allowed(room, other):
            found.append(f"{file}: {room} imports {other or 'the whole package'}")
    return found


def allowed(room, other):
    if room in BESIDE:
        return other in BESIDE[room]
    if other in BESIDE:
        return LEVEL[room] >= TEXT_LEVEL
    return LEVEL.get(other, len(LINE)) <= LEVEL[room] and not any(
        {room, other} <= pair for pair in STRANGERS
    )


def asserts(source):
    return [
        node.lineno for node in ast.walk(ast.parse(source)) if type(node) is ast.Assert
    ]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_one_way(file):
    assert violations(file, (PACKAGE / file).read_text("utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_file_is_long_and_none_asserts(file):
    source = (PACKAGE / file).read_text("utf-8")
    assert len(source.splitlines()) <= LONGEST
    assert asserts(source) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("masks.py", "from keras_transformer.attention import Attention"),
        ("masks.py", "from keras_transformer import attention"),
        ("masks.py", "from .attention import Attention"),
        ("masks.py", "from . import attention"),
        ("attention/scores.py", "from ..transformer import Encoder"),
        ("attention/scores.py", "import keras_transformer.transformer.encoder"),
        ("attention/scores.py", "import keras_transformer"),
        ("attention/scores.py", "from keras_transformer import Encoder"),
        ("attention/scores.py", "def f():\n    import tensorflow as tf"),
        ("recurrent/encoder.py", "from keras_transformer.transformer import Encoder"),
        ("transformer/encoder.py", "from keras_transformer.recurrent import Encoder"),
        ("transformer/encoder.py", "from keras_transformer.decoding import greedy"),
        ("training/fit.py", "from keras_transformer.translator import Translator"),
        ("training/fit.py", "from keras_transformer.text import Tokenizer"),
        ("decoding/greedy.py", "from keras_transformer.corpora import Pairs"),
        ("decoding/greedy.py", "import jax.numpy as jnp"),
        ("translator.py", "from keras_transformer.cli import main"),
        ("translator.py", "import tensorflow_text"),
        ("text/tokenizer.py", "from keras_transformer.corpora import Pairs"),
        ("corpora/files.py", "from keras_transformer.masks import padding_mask"),
        ("plots/attention.py", "from keras_transformer.attention import Attention"),
        ("laws/masks.py", "from keras_transformer.masks import padding_mask"),
        ("measure/probes.py", "from keras_transformer.recurrent import loop"),
        ("training/fit.py", "from keras_transformer.measure import probe_accuracy"),
        ("helpers/anything.py", "import math"),
    ],
)
def test_a_forbidden_import_is_found(file, source):
    assert len(violations(file, source)) == 1


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("attention/scores.py", "from ..masks import masked_softmax"),
        ("attention/cache.py", "from .scores import Dot"),
        ("transformer/encoder.py", "from keras_transformer.attention import Attention"),
        ("translator.py", "from keras_transformer.text import Tokenizer"),
        ("corpora/rows.py", "import tensorflow as tf"),
        ("measure/gradients.py", "from keras_transformer.laws import gradients"),
        ("cli.py", "from keras_transformer import corpora, experiment, plots"),
    ],
)
def test_a_permitted_import_passes(file, source):
    assert violations(file, source) == []


def test_an_assert_is_found():
    assert asserts("def f(x):\n    assert x > 0\n    return x") == [2]


def test_every_file_of_the_package_was_read():
    assert {pathlib.Path("masks.py"), pathlib.Path("attention/scores.py")} < set(FILES)

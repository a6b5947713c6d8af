"""The rooms of the package, and who may import whom."""

import ast
import graphlib
import pathlib

import pytest

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
LONGEST = 300

# Lowest first: a room imports from its own row and the rows above it.
LINE = (
    {"tokens", "randomness", "system"},
    {"masks"},
    {"attention", "positions"},
    {"models"},
    {"decoding", "training"},
    {"translation"},
    {"cli"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LINE) for room in rooms}
BESIDE = {  # rooms beside the line, and all that they import
    "text": {"tokens", "system"},
    "corpora": {"text", "system"},
    "plots": {"system"},
    "laws": {"tokens", "randomness"},
    "classroom": {"laws", "system"},
}
TEXT_LEVEL = LEVEL["translation"]  # the lowest row where text meets models
COURSE = "course"  # imports what it likes; nothing imports it
STRANGERS = ({"decoding", "training"}, {"tokens", "randomness", "system"})
BACKENDS = {"tensorflow", "tensorflow_text", "jax", "torch"}
BACKEND_ROOMS = {
    ("text", "graph"),  # it is TensorFlow's
    ("system", "hosts.py"),  # what goes between hosts is JAX's
    ("translation", "exports"),  # each is made by the backend that it leaves
}


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
    if room not in {*LEVEL, *BESIDE, COURSE}:
        return [f"{file}: the architecture has no room {room!r}"]
    found = []
    for module in imported(ast.parse(source), file):
        top, _, rest = module.partition(".")
        if top in BACKENDS and file.parts[:2] not in BACKEND_ROOMS:
            found.append(f"{file}: {room} imports {top}")
        if top != "keras_transformer":
            continue
        other = rest.partition(".")[0]
        if other != room and not allowed(room, other):
            found.append(f"{file}: {room} imports {other or 'the whole package'}")
    return found


def allowed(room, other):
    if room == COURSE:
        return other in {*LEVEL, *BESIDE}
    if room in BESIDE:
        return other in BESIDE[room]
    if other in BESIDE:
        return LEVEL[room] >= TEXT_LEVEL
    return LEVEL.get(other, len(LINE)) <= LEVEL[room] and not any(
        {room, other} <= pair for pair in STRANGERS
    )


def module_of(file):
    """The dotted name of a file, and whether it is a package."""
    parts = ("keras_transformer", *file.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def neighbours(file, source, modules):
    """The modules of ours that a file imports, submodules named by `from` included."""
    package = ("keras_transformer", *file.parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            inner = {f"{module}.{alias.name}" for alias in node.names} & modules
            found |= inner or {module}
    return (found & modules) - {module_of(file)}


def circle(sources):
    """Modules that import each other, or nothing; `sources` by relative path."""
    modules = {module_of(file) for file in sources}
    graph = {module_of(f): neighbours(f, s, modules) for f, s in sources.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def asserts(source):
    return [
        node.lineno for node in ast.walk(ast.parse(source)) if type(node) is ast.Assert
    ]


def read(file):
    return (PACKAGE / file).read_text("utf-8")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_run_one_way(file):
    assert violations(file, read(file)) == []


def test_nothing_imports_in_a_circle():
    assert circle({file: read(file) for file in FILES}) == []


def test_a_circle_is_found():
    sources = {
        pathlib.Path("laws/law.py"): "def f():\n    from . import subject",
        pathlib.Path("laws/subject.py"): "from keras_transformer.laws.law import Law",
        pathlib.Path("laws/check.py"): "from keras_transformer.laws import law",
    }
    assert set(circle(sources)) == {
        "keras_transformer.laws.law",
        "keras_transformer.laws.subject",
    }


def test_two_files_stand_at_the_top():
    loose = {str(file) for file in FILES if len(file.parts) == 1}
    assert loose == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_file_is_long_and_none_asserts(file):
    source = read(file)
    assert len(source.splitlines()) <= LONGEST
    assert asserts(source) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("masks.py", "from keras_transformer.attention import Attention"),
        ("masks.py", "from keras_transformer import attention"),
        ("masks.py", "from .attention import Attention"),
        ("masks.py", "from . import attention"),
        ("attention/scores.py", "from ..models import Stack"),
        ("attention/scores.py", "import keras_transformer.models.stack"),
        ("attention/scores.py", "import keras_transformer"),
        ("attention/scores.py", "from keras_transformer import Stack"),
        ("attention/scores.py", "def f():\n    import tensorflow as tf"),
        ("models/stack.py", "from keras_transformer.decoding import greedy"),
        ("tokens/padding.py", "from keras_transformer.system import files"),
        ("decoding/batches.py", "from keras_transformer.training import Run"),
        ("training/run.py", "from keras_transformer.decoding import greedy"),
        ("training/run.py", "from keras_transformer.translation import translator"),
        ("training/run.py", "from keras_transformer.text import Tokenizer"),
        ("decoding/greedy.py", "from keras_transformer.corpora import Pairs"),
        ("decoding/greedy.py", "import jax.numpy as jnp"),
        ("translation/translator.py", "from keras_transformer.cli import main"),
        ("translation/translator.py", "import tensorflow_text"),
        ("text/tokenizer.py", "from keras_transformer.corpora import Pairs"),
        ("text/tokenizer.py", "import tensorflow as tf"),
        ("corpora/files.py", "from keras_transformer.masks import padding_mask"),
        ("corpora/registry.py", "from keras_transformer.course import phrasebook"),
        ("cli/main.py", "from keras_transformer.course.scoreboard import runs"),
        ("plots/attention.py", "from keras_transformer.attention import Attention"),
        ("laws/masks.py", "from keras_transformer.masks import padding_mask"),
        ("training/run.py", "from keras_transformer.course.measure import passes"),
        ("course/measure/steps.py", "import tensorflow as tf"),
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
        ("models/stack.py", "from keras_transformer.attention import Attention"),
        ("translation/translator.py", "from keras_transformer.text import Tokenizer"),
        ("text/graph/engine.py", "import tensorflow as tf"),
        ("course/measure/heads.py", "from keras_transformer.models import Stack"),
        ("cli/main.py", "from keras_transformer import corpora, plots"),
    ],
)
def test_a_permitted_import_passes(file, source):
    assert violations(file, source) == []


def test_an_assert_is_found():
    assert asserts("def f(x):\n    assert x > 0\n    return x") == [2]


def test_every_file_of_the_package_was_read():
    files = {pathlib.Path("masks/arrays.py"), pathlib.Path("attention/scores.py")}
    assert files < set(FILES)


def test_no_two_test_files_have_one_name():
    # pytest imports them by it, and would leave one of them out.
    names = [path.name for path in pathlib.Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))

"""Public signatures say what they take and what they return.

A tensor is `Any`: each backend has a type of its own, and NumPy's arrays will do. Its
axes and dtype stand in the docstring, where no type could say them.
"""

import ast
import pathlib

import pytest

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
CALLED = ("__init__", "__call__")


def public(body, within=""):
    """Every public function and method, by its dotted name."""
    for node in body:
        name = getattr(node, "name", "_")
        if isinstance(node, ast.ClassDef) and not name.startswith("_"):
            yield from public(node.body, f"{within}{name}.")
        elif isinstance(node, ast.FunctionDef) and (
            not name.startswith("_") or name in CALLED
        ):
            yield f"{within}{name}", node


def missing(source):
    """What has no annotation; `__init__` returns nothing and need not say so."""
    for name, node in public(ast.parse(source).body):
        taken = node.args
        several = filter(None, (taken.vararg, taken.kwarg))
        for each in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *several):
            if each.annotation is None and each.arg not in ("self", "cls"):
                yield f"{name}({each.arg})"
        if node.returns is None and node.name != "__init__":
            yield f"{name} → ?"


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_public_signatures_are_annotated(path):
    assert [*missing(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x) -> int: ...", ["f(x)"]),
        ("def f(x: int): ...", ["f → ?"]),
        ("def f(*x: int, y, **z) -> None: ...", ["f(y)", "f(z)"]),
        ("def f(*x) -> None: ...", ["f(x)"]),
        ("class A:\n def f(self, x): ...", ["A.f(x)", "A.f → ?"]),
        ("class A:\n def __init__(self, x): ...", ["A.__init__(x)"]),
        ("class A:\n def __call__(self) -> int: ...", []),
        ("def _f(x): ...\nclass _A:\n def f(self, x): ...", []),
    ],
)
def test_a_signature_without_an_annotation_is_found(source, found):
    assert sorted(missing(source)) == sorted(found)

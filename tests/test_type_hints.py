"""What is public in these rooms says which types it takes and returns."""

import importlib
import inspect
import pathlib

import pytest

import keras_transformer

TRAINING = pathlib.Path(keras_transformer.__file__).parent / "training"
MODULES = [
    *(f"training.{file.stem}" for file in sorted(TRAINING.glob("[a-z]*.py"))),
    *(
        f"translation.{name}"
        for name in ("experiment", "fit", "results", "run_folder", "token_files")
    ),
    "course.scoreboard.fill",
]


def signatures(module):
    """Every public function, constructor and method that a module defines."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for method, function in vars(value).items():
                public = not method.startswith("_") or method in (
                    "__init__",
                    "__call__",
                )
                if public and inspect.isfunction(function):
                    yield f"{name}.{method}", function


def untyped(function):
    """The parameters of a function that have no type, and `return`."""
    signature = inspect.signature(function)
    names = [
        name
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.annotation is parameter.empty
    ]
    returns = function.__name__ != "__init__"
    if returns and signature.return_annotation is signature.empty:
        names.append("return")
    return names


@pytest.mark.parametrize("name", MODULES)
def test_public_signatures_have_types(name):
    module = importlib.import_module(f"keras_transformer.{name}")
    found = {path: untyped(function) for path, function in signatures(module)}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_signature_without_types_is_found():
    def half(first: int, second, *, third=0):
        pass

    assert untyped(half) == ["second", "third", "return"]

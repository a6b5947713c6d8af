import doctest
import importlib
import inspect
import pathlib
import re

import keras
import numpy as np
import pytest

import keras_transformer

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.name != "__main__.py")
MODULES = [
    ".".join(("keras_transformer", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in FILES
]
PACKAGES = [
    name.removesuffix(".__init__") for name in MODULES if name.endswith(".__init__")
]
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?")
LAYER_SECTIONS = ("Call arguments:", "Returns:", "Masking:", "Example:", "Source:")
CALLED_SECTIONS = ("Call arguments:", "Returns:", "Example:")


class Close(doctest.OutputChecker):
    """Compares numbers with a decimal point to six digits, all else exactly."""

    def check_output(self, want, got, optionflags):
        if NUMBER.sub("#", want) != NUMBER.sub("#", got):
            return super().check_output(want, got, optionflags)
        wanted, found = (list(map(float, NUMBER.findall(t))) for t in (want, got))
        return np.allclose(wanted, found, rtol=1e-6, atol=1e-6)


def failures(tests):
    report = []
    runner = doctest.DocTestRunner(checker=Close())
    for test in tests:
        runner.run(test, out=report.append)
    return "".join(report)


def examples(module):
    tests = doctest.DocTestFinder().find(module, module.__name__)
    return [test for test in tests if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name):
    tests = examples(importlib.import_module(name.removesuffix(".__init__")))
    assert failures(tests) == ""


def test_an_untrue_example_is_found():
    parser = doctest.DocTestParser()
    for want, true in (("0.5", True), ("0.4999999", True), ("0.501", False)):
        test = parser.get_doctest(f">>> 1 / 2\n{want}\n", {}, "half", None, 0)
        assert (failures([test]) == "") is true
    test = parser.get_doctest(">>> [1, 0.5]\n[2, 0.5]\n", {}, "integers", None, 0)
    assert failures([test])


def exported():
    """Every class and function that a package of ours re-exports, once."""
    found = {}
    for name in PACKAGES:
        for attribute, value in vars(importlib.import_module(name)).items():
            is_code = inspect.isclass(value) or inspect.isfunction(value)
            if is_code and value.__module__.startswith("keras_transformer"):
                found[f"{value.__module__}.{attribute}"] = value
    return found


EXPORTED = exported()
LAYERS = {
    name: value
    for name, value in EXPORTED.items()
    if inspect.isclass(value) and issubclass(value, keras.layers.Layer)
}
CALLED = {
    name: value
    for name, value in EXPORTED.items()
    if inspect.isclass(value)
    and issubclass(
        value,
        keras.losses.Loss
        | keras.metrics.Metric
        | keras.optimizers.schedules.LearningRateSchedule,
    )
}
FUNCTIONS = {
    name: value
    for name, value in EXPORTED.items()
    if inspect.isfunction(value) and ".corpora." not in name
}


def test_there_are_exports_of_every_kind():
    assert len(LAYERS) >= 14
    assert len(CALLED) >= 4
    assert len(FUNCTIONS) >= 8


@pytest.mark.parametrize("name", EXPORTED)
def test_every_export_is_documented(name):
    value = EXPORTED[name]
    text = inspect.getdoc(value)
    assert text and not text.startswith(f"{value.__name__}(")  # made by dataclass
    first, _, rest = text.partition("\n")
    assert first.endswith((".", "?"))
    assert rest == "" or rest.startswith("\n")


def takes_arguments(kind):
    parameters = inspect.signature(kind.__init__).parameters.values()
    return any(p.name != "self" and p.kind != p.VAR_KEYWORD for p in parameters)


@pytest.mark.parametrize("name", LAYERS | CALLED)
def test_layers_losses_and_metrics_have_every_section(name):
    kind = EXPORTED[name]
    text = inspect.getdoc(kind)
    sections = LAYER_SECTIONS if name in LAYERS else CALLED_SECTIONS
    if "__init__" in vars(kind) and takes_arguments(kind):
        sections = ("Args:", *sections)
    places = [text.find(f"\n{section}") for section in sections]
    missing = [s for s, place in zip(sections, places, strict=True) if place < 0]
    assert missing == []
    assert places == sorted(places)
    assert ">>>" in text


@pytest.mark.parametrize("name", LAYERS)
def test_every_argument_of_a_layer_is_described(name):
    kind = LAYERS[name]
    text = inspect.getdoc(kind)
    methods = [vars(kind)[m] for m in ("__init__", "call") if m in vars(kind)]
    names = [
        p.name
        for method in methods
        for p in inspect.signature(method).parameters.values()
        if p.kind == p.POSITIONAL_OR_KEYWORD and p.name not in ("self", "training")
    ]
    missing = [n for n in names if not re.search(rf"^\s+{n}: ", text, re.M)]
    assert missing == []


@pytest.mark.parametrize("name", LAYERS)
def test_build_and_call_are_described_by_their_class(name):
    for method in ("build", "call"):
        own = vars(LAYERS[name]).get(method)
        assert own is None or own.__doc__ is None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_of_a_function_is_described(name):
    text = inspect.getdoc(FUNCTIONS[name])
    names = inspect.signature(FUNCTIONS[name]).parameters
    assert [n for n in names if not re.search(rf"^\s+\**{n}: ", text, re.M)] == []

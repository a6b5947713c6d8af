import dataclasses
import typing

import pytest
from command_run import run
from test_help import CORPORA, FLAT, PATHS

from keras_transformer.cli.main import COMMANDS, flag
from keras_transformer.cli.named_recipe import RECIPES
from keras_transformer.system.ranges import Range, broken
from keras_transformer.translation.model_configs import ModelConfig, TransformerConfig

# What stands where a command wants a word before its flags.
POSITIONAL = {"folder": "nowhere", "name": "phrasebook", "text": "Ja."}
VALUES = ("-1", "0", "nan", "inf", "-inf", "1e400", "10" * 20, "1e30", "0.5", "-0.0")


def numbers(kind, within=""):
    """Every numeric field of a command: its name, and its annotation."""
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        plain = FLAT.get(field.name, field.type)
        plain = TransformerConfig if field.type is ModelConfig else plain
        if dataclasses.is_dataclass(plain):
            yield from numbers(plain, f"{within}{field.name}.")
        elif {int, float} & set(kinds(hint)):
            yield f"{within}{field.name}", hint


def kinds(hint):
    arguments = typing.get_args(hint)
    return [hint] if not arguments else [k for each in arguments for k in kinds(each)]


def has_range(hint):
    if any(isinstance(each, Range) for each in typing.get_args(hint)[1:]):
        return True
    return any(map(has_range, typing.get_args(hint)))


FLAGS = [(path, *field) for path, kind in PATHS.items() for field in numbers(kind)]
IDS = [f"{' '.join(path)} {flag(name)}" for path, name, _ in FLAGS]


def test_numbers_are_looked_for_in_every_command():
    assert len(FLAGS) > 50
    assert {path[0] for path, _, _ in FLAGS} >= {"train", "translate", "corpora"}
    assert {*COMMANDS.values(), *CORPORA.values()} >= {*PATHS.values()}


@pytest.mark.parametrize(("path", "name", "hint"), FLAGS, ids=IDS)
def test_every_number_has_a_range_with_two_ends(path, name, hint):
    assert has_range(hint), f"{name} has no Range"
    assert all(broken(end, hint) for end in (-(10**40), 10**40))


def cases():
    for (path, name, hint), label in zip(FLAGS, IDS, strict=True):
        for text in VALUES:
            yield pytest.param(path, name, hint, text, id=f"{label} {text}")


@pytest.fixture
def loaded(monkeypatch):
    """Whether a command went on to its work."""
    found = []
    for kind in PATHS.values():
        monkeypatch.setattr(kind, "run", lambda self: found.append(self))
    return found


def wanted(text, hint):
    is_whole = int in kinds(hint)
    try:
        return int(text) if is_whole else float(text)
    except ValueError:
        return float(text)


@pytest.mark.parametrize(("path", "name", "hint", "text"), [*cases()])
def test_a_number_is_in_its_range_or_refused_in_one_line(
    capsys, loaded, path, name, hint, text
):
    words = [POSITIONAL[f.name] for f in dataclasses.fields(PATHS[path])
             if f.name in POSITIONAL and f.default is dataclasses.MISSING]  # fmt: skip
    given = flag(name)
    code, output, errors = run(capsys, *path, *words, f"{given}={text}")
    assert output == "" and "Traceback" not in errors
    value = wanted(text, hint)
    if code == 0:
        assert broken((value,) if "lengths" in name else value, hint) is None
        assert len(loaded) == 1 and errors == ""
        return
    assert code == 2 and loaded == []
    (line,) = errors.splitlines()
    assert line.startswith("keras-transformer: ")
    assert " must " in line and ", got " in line
    if broken((value,) if "lengths" in name else value, hint):
        assert line.startswith(f"keras-transformer: {given} must be ")
    else:  # in its range, and no match for another number
        assert name.rpartition(".")[2] in line


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_in_its_ranges(capsys, loaded, recipe):
    assert run(capsys, "train", "--recipe", recipe) == (0, "", "")
    assert loaded[0].settings == RECIPES[recipe]

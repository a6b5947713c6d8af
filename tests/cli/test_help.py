import ast
import dataclasses
import inspect
import itertools
import re
import textwrap
import typing

import pytest
from command_run import run

import keras_transformer_command as door
from keras_transformer.cli import main as cli
from keras_transformer.cli.corpora import CorporaDownload, CorporaList, CorporaShow
from keras_transformer.cli.main import COMMANDS
from keras_transformer.cli.search import Search
from keras_transformer.cli.train import Train
from keras_transformer.corpora.cleaning import Cleaning
from keras_transformer.translation.model_configs import ModelConfig, TransformerConfig
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.service.limits import Limits

CORPORA = {"list": CorporaList, "download": CorporaDownload, "show": CorporaShow}
PATHS = {
    **{(name,): kind for name, kind in COMMANDS.items() if name != "corpora"},
    **{("corpora", name): kind for name, kind in CORPORA.items()},
}
FLAT = {
    "settings": Recipe,
    "search": Search,
    "rules": Cleaning,
    "limits": Limits,
}  # their flags stand among the command's


def nested(field):
    """The type of a field; of several kinds of model the one of the phrasebook."""
    if field.name in FLAT:
        return FLAT[field.name]
    return TransformerConfig if field.type is ModelConfig else field.type


def fields(kind):
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(nested(field)):
            yield from fields(nested(field))
        else:
            yield field.name


def explanations(kind):
    """The docstrings of the fields, which Python itself does not keep."""
    types = {field.name: nested(field) for field in dataclasses.fields(kind)}
    text = textwrap.dedent(inspect.getsource(kind))
    body = [*ast.parse(text).body[0].body, None]
    for field, after in itertools.pairwise(body):
        if not isinstance(field, ast.AnnAssign) or field.target.id not in types:
            continue
        if dataclasses.is_dataclass(types[field.target.id]):
            yield from explanations(types[field.target.id])
        elif isinstance(after, ast.Expr):
            yield after.value.value


def words(text):
    return " ".join(re.sub(r"[│╭╰╮╯─]", " ", text).split())


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_explains_every_field(capsys, path):
    kind = PATHS[path]
    code, output, errors = run(capsys, *path, "--help")
    assert (code, errors) == (0, "")
    assert f"usage: keras-transformer {' '.join(path)} " in output
    assert kind.__doc__.strip().split("\n")[0] in words(output)
    shown = words(output)
    explained = list(explanations(kind))
    assert all(words(text) in shown for text in explained), explained
    assert len(explained) == len(list(fields(kind)))


def test_every_kind_of_the_corpora_group_is_tried():
    kinds = [typing.get_args(each)[0] for each in typing.get_args(COMMANDS["corpora"])]
    assert kinds == list(CORPORA.values())


@pytest.mark.parametrize("command", ["train", "prepare"])
@pytest.mark.parametrize("flag", [(), ("--recipe", "smoke"), ("--recipe=smoke",)])
def test_help_shows_the_numbers_of_the_recipe(capsys, command, flag):
    recipe = RECIPES["smoke" if flag else "phrasebook"]
    shown = words(run(capsys, command, *flag, "--help")[1])
    assert f"at most. (default: {recipe.training.epochs})" in shown
    assert f"Width of the model. (default: {recipe.model.width})" in shown
    assert f"--text.vocabulary-size INT {'Number of tokens'}" in shown
    assert f"not shared. (default: {recipe.text.vocabulary_size})" in shown


def test_the_command_of_a_recipe_is_a_value():
    command = cli.parse(["train", "--recipe", "smoke"]).__self__
    assert command == Train(settings=RECIPES["smoke"], recipe="smoke")


# Lists


def test_the_door_lists_the_commands_in_order_with_a_line_each():
    assert list(door.COMMANDS) == list(COMMANDS)
    lines = door.overview().splitlines()
    assert lines[0] == "usage: keras-transformer COMMAND …"
    listed = [line.split(maxsplit=1) for line in lines if line.startswith("  ")]
    assert listed == [[name, line] for name, line in door.COMMANDS.items()]
    assert max(map(len, lines)) <= 88


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "corpora"])
def test_the_line_of_a_command_is_what_its_class_says(name):
    documented = words(COMMANDS[name].__doc__).split(". ")[0].removesuffix(".")
    short = door.COMMANDS[name]
    assert (
        documented.split(";")[0]
        .split(":")[0]
        .startswith(short.split(";")[0].split(":")[0])
    )


@pytest.mark.parametrize("arguments", [(), ("--help",)], ids=str)
def test_a_group_lists_its_commands(capsys, arguments):
    code, output, _ = run(capsys, "corpora", *arguments)
    assert code == 0
    assert "usage: keras-transformer corpora " in output
    for name, kind in CORPORA.items():
        assert f"• {name} {kind.__doc__}" in words(output)


# What makes no sense


@pytest.mark.parametrize(
    "arguments",
    [
        ("trian",),
        ("corpora", "lsit"),
        ("train", "--training.epoks", "3"),
        ("train", "--training.epochs", "many"),
        ("train", "--training.epochs", "0"),
        ("train", "--recipe", "latin"),
        ("train", "--recipe"),
        ("translate",),
        ("translate", "folder", "--recipe", "smoke"),
        ("explain", "folder"),
    ],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_ends_with_2(capsys, arguments):
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (2, "")
    assert len(errors) > 20


def test_an_unknown_command_is_named_beside_those_that_exist(capsys):
    errors = words(run(capsys, "trian")[2])
    assert "Unrecognized options: trian" in errors
    assert f"Available subcommands: {', '.join(COMMANDS)}" in errors

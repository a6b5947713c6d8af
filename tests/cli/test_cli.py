import ast
import dataclasses
import inspect
import io
import itertools
import json
import re
import sys
import textwrap

import keras
import numpy as np
import pytest

from keras_transformer.cli import commands
from keras_transformer.cli import main as cli
from keras_transformer.cli.commands import COMMANDS, Train, Translate
from keras_transformer.decoding import Beam, Greedy
from keras_transformer.training.checkpoint import values
from keras_transformer.translation import experiment
from keras_transformer.translation.explanation import Explanation
from keras_transformer.translation.model_configs import ModelConfig, TransformerConfig
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.translator import WEIGHTS, Translator


def nested(field):
    """The type of a field; of several kinds of model the one of the phrasebook."""
    return TransformerConfig if field.type is ModelConfig else field.type


NESTED = {
    field.name: nested(field)
    for field in dataclasses.fields(Recipe)
    if dataclasses.is_dataclass(nested(field))
}


def run(capsys, *arguments):
    """Exit code, standard output and standard error of a command."""
    try:
        cli.main([str(argument) for argument in arguments])
        code = 0
    except SystemExit as error:
        code = error.code
    output, errors = capsys.readouterr()
    return code, output, errors


def stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def flat(commands, *path):
    for name, command in commands.items():
        if isinstance(command, dict):
            yield from flat(command, *path, name)
        else:
            yield (*path, name), command


def fields(kind):
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(nested(field)):
            yield from fields(nested(field))
        elif field.name == "settings":
            yield from fields(Recipe)
        else:
            yield field.name


def explanations(kind):
    """The docstrings of the fields, which Python itself does not keep."""
    text = textwrap.dedent(inspect.getsource(kind))
    body = ast.parse(text).body[0].body
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
            if kind is Recipe and field.target.id in NESTED:
                yield from explanations(NESTED[field.target.id])
            else:
                yield after.value.value
        elif isinstance(field, ast.AnnAssign) and field.target.id == "settings":
            yield from explanations(Recipe)


def words(text):
    return " ".join(re.sub(r"[│╭╰╮╯─]", " ", text).split())


class Upper:
    """A translator that shouts."""

    recipe = RECIPES["smoke"]

    def __call__(self, texts):
        return [text.upper() for text in texts]


@pytest.fixture
def shouting(monkeypatch):
    monkeypatch.setattr(Translator, "load", lambda folder: Upper())


# Help


@pytest.mark.parametrize("path, kind", list(flat(COMMANDS)), ids=lambda p: str(p))
def test_help_explains_every_field(capsys, path, kind):
    code, output, errors = run(capsys, *path, "--help")
    assert (code, errors) == (0, "")
    assert f"usage: keras-transformer {' '.join(path)} " in output
    assert kind.__doc__.strip().split("\n")[0].split(",")[0] in " ".join(output.split())
    shown = words(output)
    explained = list(explanations(kind))
    assert all(words(text) in shown for text in explained), explained
    assert len(explained) == len(list(fields(kind)))


def test_help_of_train_shows_the_numbers_of_the_recipe(capsys):
    for name, epochs in (
        ("smoke", 1),
        ("phrasebook", RECIPES["phrasebook"].training.epochs),
    ):
        _, output, _ = run(capsys, "train", "--recipe", name, "--help")
        shown = " ".join(output.replace("│", " ").split())
        assert f"at most. (default: {epochs})" in shown


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_command_all_of_them_are_listed(capsys, arguments):
    code, output, errors = run(capsys, *arguments)
    assert (code, errors) == (0, "")
    for name in COMMANDS:
        assert f"  {name} " in output
    assert "Train a translator by a recipe" in output


@pytest.mark.parametrize("arguments", [("corpora",), ("corpora", "--help")])
def test_a_group_lists_its_commands(capsys, arguments):
    code, output, _ = run(capsys, *arguments)
    assert code == 0
    assert "usage: keras-transformer corpora COMMAND" in output
    assert all(f"  {name} " in output for name in COMMANDS["corpora"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("trian",),
        ("corpora", "lsit"),
        ("train", "--training.epoks", "3"),
        ("train", "--training.epochs", "many"),
        ("train", "--training.epochs", "0"),
        ("train", "--recipe", "latin"),
        ("translate",),
        ("explain", "folder"),
    ],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_ends_with_2(capsys, arguments):
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (2, "")
    assert len(errors) > 20


def test_an_unknown_command_is_named_beside_those_that_exist(capsys):
    _, _, errors = run(capsys, "trian")
    assert "unknown command 'trian'" in errors and "  train " in errors


# Errors that the user can mend


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("translate", "nowhere", "Ja."), "got nowhere without recipe.json; train it"),
        (
            ("translate", "nowhere", "Ja.", "--file", "x"),
            "give texts or a file, got bo",
        ),
        (("corpora", "show", "klingon"), "got 'klingon'"),
        (
            ("train", "--corpus", "no.tsv", "--folder", "{tmp}"),
            "no.tsv: must be a read",
        ),
        (("train", "--model.num-heads", "3", "--folder", "{tmp}"), "divide width"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_an_error_is_one_line_and_ends_with_1(
    capsys, monkeypatch, tmp_path, corpus_file, arguments, message
):
    monkeypatch.chdir(tmp_path)
    arguments = [argument.format(tmp=tmp_path / "run") for argument in arguments]
    if "--model.num-heads" in arguments:
        arguments += ["--corpus", str(corpus_file), "--text.vocabulary-size", "350"]
    code, output, errors = run(capsys, *arguments)
    assert (code, output) == (1, "")
    last = errors.splitlines()[-1]
    assert last.startswith("keras-transformer: ") and message in last


def test_an_interruption_says_how_to_go_on(capsys, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "train", interrupt)
    code, _, errors = run(capsys, "train")
    assert code == 130
    assert "The last checkpoint is kept" in errors


# Train


@pytest.fixture
def trained(monkeypatch):
    """What `train` was asked to train."""
    asked = []

    def train(recipe, folder, *arguments, **options):
        asked.append((recipe, folder))

    monkeypatch.setattr(experiment, "train", train)
    return asked


def test_a_recipe_is_taken_by_its_name(capsys, trained):
    for arguments in (("--recipe", "smoke"), ("--recipe=smoke",)):
        run(capsys, "train", *arguments)
        recipe, folder = trained[-1]
        assert recipe == RECIPES["smoke"]
        assert folder.as_posix() == "runs/smoke"
    run(capsys, "train")
    assert trained[-1][0] == RECIPES["phrasebook"]


def test_flags_change_numbers_of_the_recipe(capsys, trained, tmp_path):
    run(
        capsys,
        *("train", "--recipe", "smoke", "--folder", tmp_path, "--corpus", "own.tsv"),
        *("--training.epochs", "3", "--model.width", "32", "--text.no-shared"),
        *("--training.lengths", "8", "24", "--decoding.length_ratio", "2.5"),
    )
    recipe, folder = trained[0]
    smoke = RECIPES["smoke"]
    assert folder == tmp_path
    assert recipe == dataclasses.replace(
        smoke,
        corpus="own.tsv",
        text=dataclasses.replace(smoke.text, shared=False),
        model=dataclasses.replace(smoke.model, width=32),
        training=dataclasses.replace(smoke.training, epochs=3, lengths=(8, 24)),
        decoding=dataclasses.replace(smoke.decoding, length_ratio=2.5),
    )


def test_restart_clears_the_run_and_nothing_else(capsys, trained, tmp_path):
    run_folder, other = tmp_path / "run", tmp_path / "other"
    for folder in (run_folder, other):
        folder.mkdir()
        (folder / "note.txt").write_text("…")
    (run_folder / "recipe.json").write_text("{}")
    assert run(capsys, "train", "--restart", "--folder", run_folder)[0] == 0
    assert not run_folder.exists()
    code, _, errors = run(capsys, "train", "--restart", "--folder", other)
    assert code == 1 and "without it" in errors
    assert (other / "note.txt").exists()


def test_a_training_that_was_interrupted_goes_on_and_translates_in_the_end(
    capsys, monkeypatch, tmp_path, corpus_file, translator
):
    folder = tmp_path / "run"
    command = (
        *("train", "--recipe", "smoke", "--corpus", corpus_file, "--folder", folder),
        *("--text.vocabulary-size", "350", "--training.batch-tokens", "320"),
    )
    with monkeypatch.context() as patch:

        def stop(*arguments):
            raise KeyboardInterrupt

        patch.setattr(Translator, "save", stop)
        code, _, errors = run(capsys, *command)
    assert code == 130 and "The last checkpoint is kept" in errors
    assert (folder / "checkpoint.npz").is_file()
    assert not (folder / WEIGHTS).exists()
    keras.utils.set_random_seed(99)
    code, _, errors = run(capsys, *command)
    assert code == 0
    assert f"The translator is in {folder}" in errors
    assert not (folder / "checkpoint.npz").exists()
    saved = json.loads((folder / "recipe.json").read_text())
    assert saved["training"]["batch_tokens"] == 320
    # The weights of a run that nobody stopped.
    resumed = Translator.load(folder)
    for mine, theirs in zip(
        values(resumed.model.weights), values(translator.model.weights), strict=True
    ):
        assert np.array_equal(mine, theirs)
    code, output, _ = run(capsys, "translate", folder, "Der Mann.", "Brot")
    assert code == 0 and output.count("\n") == 2


def test_devices_are_handed_on(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiment, "train", lambda *arguments, **options: asked.append(options)
    )
    run(capsys, "train", "--recipe", "smoke", "--devices", "2")
    run(capsys, "train", "--recipe", "smoke")
    assert [options["devices"] for options in asked] == [2, 0]


def test_a_folder_without_tokens_is_one_line(capsys, tmp_path):
    code, _, errors = run(capsys, "train-tokens", tmp_path)
    assert code == 1 and "keras-transformer prepare writes it" in errors
    assert errors.count("\n") == 1


# Translate


@pytest.mark.parametrize(
    ("data", "output"),
    [
        (b"eins\nzwei\n", "EINS\nZWEI\n"),
        (b"eins\nzwei", "EINS\nZWEI\n"),
        (b"eins\n\n\nzwei\n\n", "EINS\n\n\nZWEI\n\n"),
        (b"eins\r\nzwei\r\n", "EINS\nZWEI\n"),
        (b"\n", "\n"),
        (b"", ""),
        ("süß\n你好\n😀\n".encode(), "SÜSS\n你好\n😀\n"),
        (b"\xef\xbb\xbfeins\n", "EINS\n"),
        ("eins\u2028noch eins\x0cund\n".encode(), "EINS NOCH EINS UND\n"),
    ],
)
def test_one_line_in_one_line_out(
    capsys, monkeypatch, shouting, tmp_path, data, output
):
    stdin(monkeypatch, data)
    assert run(capsys, "translate", "folder") == (0, output, "")
    (tmp_path / "text").write_bytes(data)
    shown = run(capsys, "translate", "folder", "--file", tmp_path / "text")
    assert shown == (0, output, "")


def test_texts_are_lines_too(capsys, shouting):
    shown = run(capsys, "translate", "folder", "eins", "", "zwei\ndrei")
    assert shown == (0, "EINS\n\nZWEI DREI\n", "")


def test_a_translation_with_a_line_break_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(Translator, "load", lambda folder: lambda texts: ["a\nb\r\nc"])
    assert run(capsys, "translate", "folder", "x") == (0, "a b c\n", "")


def test_text_that_is_not_utf8_is_refused_by_its_place(
    capsys, monkeypatch, shouting, tmp_path
):
    data = b"eins\nzw\xe9i\n"
    stdin(monkeypatch, data)
    code, _, errors = run(capsys, "translate", "folder")
    assert code == 1
    assert "standard input:2: must be UTF-8, got byte 0xe9" in errors
    (tmp_path / "text").write_bytes(data)
    code, _, errors = run(capsys, "translate", "folder", "--file", tmp_path / "text")
    assert code == 1 and "text:2: must be UTF-8" in errors


def test_a_reader_that_has_gone_is_no_error(capsys, monkeypatch):
    def gone(self):
        raise BrokenPipeError

    monkeypatch.setattr(Translate, "run", gone)
    replaced = []
    monkeypatch.setattr(cli.os, "dup2", lambda *files: replaced.append(files))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    assert run(capsys, "translate", "folder", "x")[0] == 0
    assert len(replaced) == 1


# Evaluate, explain, corpora


def test_evaluate_prints_and_writes_the_scores(capsys, smoke_folder, tmp_path):
    path = tmp_path / "results" / "smoke.json"
    code, output, errors = run(
        capsys, "evaluate", smoke_folder, "--splits", "test", "--output", path
    )
    assert code == 0 and f"{path} written" in errors
    assert output.startswith("test") and "BLEU" in output and "chrF" in output
    assert "tok:13a" in output
    result = json.loads(path.read_text())
    assert list(result["scores"]) == ["test"]
    assert result["recipe"] == json.loads((smoke_folder / "recipe.json").read_text())
    assert len(result["history"]) == 1
    assert result["parameters"] > 0 and result["device"]["cores"] >= 1


def test_a_beam_can_be_asked_for(capsys, monkeypatch, smoke_folder, tmp_path):
    used = []

    def translate(self, texts):
        used.append(self.decoder.method)
        return ["x" for _ in texts]

    monkeypatch.setattr(Translator, "__call__", translate)
    flags = ("--beam", "3", "--length-penalty", "1")
    assert run(capsys, "translate", smoke_folder, "Brot", *flags) == (0, "x\n", "")
    assert run(capsys, "translate", smoke_folder, "Brot")[0] == 0
    path = tmp_path / "smoke.json"
    files = ("--splits", "test", "--output", path)
    assert run(capsys, "evaluate", smoke_folder, *files, "--beam", "2")[0] == 0
    assert used == [Beam(3, 1.0), Greedy(), Beam(2, 0.6)]
    assert json.loads(path.read_text())["recipe"]["decoding"]["beam"] == 2


def test_an_unknown_split_is_refused(capsys, smoke_folder):
    code, _, errors = run(capsys, "evaluate", smoke_folder, "--splits", "tets")
    assert code == 1 and "got 'tets'" in errors


@pytest.mark.parametrize("flags", [(), ("--heads",)])
def test_explain_prints_the_translation_and_writes_a_figure(
    capsys, monkeypatch, translator, tmp_path, flags
):
    folders = {"run": translator}
    monkeypatch.setattr(Translator, "load", lambda folder: folders[str(folder)])
    text = "Der Mann sieht Brot."
    path = tmp_path / "new" / "figure.png"
    code, output, errors = run(capsys, "explain", "run", text, "--figure", path, *flags)
    assert code == 0 and f"{path} written" in errors
    assert output.rstrip("\n") == translator([text])[0]
    assert path.read_bytes().startswith(b"\x89PNG")


class Explaining:
    """A translator of one sentence."""

    def __init__(self, cross, source="欢迎"):
        self.cross = cross
        self.source = source

    def explain(self, text):
        source = [self.source[:1], self.source[1:]]
        return Explanation("Welcome", source, ["Welcome", "[END]"], self.cross)


def test_what_the_font_lacks_is_explained_in_a_page(capsys, tmp_path, monkeypatch):
    cross = np.full((1, 2, 2, 2), 0.5)
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(cross))
    path = tmp_path / "figure.png"
    code, output, errors = run(capsys, "explain", "folder", "欢迎", "--figure", path)
    page = tmp_path / "figure.html"
    assert (code, output) == (0, "Welcome\n") and f"{page} written" in errors
    assert "迎" in page.read_text("utf-8") and not path.exists()


def test_a_model_without_attention_has_nothing_to_draw(capsys, monkeypatch):
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(None))
    code, _, errors = run(capsys, "explain", "folder", "Brot")
    assert code == 1 and "only a model with attention can be explained" in errors


def test_a_figure_of_an_unknown_kind_is_refused(capsys, tmp_path, monkeypatch):
    cross = np.full((1, 2, 2, 2), 0.5)
    monkeypatch.setattr(Translator, "load", lambda folder: Explaining(cross, "Brot"))
    path = tmp_path / "figure.doc"
    code, _, errors = run(capsys, "explain", "folder", "Brot", "--figure", path)
    assert code == 1 and "doc" in errors


def test_corpora_are_listed_and_shown(capsys):
    code, output, _ = run(capsys, "corpora", "list")
    assert code == 0
    assert {"phrasebook", "multi30k-de-en", "tatoeba-zh-en"} <= {
        line.split()[0] for line in output.splitlines()
    }
    code, output, _ = run(capsys, "corpora", "show", "phrasebook", "--count", "3")
    assert code == 0 and len(output.splitlines()[-3].split("\t")) == 2


def test_the_demonstration_translates_what_it_is_given(
    capsys, monkeypatch, translator, tmp_path
):
    asked = []

    def train(recipe, folder, **options):
        asked.append((recipe, folder))
        return translator

    monkeypatch.setattr(experiment, "train", train)
    monkeypatch.setattr(experiment, "evaluate", lambda *arguments: "BLEU 99")
    own = ("--text", "Brot, oder?", " ", "Das " * 90)
    code, output, _ = run(capsys, "demo", "--folder", tmp_path, *own)
    assert code == 0
    assert asked == [("phrasebook", tmp_path)]
    assert "Held-out sentences: BLEU 99" in output
    shown = [line.strip() for line in output.splitlines() if line.strip()]
    for text in (*commands.EXAMPLES, "Brot, oder?"):
        assert text in shown
    assert (tmp_path / "attention.png").is_file()


def test_a_text_that_is_too_long_to_be_explained_does_not_end_the_demonstration(
    capsys, monkeypatch, translator, tmp_path
):
    monkeypatch.setattr(experiment, "train", lambda *a, **o: translator)
    monkeypatch.setattr(experiment, "evaluate", lambda *arguments: "BLEU 99")
    monkeypatch.setattr(commands, "EXAMPLES", ("Brot",))
    code, _, _ = run(capsys, "demo", "--folder", tmp_path, "--text", "Das " * 90)
    assert code == 0
    assert (tmp_path / "attention.png").is_file()


def test_the_command_of_a_recipe_is_a_value():
    command = cli.parse(["train", "--recipe", "smoke"]).__self__
    assert isinstance(command, Train)
    assert command.settings == RECIPES["smoke"]

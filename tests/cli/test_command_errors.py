import sys

import pytest
from command_run import run

import keras_transformer_command
from keras_transformer import corpora
from keras_transformer.cli import main as cli
from keras_transformer.cli.translate import Translate
from keras_transformer.system.extras import MissingExtra
from keras_transformer.translation import experiment, token_files
from keras_transformer.translation.translator import Translator


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
        (("train-tokens", "nowhere"), "keras-transformer prepare writes it"),
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


@pytest.mark.parametrize(
    "error", [MissingExtra("a needs the extra b"), OSError("no"), ValueError("no")]
)
def test_what_a_user_can_mend_is_said_in_one_line(capsys, monkeypatch, error):
    def fail(self):
        raise error

    monkeypatch.setattr(Translate, "run", fail)
    code, output, errors = run(capsys, "translate", "folder")
    assert (code, output, errors) == (1, "", f"keras-transformer: {error}\n")


@pytest.mark.parametrize("error", [KeyError, ModuleNotFoundError, ZeroDivisionError])
def test_a_fault_of_the_program_is_no_message(capsys, monkeypatch, error):
    def fail(self):
        raise error("ours")

    monkeypatch.setattr(Translate, "run", fail)
    with pytest.raises(error):
        run(capsys, "translate", "folder")


KEPT = " The last checkpoint is kept; the same command"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("train", "--folder", "{tmp}"), f"{KEPT} goes on."),
        (("train", "--folder", "{tmp}", "--restart"), f"{KEPT} without --restart goes"),
        (("train-tokens", "{tmp}"), f"{KEPT} goes on."),
        (("demo", "--folder", "{tmp}"), f"{KEPT} goes on."),
        (
            ("train", "--folder", "{tmp}/none"),
            "Interrupted.\n",
        ),  # by then there is none
        (("prepare", "--folder", "{tmp}"), "Interrupted.\n"),
        (("translate", "{tmp}", "Ja."), "Interrupted.\n"),
        (("evaluate", "{tmp}"), "Interrupted.\n"),
        (("explain", "{tmp}", "Ja."), "Interrupted.\n"),
        (("corpora", "show", "phrasebook"), "Interrupted.\n"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_an_interruption_says_what_is_true_of_the_command(
    capsys, monkeypatch, tmp_path, command, said
):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    for owner, name in (
        (experiment, "train"),
        (experiment, "prepare"),
        (token_files, "train_tokens"),
        (Translator, "load"),
        (corpora, "describe"),
    ):
        monkeypatch.setattr(owner, name, interrupt)
    (tmp_path / "checkpoint.npz").touch()
    arguments = [argument.format(tmp=tmp_path) for argument in command]
    code, _, errors = run(capsys, *arguments)
    assert code == 130 and errors.startswith("\nInterrupted.") and said in errors


def test_an_interruption_while_keras_loads_is_one_line(capsys, monkeypatch):
    class Impatient:
        def find_spec(self, name, path=None, target=None):
            if name == "keras_transformer.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "keras_transformer.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Impatient(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        keras_transformer_command.main(["translate", "folder"])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_a_reader_that_has_gone_is_no_error(capsys, monkeypatch):
    def gone(self):
        raise BrokenPipeError

    monkeypatch.setattr(Translate, "run", gone)
    replaced = []
    monkeypatch.setattr(cli.os, "dup2", lambda *files: replaced.append(files))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    assert run(capsys, "translate", "folder", "x")[0] == 0
    assert len(replaced) == 1

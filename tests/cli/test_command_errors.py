import io
import sys

import pytest
from command_run import run

import keras_transformer_command as door
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
        (("train-tokens", "nowhere"), "keras-transformer prepare writes it"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_an_error_is_one_line_and_ends_with_1(
    capsys, monkeypatch, tmp_path, arguments, message
):
    monkeypatch.chdir(tmp_path)
    arguments = [argument.format(tmp=tmp_path / "run") for argument in arguments]
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
        door.main(["translate", "folder"])
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


# Streams that are not as they should be


def test_without_standard_input_something_has_to_be_given(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    code, _, errors = run(capsys, "translate", "folder")
    assert (code, errors) == (
        1,
        "keras-transformer: give texts or a file: standard input is closed\n",
    )


def test_a_terminal_that_knows_ascii_alone_gets_escapes(monkeypatch):
    class Echo:
        def __call__(self, texts):
            return texts

    monkeypatch.setattr(Translator, "load", lambda folder, **search: Echo())
    out, err = (io.TextIOWrapper(io.BytesIO(), "ascii") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    cli.main(["translate", "folder", "süß 你"])
    with pytest.raises(SystemExit):
        cli.main(["train", "--recipe", "smoke", "--corpus", "ß.tsv"])
    out.flush()
    err.flush()
    assert out.buffer.getvalue() == b"s\\xfc\\xdf \\u4f60\n"
    assert b"\\xdf.tsv: must be a readable file" in err.buffer.getvalue()


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_what_does_not_train_keeps_no_checkpoint(capsys, monkeypatch, command):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Translator, "load", interrupt)
    code, _, errors = run(capsys, command, "folder")
    assert (code, errors) == (130, "\nInterrupted.\n")


def test_an_interruption_while_keras_is_loaded_is_no_traceback(monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(door.keras_transformer_quiet, "install", interrupt)
    with pytest.raises(SystemExit) as raised:
        door.main(["translate", "folder", "x"])
    assert raised.value.code == 130


@pytest.mark.parametrize("figure", ["/", ".", "..", "{tmp}", ".png"])
def test_a_figure_has_a_name(capsys, monkeypatch, tmp_path, figure):
    monkeypatch.setattr(Translator, "load", lambda folder: pytest.fail("loaded"))
    figure = figure.format(tmp=tmp_path)
    code, _, errors = run(capsys, "explain", "folder", "Ja.", "--figure", figure)
    assert code == 1 and "--figure must name a file, got " in errors

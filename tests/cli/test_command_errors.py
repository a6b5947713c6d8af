import sys

import pytest
from command_run import run

from keras_transformer.cli import main as cli
from keras_transformer.cli.translate import Translate
from keras_transformer.system.extras import MissingExtra
from keras_transformer.translation import experiment


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


def test_an_interruption_says_how_to_go_on(capsys, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "train", interrupt)
    code, _, errors = run(capsys, "train")
    assert code == 130
    assert "The last checkpoint is kept" in errors


def test_a_reader_that_has_gone_is_no_error(capsys, monkeypatch):
    def gone(self):
        raise BrokenPipeError

    monkeypatch.setattr(Translate, "run", gone)
    replaced = []
    monkeypatch.setattr(cli.os, "dup2", lambda *files: replaced.append(files))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    assert run(capsys, "translate", "folder", "x")[0] == 0
    assert len(replaced) == 1

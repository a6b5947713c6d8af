import json
import types

import pytest
from command_run import run

from keras_transformer.cli.main import parse
from keras_transformer.translation import experiment, time_to
from keras_transformer.translation.recipes import RECIPES


@pytest.fixture
def forty(monkeypatch):
    found = types.SimpleNamespace(bleu=40.0)
    monkeypatch.setattr(experiment, "evaluate", lambda *asked: found)


def test_the_time_is_told_and_stored(capsys, corpus_file, tmp_path, monkeypatch, forty):
    monkeypatch.setattr(time_to, "load", lambda: 2.5)
    flags = ("--recipe", "smoke", "--corpus", corpus_file, "--output", tmp_path)
    small = ("--text.vocabulary-size", "350", "--training.seed", "7")
    code, output, errors = run(
        capsys, "scoreboard", "--time-to", "36.5", *flags, *small
    )
    assert code == 0, errors
    assert "after 1 passes" in output and "test: BLEU" in output
    assert "other work (2.5 processes" in errors
    (path,) = tmp_path.rglob("*.json")
    stored = json.loads(path.read_text())
    assert stored["load_before"] == 2.5 and stored["recipe"]["training"]["seed"] == 7
    assert path.name.startswith("test-36.5-") and f"{path} written" in errors


def test_captions_are_what_is_timed_by_default():
    command = parse(["scoreboard", "--model.positions", "rotary"]).__self__
    assert command.time_to == 36.5 and command.recipe == "multi30k-de-en"
    assert command.settings.corpus == "multi30k-de-en"
    assert command.settings.model.positions == "rotary"
    named = parse(["scoreboard", "--recipe", "phrasebook"]).__self__
    assert named.settings == RECIPES["phrasebook"]
    assert parse(["train"]).__self__.settings == RECIPES["phrasebook"]


def test_a_score_that_nothing_reaches_is_refused(capsys):
    code, _, errors = run(capsys, "scoreboard", "--time-to", "101")
    assert code == 2 and "--time-to" in errors and "101" in errors

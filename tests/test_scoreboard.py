import dataclasses
import json
import pathlib
import types

import pytest

from keras_transformer import corpora, ladders, scoreboard
from keras_transformer.corpora import Pairs
from keras_transformer.model_configs import RecurrentConfig

SMALL = {"width": 8, "units": 12, "dropout": 0.0}
TINY = "tiny"
MODELS = {
    "fixed": RecurrentConfig(context="start", **SMALL),
    "soft": RecurrentConfig(score="additive", **SMALL),
    "drawn": RecurrentConfig(weighting="reinforce", **SMALL),
}


@pytest.fixture
def ladder(smoke_recipe, monkeypatch):
    """A ladder of three tiny models on the tests' own corpus."""
    training = dataclasses.replace(smoke_recipe.training, widths=(10,))
    rungs = {
        name: ladders.Rung(
            name, dataclasses.replace(smoke_recipe, model=model, training=training)
        )
        for name, model in MODELS.items()
    }
    beam = dataclasses.replace(rungs["soft"].recipe.decoding, beam=2)
    recipe = dataclasses.replace(rungs["soft"].recipe, decoding=beam)
    rungs["soft_beam"] = ladders.Rung("beam", recipe, trained_by="soft")
    monkeypatch.setattr(ladders, "LADDERS", {TINY: rungs})
    monkeypatch.setattr(scoreboard, "LADDERS", {TINY: rungs})
    corpus = dataclasses.replace(corpora.load(smoke_recipe.corpus), name=TINY)
    monkeypatch.setattr(scoreboard.corpora, "load", lambda name: corpus)
    # Another process would not know this ladder.
    monkeypatch.setattr(
        scoreboard, "in_its_own_process", lambda fill, *args: fill(*args)
    )
    return types.SimpleNamespace(corpus=corpus, rungs=rungs)


def test_the_board_is_filled_and_nothing_is_run_twice(ladder, tmp_path, capsys):
    results, folder = tmp_path / "results", tmp_path / "runs"
    arguments = ["--corpus", "tiny", "--seeds", "5", "--quiet"]
    arguments += ["--results", str(results), "--folder", str(folder)]
    scoreboard.main([*arguments, "--only", "fixed"])
    scoreboard.main([*arguments, "--only", "fixed", "drawn"])
    assert "1 of 1: drawn, seed 5" in capsys.readouterr().out
    written = {p.name: p.stat().st_mtime_ns for p in (results / "tiny").iterdir()}
    assert sorted(written) == ["drawn-5.json", "fixed-5.json"]
    result = json.loads((results / "tiny" / "drawn-5.json").read_text("utf-8"))
    assert result["seed"] == result["recipe"]["training"]["seed"] == 5
    assert result["command"].endswith("--corpus tiny --only drawn --seeds 5")
    assert result["recipe"]["model"]["weighting"] == "reinforce"
    assert set(result["scores"]) == set(ladder.corpus.splits) - {"train"}
    assert not any("tokenized_bleu" in s for s in result["scores"].values())
    assert not any((folder / "tiny").iterdir())  # checkpoints are gone
    scoreboard.main([*arguments, "--only", "fixed", "drawn"])
    assert "holds every result" in capsys.readouterr().out
    assert written == {
        p.name: p.stat().st_mtime_ns for p in (results / "tiny").iterdir()
    }


def test_another_way_to_decode_uses_the_weights_that_are_there(
    ladder, tmp_path, monkeypatch
):
    results, folder = tmp_path / "results", tmp_path / "runs"
    arguments = ["--corpus", TINY, "--seeds", "5", "--quiet"]
    arguments += ["--results", str(results), "--folder", str(folder)]
    monkeypatch.setattr(scoreboard, "PUBLISHED", {TINY: ()})
    scoreboard.main([*arguments, "--only", "soft"])
    weights = folder / TINY / "soft-5" / "model.weights.h5"
    trained = weights.stat().st_mtime_ns  # kept: another rung will need them
    found = []
    monkeypatch.setattr(
        scoreboard,
        "measure",
        lambda translator, *_: (
            found.append((translator, weights.stat().st_mtime_ns)) or {"bleu": 0.0}
        ),
    )
    scoreboard.main([*arguments, "--only", "soft_beam"])
    assert {time for _, time in found} == {trained}
    assert all(translator.decoder.method.width == 2 for translator, _ in found)
    assert not weights.parent.exists()  # now nothing needs them
    soft, beam = (
        json.loads((results / TINY / f"{name}-5.json").read_text("utf-8"))
        for name in ("soft", "soft_beam")
    )
    assert beam["trained_by"] == soft["trained_by"] == "soft"
    assert beam["history"] == soft["history"]
    assert beam["recipe"]["decoding"]["beam"] == 2
    assert "tok:none" in soft["scores"]["valid"]["tokenized_signature"]


def test_a_process_of_its_own_ends_well_or_is_told_of(tmp_path):
    scoreboard.in_its_own_process(pathlib.Path.mkdir, tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    with pytest.raises(ChildProcessError, match=r"mkdir must end with .* 0, got 1"):
        scoreboard.in_its_own_process(pathlib.Path.mkdir, tmp_path / "new")


def test_an_unknown_rung_is_refused_by_name():
    with pytest.raises(ValueError, match=r"has the rungs fixed_start, .* got 'nope'"):
        scoreboard.main(["--only", "nope"])
    with pytest.raises(ValueError, match=r"the ladders are phrasebook, .* got 'latin'"):
        ladders.rung("latin", "soft")


def test_scores_by_length_count_source_words():
    short, long = "a b c .", "a b c d e f g h ."
    pairs = Pairs(source=(short,) * 20 + (long,) * 25, target=("x y z w .",) * 45)
    hypotheses = ["x y z w ."] * 20 + ["q"] * 25
    first, second = scoreboard.by_length(hypotheses, pairs)
    assert (first["low"], first["high"], first["sentences"]) == (4, 4, 20)
    assert (second["low"], second["high"], second["sentences"]) == (9, 9, 25)
    assert (first["exact"], second["exact"]) == (1, 0)
    assert first["bleu"] == pytest.approx(100)


def test_a_small_group_of_lengths_is_left_out():
    pairs = Pairs(source=("a b",) * 19, target=("x",) * 19)
    assert scoreboard.by_length(["x"] * 19, pairs) == []

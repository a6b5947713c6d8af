import contextlib
import dataclasses
import json
import pathlib
import shutil
import types

import pytest
import tensorflow as tf

from keras_transformer import corpora
from keras_transformer.corpora import Pairs
from keras_transformer.course import studies
from keras_transformer.course.scoreboard import runs as scoreboard
from keras_transformer.course.scoreboard import token_runs as token_board
from keras_transformer.decoding import Beam, Greedy
from keras_transformer.training import CheckpointError
from keras_transformer.translation.model_configs import RecurrentConfig

SMALL = {"width": 8, "units": 12, "dropout": 0.0}
TINY = "tiny"
MODELS = {
    "soft": RecurrentConfig(score="additive", **SMALL),
    "drawn": RecurrentConfig(weighting="reinforce", **SMALL),
}


@pytest.fixture(scope="module")
def tiny(smoke_recipe):
    """A study of two tiny models on the tests' own corpus."""
    training = dataclasses.replace(smoke_recipe.training, lengths=(6,))
    decoding = dataclasses.replace(smoke_recipe.decoding, length_ratio=0.1)
    short = dataclasses.replace(smoke_recipe, training=training, decoding=decoding)
    variants = {
        name: studies.Variant(name, dataclasses.replace(short, model=model))
        for name, model in MODELS.items()
    }
    beam = dataclasses.replace(variants["soft"].recipe.decoding, beam=2)
    recipe = dataclasses.replace(variants["soft"].recipe, decoding=beam)
    variants["soft_beam"] = studies.Variant("beam", recipe, trained_by="soft")
    corpus = dataclasses.replace(corpora.load(smoke_recipe.corpus), name=TINY)
    return types.SimpleNamespace(corpus=corpus, variants=variants)


@contextlib.contextmanager
def alone(tiny):
    """There is no other study."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "STUDIES", {TINY: tiny.variants})
        patch.setattr(corpora, "load", lambda name: tiny.corpus)
        for board in (scoreboard, token_board):
            patch.setattr(board, "STUDIES", {TINY: tiny.variants})
            # Another process would not know this study.
            patch.setattr(board, "in_its_own_process", lambda fill, *args: fill(*args))
        # Their graphs would take longer to trace than a few batches to compute.
        tf.config.run_functions_eagerly(True)
        try:
            yield patch
        finally:
            tf.config.run_functions_eagerly(False)


@pytest.fixture
def study(tiny):
    with alone(tiny):
        yield tiny


def arguments(path):
    return [
        *("--corpus", TINY, "--seeds", "5", "--quiet"),
        *("--results", str(path / "results"), "--folder", str(path / "runs")),
    ]


@pytest.fixture(scope="module")
def begun(tiny, tmp_path_factory):
    """A board with one result. Not to be changed."""
    path = tmp_path_factory.mktemp("begun")
    with alone(tiny) as patch:
        patch.setattr(scoreboard, "PUBLISHED", {TINY: ()})
        scoreboard.main([*arguments(path), "--only", "soft"])
    return path


@pytest.fixture
def board(begun, study, tmp_path):
    return shutil.copytree(begun, tmp_path / "board")


def test_the_board_is_filled_and_nothing_is_run_twice(study, board, capsys):
    results, begun = board / "results" / TINY, "soft-5.json"
    before = (results / begun).stat().st_mtime_ns
    scoreboard.main([*arguments(board), "--only", "soft", "drawn"])
    assert "1 of 1: drawn, seed 5" in capsys.readouterr().out
    written = {p.name: p.stat().st_mtime_ns for p in results.iterdir()}
    assert sorted(written) == ["drawn-5.json", begun]
    assert written[begun] == before
    result = json.loads((results / "drawn-5.json").read_text("utf-8"))
    assert result["seed"] == result["recipe"]["training"]["seed"] == 5
    assert result["command"].endswith("--corpus tiny --only drawn --seeds 5")
    assert result["recipe"]["model"]["weighting"] == "reinforce"
    assert set(result["scores"]) == set(study.corpus.splits) - {"train"}
    assert not any("tokenized_bleu" in s for s in result["scores"].values())
    # Its checkpoints are gone; another variant will need those of the other.
    assert [path.name for path in (board / "runs" / TINY).iterdir()] == ["soft-5"]
    scoreboard.main([*arguments(board), "--only", "soft", "drawn"])
    assert "holds every result" in capsys.readouterr().out
    assert written == {p.name: p.stat().st_mtime_ns for p in results.iterdir()}


def test_another_way_to_decode_uses_the_weights_that_are_there(board, monkeypatch):
    results, folder = board / "results", board / "runs"
    monkeypatch.setattr(scoreboard, "PUBLISHED", {TINY: ()})
    weights = folder / TINY / "soft-5" / "model.weights.h5"
    trained = weights.stat().st_mtime_ns  # kept: another variant will need them
    found = []
    monkeypatch.setattr(
        scoreboard,
        "measure",
        lambda translator, *_: (
            found.append((translator, weights.stat().st_mtime_ns)) or {"bleu": 0.0}
        ),
    )
    scoreboard.main([*arguments(board), "--only", "soft_beam"])
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


@pytest.fixture
def prepared(study, tmp_path):
    """A folder with the tokens of the study."""
    folder = tmp_path / "prepared"
    token_board.main(["prepare", str(folder), "--corpus", TINY])
    return folder


def test_tokens_fill_the_board_as_text_does(prepared, begun, monkeypatch, capsys):
    monkeypatch.setattr(token_board, "PUBLISHED", {TINY: ()})
    decoder, searches = token_board.batch_decoder, []

    def record(model, recipe):
        searches.append(recipe.decoding.method)
        return decoder(model, recipe)

    monkeypatch.setattr(token_board, "batch_decoder", record)
    train = ["train", str(prepared), "--only", "soft_beam", "--seeds", "5"]
    results = prepared / "results"
    for models in (1, 0):
        token_board.main(train)
        assert f"{models} models to train" in capsys.readouterr().out
        token_board.main(["score", str(prepared), "--results", str(results)])
    written = {path.name: path for path in (results / TINY).iterdir()}
    assert sorted(written) == ["soft-5.json", "soft_beam-5.json"]
    ours, theirs = (
        json.loads((path / TINY / "soft-5.json").read_text("utf-8"))
        for path in (results, begun / "results")
    )
    assert ours.keys() == theirs.keys()
    assert ours["command"].endswith("train runs/board --only soft --seeds 5")
    for result in (ours, theirs):
        for timed in (*result["scores"].values(), *result["history"], result):
            timed.pop("seconds")
        result["history"][0].pop("valid_bleu", None)
        result.pop("command")
    assert ours == theirs
    beam = json.loads(written["soft_beam-5.json"].read_text("utf-8"))
    assert (beam["trained_by"], beam["recipe"]["decoding"]["beam"]) == ("soft", 2)
    assert searches == [Greedy(), Beam(2)]
    # Of the training itself nothing is kept.
    assert not list((prepared / "runs").iterdir())


def test_what_was_not_trained_cannot_be_scored(prepared):
    with pytest.raises(CheckpointError, match=r"holds no translations; train it first"):
        token_board.main(["score", str(prepared)])


def test_models_of_other_tokens_are_not_trained_from_one_file(study, tmp_path):
    longer = dataclasses.replace(study.variants["soft"].recipe.training, lengths=(7,))
    recipe = dataclasses.replace(study.variants["soft"].recipe, training=longer)
    variants = {**study.variants, "longer": studies.Variant("longer", recipe)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_board, "STUDIES", {TINY: variants})
        with pytest.raises(ValueError, match=r"got 2 kinds of tokens in .* of tiny"):
            token_board.prepare(tmp_path / "prepared", TINY)
    assert not (tmp_path / "prepared").exists()


def test_a_process_of_its_own_ends_well_or_is_told_of(tmp_path):
    scoreboard.in_its_own_process(pathlib.Path.mkdir, tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    with pytest.raises(ChildProcessError, match=r"mkdir must end with .* 0, got 1"):
        scoreboard.in_its_own_process(pathlib.Path.mkdir, tmp_path / "new")


def test_an_unknown_rung_is_refused_by_name():
    with pytest.raises(
        ValueError, match=r"has the variants fixed_start, .* got 'nope'"
    ):
        scoreboard.main(["--only", "nope"])
    with pytest.raises(ValueError, match=r"the studies are phrasebook, .* got 'latin'"):
        studies.variant("latin", "soft")


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

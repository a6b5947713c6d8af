import dataclasses
import json
import re
import shutil

import keras
import numpy as np
import pytest

from keras_transformer import corpora
from keras_transformer.corpora import Corpus, CorpusError, Pairs
from keras_transformer.training import CheckpointError, NotFiniteError
from keras_transformer.translation import experiment
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import RECIPE, WEIGHTS


def quiet(line):
    pass


def changed(recipe, **changes):
    """The recipe with other numbers of training."""
    training = dataclasses.replace(recipe.training, **changes)
    return dataclasses.replace(recipe, training=training)


def train(recipe, folder, **options):
    options = {"progress": False, "say": quiet} | options
    return experiment.train(recipe, folder, **options)


def test_a_finished_folder_holds_the_translator_and_its_history(smoke_folder):
    names = {path.name for path in smoke_folder.iterdir()}
    assert {WEIGHTS, RECIPE, "tokenizer", "history.json", "history.csv"} <= names
    assert not {"checkpoint.npz", "best.npz"} & names
    (row,) = json.loads((smoke_folder / "history.json").read_text())
    assert row["epoch"] == 1 and row["valid_bleu"] >= 0
    assert np.isfinite([row["train_loss"], row["valid_cross_entropy"]]).all()


def test_a_finished_folder_is_used_as_it_is(smoke_folder, smoke_recipe):
    before = {p: p.stat().st_mtime_ns for p in smoke_folder.rglob("*")}
    said = []
    again = train(smoke_recipe, smoke_folder, say=said.append)
    assert said == [f"{smoke_folder} holds a trained model: it is used as it is"]
    assert again.recipe == smoke_recipe
    assert {p: p.stat().st_mtime_ns for p in smoke_folder.rglob("*")} == before


def test_a_folder_of_another_recipe_is_refused(smoke_folder, smoke_recipe):
    other = changed(smoke_recipe, seed=5)
    message = r"another recipe \(they differ in training.seed \(1 there, 5 here\)\); tr"
    with pytest.raises(CheckpointError, match=message):
        train(other, smoke_folder)


def test_what_is_trained_is_told(smoke_training):
    said = smoke_training[1]
    assert "58 + " in said[-2] or "pairs" in said[-2]
    assert "(shared)" in said[-2] and "parameters" in said[-2]
    assert re.search(r"about \d+ seconds for one pass .*; [\d.]+ .iB of mem", said[-1])


def test_a_begun_folder_of_another_recipe_is_refused(
    smoke_folder, smoke_recipe, tmp_path
):
    begun = shutil.copytree(smoke_folder, tmp_path / "begun")
    (begun / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=r"they differ in training\.seed"):
        train(changed(smoke_recipe, seed=5), begun)


def test_pairs_that_are_too_long_are_left_out_and_counted(
    smoke_recipe, pairs, tmp_path
):
    long = ("Der Mann " * 40, "The man " * 40)
    sides = zip(*[long, *pairs], strict=True)
    corpus = Corpus("own", "de", "en", dict.fromkeys(("train", "valid"), Pairs(*sides)))
    said = []

    def say(line):
        said.append(line)
        if "validation pairs left out" in line:
            raise KeyboardInterrupt  # the training itself is of no interest here

    with pytest.raises(KeyboardInterrupt):
        train(smoke_recipe, tmp_path, corpus=corpus, say=say)
    left_out = [line for line in said if "left out" in line]
    assert left_out == [
        f"1 of {len(pairs) + 1} training pairs left out: longer than 19 tokens",
        f"1 of {len(pairs) + 1} validation pairs left out: longer than 19 tokens",
    ]


def test_a_corpus_of_which_nothing_fits_is_refused(smoke_recipe, tmp_path):
    with pytest.raises(ValueError, match="no training pair has at most 1 tokens"):
        train(changed(smoke_recipe, lengths=(2,)), tmp_path)


def test_unknown_names_are_refused_with_those_that_exist(
    translator, smoke_recipe, tmp_path
):
    with pytest.raises(ValueError, match=r"the recipes are phrasebook, .* got 'latin'"):
        train("latin", tmp_path)
    with pytest.raises(CorpusError, match="got 'klingon'"):
        train(dataclasses.replace(smoke_recipe, corpus="klingon"), tmp_path)
    corpus = corpora.load(smoke_recipe.corpus)
    with pytest.raises(ValueError, match=r"has the splits train, .* got 'tests'"):
        experiment.evaluate_splits(translator, corpus, ("tests",))


def test_a_recipe_is_found_by_its_name():
    assert experiment.named_recipe("smoke") is RECIPES["smoke"]
    assert experiment.named_recipe(RECIPES["smoke"]) is RECIPES["smoke"]


class Plain:
    """A tokenizer that knows two tricks of NFKC."""

    def __init__(self, case):
        self.case = case

    def normalize(self, texts):
        return [text.replace("，", ",").replace("½", "1⁄2") for text in texts]


def test_the_sentences_of_a_batch_that_ends_a_run_are_said(
    smoke_recipe, pairs, tmp_path
):
    class Spoiler(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            weight = self.model.trainable_variables[0]
            weight.assign(np.full(weight.shape, np.nan))

    said = []
    with pytest.raises(NotFiniteError, match=r"loss is nan after batch 1 of .* pairs"):
        train(smoke_recipe, tmp_path, callbacks=(Spoiler(),), say=said.append)
    told = [line for line in said if line.startswith("training pair ")]
    assert 0 < len(told) <= 12
    sentences = {f"{source} → {target}" for source, target in pairs}
    assert {line.partition(": ")[2] for line in told} <= sentences
    assert not (tmp_path / "checkpoint.npz").exists()


class Echo:
    """A translator that knows the answers; it remembers what it was asked."""

    def __init__(self, pairs, case):
        self.answers = dict(pairs)
        self.target_tokenizer = Plain(case)

    def __call__(self, texts):
        return [self.answers[text] for text in texts]


SPLITS = {
    "train": Pairs(("a",), ("A b c d e",)),
    "valid": Pairs(("b", "c"), ("F g h i j", "K l m n o")),
    "test": Pairs(("d",), ("P q r s t",)),
}
CORPUS = Corpus("letters", "de", "en", SPLITS)
ANSWERS = {"b": "f g h i j", "c": "K l m n o", "d": "P q r s t"}


def test_every_split_but_the_training_side_is_scored():
    results = experiment.evaluate_splits(Echo(ANSWERS, "keep"), CORPUS)
    assert list(results) == ["valid", "test"]
    assert results["test"]["bleu"] == pytest.approx(100)
    assert results["valid"]["exact"] == 0.5
    assert results["valid"]["sentences"] == 2
    assert "case:mixed" in results["valid"]["signature"]
    assert list(
        experiment.evaluate_splits(Echo(ANSWERS, "keep"), CORPUS, ("test",))
    ) == ["test"]


def test_like_is_compared_with_like():
    # A perfect translator writes what its tokenizer can write.
    split = {"test": Pairs(("a", "b"), ("你好，½ 世界。", "再见，朋友。"))}
    echo = Echo({"a": "你好,1⁄2 世界。", "b": "再见,朋友。"}, "keep")
    scores = experiment.evaluate_splits(echo, Corpus("own", "und", "zh", split))["test"]
    assert scores["exact"] == 1.0 and scores["bleu"] == pytest.approx(100)
    assert "tok:zh" in scores["signature"]
    asked = experiment.evaluate_splits(echo, Corpus("", "", "zh", split), (), "char")
    assert "tok:char" in asked["test"]["signature"]


def test_a_translator_of_lowered_text_is_scored_without_case():
    results = experiment.evaluate_splits(Echo(ANSWERS, "lower"), CORPUS, ("valid",))
    assert results["valid"]["exact"] == 1.0
    assert "case:lc" in results["valid"]["signature"]


def test_only_a_run_is_cleared_away(tmp_path):
    experiment.clear(tmp_path / "nowhere")
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("…")
    with pytest.raises(ValueError, match=r"holds recipe.json, got .*thesis without it"):
        experiment.clear(precious)
    assert (precious / "chapter.txt").exists()
    (precious / RECIPE).write_text("{}")
    experiment.clear(precious)
    assert [path.name for path in precious.iterdir()] == ["chapter.txt"]

"""From two files to a translator, as `docs/guides/own_sentences.md` does it."""

import csv
import gzip
import json

import keras
import numpy as np
import pytest
from command_run import run

from keras_transformer.corpora import load_files
from keras_transformer.training import LengthBuckets
from keras_transformer.training.checkpoint import values
from keras_transformer.translation.translator import WEIGHTS, Translator

TINY = (
    *("--training.epochs", "1", "--text.vocabulary-size", "300"),
    *("--model.width", "16", "--model.num-layers", "1", "--model.num-heads", "2"),
    *("--model.hidden-width", "32", "--training.lengths", "20", "--training.no-xla"),
    *("--training.batch-tokens", "320", "--decoding.no-xla"),
)


@pytest.fixture
def files(tmp_path):
    """Two files of 120 pairs, with a mark, foreign line ends, an entity and copies."""
    subjects = {"Der Mann": "The man", "Die Frau": "The woman", "Das Kind": "The child"}
    pairs = [
        (f"{german} sieht {n} &amp; {n + 1}.", f"{english} sees {n} &amp; {n + 1}.")
        for n in range(40)
        for german, english in subjects.items()
    ]
    pairs += [pairs[0], ("Ja.", "Ja."), ("Nein.", "")]
    paths = tmp_path / "a.de", tmp_path / "a.en"
    for path, side in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_bytes(("\ufeff" + "".join(f"{s}\r\n" for s in side)).encode())
    return paths


@pytest.fixture
def eager():
    """Compiles nothing: several runs of a few steps each."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_two_files_become_a_translator(capsys, tmp_path, files):
    clean = tmp_path / "clean"
    code, _, said = run(capsys, "clean", *files, "--out", clean)
    assert code == 0 and "120 of 123 pairs are kept" in said
    folder = tmp_path / "run"
    own = clean / "a.de", clean / "a.en"
    command = ("train", "--recipe", "auto", "--files", *own, "--folder", folder, *TINY)
    code, _, said = run(capsys, *command)
    assert code == 0
    assert "By size, for 108 pairs:" in said
    assert "--training.epochs 1 (by size: --training.epochs 100)" in said
    assert "--text.shared\n      " in said
    assert " seconds for one pass at the pace of the first steps" in said
    choice = json.loads((folder / "auto.json").read_text())
    assert choice["statistics"]["pairs"] == 108
    recipe = json.loads((folder / "recipe.json").read_text())
    assert recipe["corpus"] == " ".join(map(str, own))
    assert recipe["training"]["epochs"] == 1 and recipe["model"]["dropout"] == 0.3
    # The same command finds the same choice, and so the same run.
    code, _, said = run(capsys, *command)
    assert code == 0 and "it is used as it is" in said
    code, output, _ = run(capsys, "evaluate", folder)
    assert code == 0 and "BLEU" in output


def test_tokens_are_prepared_by_size_too(capsys, tmp_path, files):
    run(capsys, "clean", *files, "--out", tmp_path / "clean")
    own = tmp_path / "clean" / "a.de", tmp_path / "clean" / "a.en"
    folder = tmp_path / "run"
    flags = ("--recipe", "auto", "--files", *own, "--folder", folder, *TINY)
    code, _, said = run(capsys, "prepare", *flags)
    assert code == 0 and "By size, for 108 pairs:" in said
    assert (folder / "auto.json").is_file()


@pytest.mark.usefixtures("eager")
def test_a_table_is_trained_on_as_it_came(capsys, tmp_path, files):
    """Columns are chosen once: who goes on, or scores, finds them in the recipe."""
    texts = (path.read_text("utf-8-sig").replace("&amp;", "&") for path in files)
    rows = zip(*(text.splitlines() for text in texts), strict=True)
    path = tmp_path / "pairs.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerows([("id", "en", "de"), *((0, t, s) for s, t in rows if t)])
    folder = tmp_path / "run"
    command = ("train", "--recipe", "auto", "--corpus", path, "--folder", folder, *TINY)
    code, _, said = run(capsys, *command)
    assert code == 1 and "--columns SOURCE TARGET), got 'id', 'en', 'de'" in said
    assert not folder.exists()
    columns = ("--columns", "de", "en")
    for words in ("By size, for 110 pairs:", "it is used as it is"):
        code, _, said = run(capsys, *command, *columns)
        assert code == 0 and words in said
    recipe = json.loads((folder / "recipe.json").read_text())
    assert (recipe["corpus"], recipe["columns"]) == (str(path), ["de", "en"])
    code, _, said = run(capsys, *command, "--columns", "en", "de")
    assert code == 1 and "they differ in columns" in said
    code, output, _ = run(capsys, "evaluate", folder)
    assert code == 0 and "(6 sentences)" in output
    other = tmp_path / "test.csv"
    other.write_text("id,de,en\n1,Der Mann sieht 7.,The man sees 7.\n", "utf-8")
    code, output, _ = run(capsys, "evaluate", folder, "--corpus", other, *columns)
    assert code == 0 and "(1 sentences)" in output
    prepared = ("--folder", tmp_path / "prepared", *TINY)
    code, _, _ = run(
        capsys, "prepare", "--recipe", "auto", "--corpus", path, *columns, *prepared
    )
    assert code == 0 and (tmp_path / "prepared" / "tokens.npz").is_file()


@pytest.mark.usefixtures("eager")
def test_a_run_that_was_broken_off_goes_on_with_the_same_choice(
    capsys, monkeypatch, tmp_path, files
):
    clean = tmp_path / "clean"
    run(capsys, "clean", *files, "--out", clean)
    own = clean / "a.de", clean / "a.en"
    command = ("train", "--recipe", "auto", "--files", *own)
    flags = (*TINY, "--training.epochs", "2", "--training.checkpoint-seconds", "0")

    def trained(folder):
        return run(capsys, *command, "--folder", folder, *flags)

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert trained(whole)[0] == 0
    batches, batch = [], LengthBuckets.batch

    def interrupted(self, epoch, index):
        batches.append((epoch, index))
        if (epoch, index) == (1, 3):
            raise KeyboardInterrupt
        return batch(self, epoch, index)

    with monkeypatch.context() as patch:
        patch.setattr(LengthBuckets, "batch", interrupted)
        code, _, said = trained(broken)
    assert code == 130 and "The last checkpoint is kept" in said
    assert (broken / "auto.json").is_file() and not (broken / WEIGHTS).exists()

    # Files that were changed meanwhile: two sentences change places, or all grow.
    texts = [path.read_text("utf-8") for path in own]
    one, other = sorted(load_files(own).splits["train"].target, key=len)[:2]
    places = {one: other, other: one}
    swapped = "".join(f"{places.get(s, s)}\n" for s in texts[1].splitlines())
    for path, text, changed, messages in (
        (own[1], texts[1], swapped, ("run with other data", "data.train")),
        (
            *(own[0], texts[0], texts[0].replace("sieht", "sieht und sieht")),
            (f"{own[0]} {own[1]} has changed since the run in", "lengths"),
        ),
    ):
        path.write_text(changed, "utf-8")
        code, _, said = trained(broken)
        assert code == 1 and all(each in said for each in messages), said
        path.write_text(text, "utf-8")
    assert not (broken / WEIGHTS).exists()

    def noted(self, epoch, index):
        batches.append((epoch, index))
        return batch(self, epoch, index)

    batches.clear()
    with monkeypatch.context() as patch:
        patch.setattr(LengthBuckets, "batch", noted)
        code, _, said = trained(broken)
    assert code == 0 and "By size, for 108 pairs:" in said
    assert (1, 3) in batches and (1, 2) not in batches
    weights = (values(Translator.load(f).model.weights) for f in (whole, broken))
    assert all(map(np.array_equal, *weights))
    for name in ("auto.json", "recipe.json"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    histories = (json.loads((f / "history.json").read_text()) for f in (whole, broken))
    for mine, theirs in zip(*histories, strict=True):
        assert {**mine, "seconds": 0} == {**theirs, "seconds": 0}


def test_a_choice_needs_pairs(capsys, tmp_path):
    code, _, said = run(capsys, "train", "--recipe", "auto", "--folder", tmp_path)
    assert code == 1
    assert "the recipe auto chooses by the pairs: give --files or --corpus" in said
    missing = ("--corpus", tmp_path / "none.tsv")
    code, _, said = run(capsys, "train", "--recipe", "auto", *missing)
    assert code == 1 and "none.tsv" in said


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (["Ja."] * 10, ["Yes."] * 10, "got 10 pairs, 1 of them different"),
        (["Ja."] * 1000, ["Yes."] * 1000, "got 1000 pairs, 1 of them different"),
        (
            [f"Satz {n}." for n in range(100)],
            [f"Satz {n}." for n in range(100)],
            "must be two languages, got the same sentence twice in 100% of the pairs",
        ),
    ],
    ids=["ten", "one", "copies"],
)
def test_pairs_that_teach_nothing_are_refused(
    capsys, tmp_path, source, target, message
):
    paths = tmp_path / "a.de", tmp_path / "a.en"
    for path, side in zip(paths, (source, target), strict=True):
        path.write_text("".join(f"{s}\n" for s in side), "utf-8")
    folder = tmp_path / "run"
    flags = ("--recipe", "auto", "--files", *paths, "--folder", folder)
    code, _, said = run(capsys, "train", *flags)
    assert code == 1 and message in said
    assert not folder.exists()

import dataclasses
import json
import sys

import keras
import numpy as np
import pytest
from command_run import run

from keras_transformer.training.checkpoint import values
from keras_transformer.translation import experiment, weights
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import WEIGHTS, Translator


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

        patch.setattr(weights, "written_whole", stop)  # the last to be written
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


def test_a_restart_is_asked_for(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiment, "train", lambda *arguments, **options: asked.append(options)
    )
    run(capsys, "train", "--recipe", "smoke", "--restart")
    run(capsys, "train", "--recipe", "smoke")
    assert [options["restart"] for options in asked] == [True, False]


def test_devices_are_handed_on(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiment, "train", lambda *arguments, **options: asked.append(options)
    )
    run(capsys, "train", "--recipe", "smoke", "--devices", "2")
    run(capsys, "train", "--recipe", "smoke")
    assert [options["devices"] for options in asked] == [2, 0]


def test_logs_need_their_extra_before_anything_is_deleted(
    capsys, monkeypatch, trained, tmp_path
):
    (tmp_path / "recipe.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    flags = ("--folder", tmp_path, "--tensorboard", "--restart")
    code, _, errors = run(capsys, "train", *flags)
    assert code == 1 and "pip install 'keras-transformer-course[tensorboard]'" in errors
    assert (tmp_path / "recipe.json").exists() and trained == []


def test_prepare_writes_the_tokens_of_its_recipe(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiment,
        "prepare",
        lambda recipe, folder, corpus, **options: asked.append((recipe, folder)),
    )
    code, _, errors = run(capsys, "prepare", "--recipe", "smoke", "--corpus", "own.tsv")
    assert code == 0 and "The tokens are in runs/smoke" in errors
    recipe = dataclasses.replace(RECIPES["smoke"], corpus="own.tsv")
    assert [(recipe, "runs/smoke")] == [(r, f.as_posix()) for r, f in asked]


def test_tokens_of_files_are_prepared_and_trained_on(capsys, tmp_path):
    files = tmp_path / "own.de", tmp_path / "own.en"
    for path, word in zip(files, ("Haus", "house"), strict=True):
        path.write_text("".join(f"{word} {n} {n % 7}.\n" for n in range(80)), "utf-8")
    folder = tmp_path / "run"
    flags = ("--text.vocabulary-size", "300", "--training.epochs", "1")
    code, _, errors = run(
        capsys,
        *("prepare", "--recipe", "smoke", "--folder", folder, "--files", *files),
        *flags,
    )
    assert code == 0 and "The tokens are in" in errors
    named = " ".join(map(str, files))
    assert json.loads((folder / "recipe.json").read_text())["corpus"] == named
    assert run(capsys, "train-tokens", folder)[0] == 0
    translator = Translator.load(folder)
    assert any("hous" in piece for piece in translator.target_tokenizer.vocabulary)

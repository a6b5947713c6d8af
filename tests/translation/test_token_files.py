"""Runs that train from tokens, without text and without TensorFlow."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keras_transformer.cli import main as cli
from keras_transformer.training import CheckpointError, LengthBuckets, TrainingConfig
from keras_transformer.translation import token_files as tokens
from keras_transformer.translation.run_folder import DEVICE, read_device, read_recipe
from keras_transformer.translation.token_files import (
    TOKENS,
    load_sentences,
    load_tokens,
    save_sentences,
    save_tokens,
    train_tokens,
)
from keras_transformer.translation.translator import RECIPE, Translator


def commanded(*arguments):
    """What a command said."""
    with contextlib.redirect_stderr(io.StringIO()) as said:
        cli.main([str(argument) for argument in arguments])
    return said.getvalue()


@pytest.fixture(scope="module")
def preparation(corpus_file, tmp_path_factory):
    """A folder with tokens, and what was said."""
    folder = tmp_path_factory.mktemp("prepared") / "run"
    said = commanded(
        *("prepare", "--recipe", "smoke", "--corpus", corpus_file, "--folder", folder),
        *("--text.vocabulary-size", "350", "--training.batch-tokens", "320"),
    )
    return folder, said


@pytest.fixture(scope="module")
def prepared(preparation):
    """A folder with tokens, not trained. Not to be changed."""
    return preparation[0]


@pytest.fixture
def folder(prepared, tmp_path):
    return shutil.copytree(prepared, tmp_path / "run")


@pytest.fixture(scope="module")
def training(prepared, tmp_path_factory):
    """A folder that was trained from tokens, its history, and what was said."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("trained") / "run")
    returned = []

    def train(*arguments, **options):
        returned.append(train_tokens(*arguments, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "train_tokens", train)
        said = commanded("train-tokens", folder)
    (history,) = returned
    return folder, history, said


@pytest.fixture(scope="module")
def trained(training):
    """A folder that was trained from tokens, and its history. Not to be changed."""
    return training[:2]


def test_the_commands_say_where_tokens_and_translator_are(preparation, training):
    folder, said = preparation
    assert f"The tokens are in {folder}\n" in said
    folder, _, said = training
    assert f"The translator is in {folder}\n" in said


def test_tokens_come_back_as_they_were(tmp_path):
    train = LengthBuckets([[5, 6], [7]], [[8], [9, 5, 4]], (3, 5), 10, seed=4)
    valid = LengthBuckets([[6]], [[]], (3, 5), 10, seed=4)
    save_tokens(tmp_path / TOKENS, (11, 13), train, valid)
    config = TrainingConfig(lengths=(3, 5), batch_tokens=10, seed=4)
    sizes, *both = load_tokens(tmp_path / TOKENS, config)
    assert sizes == (11, 13)
    assert [b.fingerprint() for b in both] == [train.fingerprint(), valid.fingerprint()]
    assert [(b.lengths, b.batch_tokens, b.seed) for b in both] == [((3, 5), 10, 4)] * 2
    assert [ids.tolist() for ids in both[0].target] == [[8], [9, 5, 4]]


def test_sentences_come_back_as_they_were(tmp_path):
    splits = {"valid": [[5, 6], [], [7]], "test": []}
    save_sentences(tmp_path / "sentences.npz", splits, {"corpus": "tiny"})
    found, about = load_sentences(tmp_path / "sentences.npz")
    assert about == {"corpus": "tiny"}
    assert {name: [ids.tolist() for ids in found[name]] for name in found} == splits


def test_tokens_are_no_sentences(prepared):
    with pytest.raises(CheckpointError, match=r"tokens\.npz holds no sentences"):
        load_sentences(prepared / TOKENS)


def test_a_run_from_tokens_ends_as_a_translator(trained, smoke_recipe):
    folder, history = trained
    assert [row["epoch"] for row in history] == [1]
    assert "valid_bleu" not in history[0]
    assert not list(folder.glob("checkpoint*"))
    translator = Translator.load(folder)
    assert translator.recipe == smoke_recipe == read_recipe(folder)
    assert len(translator(["Der Mann sieht das Haus."])) == 1


def test_tokens_train_the_weights_that_text_trains(trained, smoke_folder):
    ours = Translator.load(trained[0]).model.get_weights()
    theirs = Translator.load(smoke_folder).model.get_weights()
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_the_device_is_that_of_the_training(trained, tmp_path):
    assert read_device(trained[0])["devices"] == 1
    (tmp_path / DEVICE).write_text('{"accelerators": ["an abacus"]}')
    assert read_device(tmp_path) == {"accelerators": ["an abacus"]}


def test_a_finished_run_is_used_as_it_is(trained):
    folder, history = trained
    told = []
    assert train_tokens(folder, progress=False, say=told.append) == history
    assert told == [f"{folder} holds a trained model: it is used as it is"]


def test_a_folder_without_tokens_is_refused(smoke_folder):
    with pytest.raises(
        CheckpointError, match=r"starts from tokens\.npz, got .* without"
    ):
        train_tokens(smoke_folder)


def test_a_file_of_something_else_is_refused(folder):
    tokens.save_arrays(folder / TOKENS, [np.zeros(3)], {"epoch": 1})
    with pytest.raises(CheckpointError, match=r"tokens\.npz holds no tokens"):
        train_tokens(folder)


CHILD = """
import pathlib, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "tqdm"):
            raise ImportError(f"{name} is hidden")

sys.meta_path.insert(0, Hidden())
from keras_transformer.cli.main import main

for count, folder in enumerate(sys.argv[1:], start=1):
    main(["train-tokens", folder, "--devices", str(count)])
"""


def test_one_and_two_devices_without_tensorflow_reach_the_same(prepared, tmp_path):
    folders = [shutil.copytree(prepared, tmp_path / name) for name in ("one", "two")]
    for folder in folders:  # on JAX, without XLA every operation is sent off by itself
        recipe = json.loads((folder / RECIPE).read_text("utf-8"))
        recipe["training"]["xla"] = True
        (folder / RECIPE).write_text(json.dumps(recipe), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, folders)],
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": os.environ["XLA_FLAGS"]
            + " --xla_force_host_platform_device_count=2"
            + " --xla_cpu_use_fusion_emitters=false",  # they compile for long
            "NPROC": "4",  # threads: with one, the two wait for each other
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert [read_device(folder)["devices"] for folder in folders] == [1, 2]
    assert read_device(folders[1])["backend"] == "jax"
    losses = [
        json.loads((folder / "history.json").read_text())[0]["train_loss"]
        for folder in folders
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    one, two = (Translator.load(folder).model.get_weights() for folder in folders)
    for mine, other in zip(one, two, strict=True):
        # The bias of a key changes no weight of attention: its gradient is rounding,
        # which Adam divides by its own size.
        np.testing.assert_allclose(mine, other, atol=1e-3)

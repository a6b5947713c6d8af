import dataclasses
import json
import shutil

import h5py
import keras
import numpy as np
import pytest

from keras_transformer.decoding import Beam, Greedy
from keras_transformer.text import Tokenizer
from keras_transformer.training.checkpoint import values
from keras_transformer.translation.recipes import TextConfig
from keras_transformer.translation.translator import (
    RECIPE,
    VERSIONS,
    WEIGHTS,
    Translator,
)

TEXTS = [
    "Der Mann sieht einen Hund.",
    "",
    "Das Kind malt Brot, oder?",
    "😀 👩‍👩‍👧 ✈️",
    "你好，欢迎来北京。 Привет! שלום مرحبا नमस्ते",
]


@pytest.fixture
def folder(smoke_folder, tmp_path):
    """A copy of the trained folder, to be damaged."""
    return shutil.copytree(smoke_folder, tmp_path / "copy")


# What comes back


def test_a_saved_translator_comes_back(translator, tmp_path):
    translator.save(tmp_path / "new" / "folder")
    again = Translator.load(tmp_path / "new" / "folder")
    assert again.recipe == translator.recipe
    assert again.source_tokenizer is again.target_tokenizer
    assert again.source_tokenizer.vocabulary == translator.source_tokenizer.vocabulary
    for mine, theirs in zip(again.model.weights, translator.model.weights, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    assert again(TEXTS) == translator(TEXTS)
    mine, theirs = (each.explain(TEXTS[0]) for each in (again, translator))
    assert np.array_equal(mine.cross, theirs.cross)


def test_two_vocabularies_come_back_as_two(smoke_recipe, pairs, tmp_path):
    source, target = (Tokenizer.learn(side, 330) for side in zip(*pairs, strict=True))
    recipe = dataclasses.replace(smoke_recipe, text=TextConfig(330, shared=False))
    sizes = len(source.vocabulary), len(target.vocabulary)
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    both = Translator(model, source, target, recipe)
    both.save(tmp_path)
    again = Translator.load(tmp_path)
    assert again.source_tokenizer.vocabulary == source.vocabulary
    assert again.target_tokenizer.vocabulary == target.vocabulary
    for mine, theirs in zip(again.model.weights, model.weights, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    # Whatever the model writes is read from the one and told by the other.
    for translator in (again, both):
        translator.decoder = lambda sources, progress: [
            ids[::-1] % sizes[1] for ids in sources
        ]
    assert again(TEXTS) == both(TEXTS)


def test_the_state_of_the_optimizer_is_not_saved(smoke_folder):
    with h5py.File(smoke_folder / WEIGHTS) as file:
        assert "encoder" in file and "optimizer" not in file


def test_the_folder_says_what_it_depends_on(smoke_folder, smoke_recipe):
    found = json.loads((smoke_folder / VERSIONS).read_text("utf-8"))
    assert found["keras"] == keras.__version__
    assert found["backend"] == keras.backend.backend()
    assert {"python", "tensorflow", "numpy"} < set(found)
    recipe = json.loads((smoke_folder / RECIPE).read_text("utf-8"))
    assert recipe["corpus"] == smoke_recipe.corpus


def test_an_interrupted_save_leaves_the_old_translator(folder, monkeypatch):
    translator = Translator.load(folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    kept = values(translator.model.weights)
    for weight in translator.model.weights:
        weight.assign(keras.ops.ones_like(weight))
    kind = type(translator.model)
    save_weights = kind.save_weights

    def interrupted(self, path):
        save_weights(self, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, "save_weights", interrupted)
        with pytest.raises(KeyboardInterrupt):
            translator.save(folder)
    after = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert after == before
    for mine, theirs in zip(Translator.load(folder).model.weights, kept, strict=True):
        assert np.array_equal(mine.numpy(), theirs)


@pytest.mark.parametrize("name", [WEIGHTS, RECIPE])
def test_an_unfinished_folder_is_no_translator(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"without {name}; train it first"):
        Translator.load(folder)


def test_a_folder_that_does_not_exist_is_no_translator(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"got .*nowhere without recipe.json"):
        Translator.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda recipe: {**recipe, "colour": 1}, "a Recipe has the fields .* colour"),
        (lambda recipe: [recipe], "a Recipe is written as an object"),
        (
            lambda recipe: {**recipe, "training": {"average": 7}},
            "average must be less than 1",
        ),
    ],
    ids=["field", "list", "number"],
)
def test_a_recipe_of_another_version_is_named(folder, damage, message):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    (folder / RECIPE).write_text(json.dumps(damage(recipe)), "utf-8")
    with pytest.raises(ValueError, match=rf"recipe.json is not a readable .*{message}"):
        Translator.load(folder)


def test_a_recipe_that_is_no_json_is_named(folder):
    (folder / RECIPE).write_text("{", "utf-8")
    with pytest.raises(ValueError, match=r"recipe.json: must be JSON"):
        Translator.load(folder)


def test_weights_of_another_model_are_named(folder):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    recipe["model"]["width"] = 32
    (folder / RECIPE).write_text(json.dumps(recipe), "utf-8")
    message = rf"{WEIGHTS} was trained with .*: model.width \(16 there, 32 here\); put"
    with pytest.raises(ValueError, match=message):
        Translator.load(folder)


def test_truncated_weights_are_named(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=f"{WEIGHTS}: must be a whole file of HDF5"):
        Translator.load(folder)


# How it searches


def test_a_translator_saved_before_there_were_beams_loads(translator, folder):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    del recipe["decoding"]["beam"], recipe["decoding"]["length_penalty"]
    (folder / RECIPE).write_text(json.dumps(recipe), "utf-8")
    again = Translator.load(folder)
    assert again.recipe == translator.recipe
    assert again.decoder.method == Greedy()


def test_a_beam_is_saved_with_the_recipe(translator, tmp_path):
    decoding = dataclasses.replace(translator.recipe.decoding, beam=2)
    recipe = dataclasses.replace(translator.recipe, decoding=decoding)
    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    Translator(translator.model, *tokenizers, recipe).save(tmp_path)
    assert Translator.load(tmp_path).decoder.method == Beam(2)


@pytest.mark.parametrize(
    ("asked", "method"),
    [
        ({}, Greedy()),
        ({"beam": 3}, Beam(3, 0.6)),
        ({"beam": 3, "length_penalty": 0.0}, Beam(3, 0.0)),
        ({"length_penalty": 0.9}, Greedy()),
    ],
    ids=str,
)
def test_another_search_can_be_asked_for_in_loading(folder, asked, method):
    saved = (folder / RECIPE).read_bytes()
    loaded = Translator.load(folder, **asked)
    assert loaded.decoder.method == loaded.recipe.decoding.method == method
    assert dataclasses.asdict(loaded.recipe.decoding).items() >= asked.items()
    assert (folder / RECIPE).read_bytes() == saved


def test_an_empty_beam_is_refused_in_loading(folder):
    with pytest.raises(ValueError, match=r"beam must be at least 1, got 0"):
        Translator.load(folder, beam=0)

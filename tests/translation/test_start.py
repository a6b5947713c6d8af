"""A finished model goes on: more passes, or other data."""

import dataclasses

import numpy as np
import pytest

from keras_transformer import corpora
from keras_transformer.cli.named_recipe import named_recipe
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.translation import experiment, weights
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import Translator


def with_training(recipe, **values):
    training = dataclasses.replace(recipe.training, **values)
    return dataclasses.replace(recipe, training=training)


@pytest.fixture
def hardly(smoke_recipe):
    """A recipe whose passes change next to nothing."""
    return with_training(smoke_recipe, peak_learning_rate=1e-9, average=0.0, epochs=1)


def train(recipe, folder, start=None, corpus=None):
    said = []
    return experiment.train(
        recipe, folder, corpus, progress=False, say=said.append, start_from=start
    )


def test_it_begins_with_its_weights_and_vocabularies(
    hardly, translator, smoke_folder, tmp_path
):
    pairs = corpora.Pairs(("Der Mann malt.", "Ein neues Wort.") * 9, ("X y.", "Z.") * 9)
    splits = {"train": pairs, "valid": pairs.take(4), "test": pairs.take(4)}
    corpus = corpora.Corpus("mine", "de", "en", splits)
    found = train(hardly, tmp_path / "run", smoke_folder, corpus)
    pieces = translator.source_tokenizer.vocabulary
    assert found.source_tokenizer.vocabulary == pieces
    for ours, began in zip(
        found.model.get_weights(), translator.model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, began, atol=1e-5)
    again = Translator.load(tmp_path / "run")  # it is a translator like any other
    assert again(["Der Mann malt."]) == found(["Der Mann malt."])


def test_another_model_or_text_is_refused_by_name(hardly, smoke_folder, tmp_path):
    model = dataclasses.replace(hardly.model, hidden_width=64)
    with pytest.raises(ValueError, match=r"differ in model\.hidden_width"):
        train(dataclasses.replace(hardly, model=model), tmp_path / "run", smoke_folder)
    text = dataclasses.replace(hardly.text, case="lower")
    with pytest.raises(ValueError, match=r"differ in text\.case"):
        train(dataclasses.replace(hardly, text=text), tmp_path / "run", smoke_folder)
    assert not (tmp_path / "run").exists()


def test_how_much_is_dropped_out_is_free(hardly, smoke_folder, tmp_path):
    model = dataclasses.replace(hardly.model, dropout=0.4, hidden_dropout=0.2)
    recipe = dataclasses.replace(hardly, model=model)
    found = train(recipe, tmp_path / "run", smoke_folder)
    assert found.recipe.model == model
    began = Translator.load(smoke_folder).model.get_weights()
    for ours, given in zip(found.model.get_weights(), began, strict=True):
        np.testing.assert_allclose(ours, given, atol=1e-5)


def test_it_goes_on_in_a_folder_of_its_own(smoke_recipe, smoke_folder):
    with pytest.raises(ValueError, match="in a folder of its own, got"):
        train(with_training(smoke_recipe, epochs=2), smoke_folder, smoke_folder)


def test_a_run_goes_on_from_what_it_began_with_only(
    hardly, smoke_folder, tmp_path, monkeypatch
):
    class Stopped(BaseException):
        pass

    def stop(*arguments):
        raise Stopped

    folder = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "written_whole", stop)  # the last to be written
        with pytest.raises(Stopped):
            train(hardly, folder, smoke_folder)
    with pytest.raises(CheckpointError, match="began with other weights"):
        train(hardly, folder)
    train(hardly, folder, smoke_folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "written_whole", stop)
        with pytest.raises(Stopped):
            train(hardly, tmp_path / "drawn")
    with pytest.raises(CheckpointError, match="began with other weights"):
        train(hardly, tmp_path / "drawn", smoke_folder)


def test_its_recipe_is_the_one_that_flags_start_from(smoke_recipe, smoke_folder):
    found = named_recipe(["train", "--start-from", str(smoke_folder)])
    assert found["settings"] == smoke_recipe
    found = named_recipe(["train", "--start-from", "nowhere", "--recipe", "smoke"])
    assert found["settings"] == RECIPES["smoke"]

import dataclasses

import numpy as np
import pytest

from keras_transformer.decoding import Beam, Sample
from keras_transformer.system import memory
from keras_transformer.translation import experiment, needs
from keras_transformer.translation.model_configs import RecurrentConfig
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.translator import Translator

SIZES = (700, 900)


def changed(part, **changes):
    recipe = RECIPES["smoke"]
    own = dataclasses.replace(getattr(recipe, part), **changes)
    return dataclasses.replace(recipe, **{part: own})


@pytest.mark.parametrize("recipe", [
    Recipe(), RECIPES["phrasebook"], Recipe(model=RecurrentConfig()),
    Recipe(text=dataclasses.replace(Recipe().text, shared=False)),
])  # fmt: skip
def test_the_weights_are_counted_to_a_tenth(recipe):
    sizes = (900, 900) if recipe.text.shared else SIZES
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    counted = needs.weights(recipe, sizes)
    assert 0.8 * model.count_params() <= counted <= 1.05 * model.count_params()


@pytest.mark.parametrize(
    ("recipe", "named"),
    [
        (changed("model", width=10**6, num_heads=1), "model.width"),
        (changed("model", hidden_width=10**6, num_layers=1000), "num_layers"),
        (changed("training", batch_tokens=2**30), "training.batch_tokens"),
        (
            dataclasses.replace(Recipe(), model=RecurrentConfig(units=10**6)),
            "model.units",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_read(
    tmp_path, recipe, named
):
    recipe = dataclasses.replace(recipe, corpus="nowhere.tsv")
    with pytest.raises(ValueError, match=rf"training must fit .* got .*{named}"):
        experiment.train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("beam", [1, 5, 50])
def test_what_people_do_fits(name, beam):
    recipe = RECIPES[name]
    size = recipe.text.vocabulary_size
    needs.require_memory("training", needs.to_train(recipe, (size, size)))
    needs.require_memory("translating", needs.to_decode(recipe, (size, size), beam))


@pytest.mark.parametrize("method", [Beam(10_000), Sample(count=10_000)], ids=repr)
def test_a_search_that_cannot_be_held_is_refused(
    monkeypatch, translator, smoke_folder, method
):
    monkeypatch.setattr(needs, "available", lambda: 2**30)
    message = "translating must fit .* 1 GiB, got at least .*: lower decoding"
    with pytest.raises(ValueError, match=message):
        translator.using(method)
    with pytest.raises(ValueError, match=message):
        Translator.load(smoke_folder, beam=10_000)


def test_the_estimate_of_a_beam_is_no_more_than_it_takes(translator):
    # Its arrays, as the loop makes them: candidates, and what was said.
    recipe = translator.recipe
    size = len(translator.target_tokenizer.vocabulary)
    needed = needs.to_decode(recipe, (size, size), 100)["decoding.batch_size and "
                                                        "decoding.beam"]  # fmt: skip
    rows = 100 * recipe.decoding.batch_size
    logits, candidates = np.float32(0).nbytes * rows * size, 8 * rows * 100
    cached = 8 * rows * recipe.model.num_layers * recipe.model.width * 38
    assert logits < needed <= logits + candidates + cached + 4 * rows * 38


def test_what_is_free_is_a_number_of_bytes(monkeypatch, tmp_path):
    assert memory.available() > 2**20
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert memory.available() == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() > 2**20
    monkeypatch.setattr(memory, "_INFO", tmp_path / "nothing")
    assert memory.available() > 2**20
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.available() is None

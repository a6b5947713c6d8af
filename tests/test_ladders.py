import dataclasses

import keras
import pytest
from keras.src.backend.common import global_state

from keras_transformer import ladders
from keras_transformer.recipes import RECIPES, DecodingConfig


def parameters(recipe):
    vocabularies = (recipe.text.vocabulary_size,) * 2
    with keras.StatelessScope():  # in it variables have shapes, and values at its end
        model = recipe.model.make(*vocabularies, recipe.text, recipe.training)
        model.build()
        global_state.set_global_attribute("uninitialized_variables", [])
        return model.count_params()


@pytest.mark.parametrize("corpus", ladders.LADDERS)
def test_the_models_of_a_ladder_get_the_same_budget(corpus):
    rungs = ladders.LADDERS[corpus].values()
    recipes = [rung.recipe for rung in rungs if rung.compared]
    assert len({(r.corpus, r.text, r.training, r.decoding) for r in recipes}) == 1


@pytest.mark.parametrize("corpus", ladders.LADDERS)
def test_a_budget_of_its_own_is_said_in_the_title(corpus):
    ladder = ladders.LADDERS[corpus]
    (common,) = {r.recipe.training.epochs for r in ladder.values() if r.compared}
    for rung in ladder.values():
        if not rung.compared:
            own = rung.recipe.training.epochs
            assert f"{own} passes instead of {common}" in rung.title


@pytest.mark.parametrize("corpus", ladders.LADDERS)
def test_what_is_not_trained_differs_in_decoding_only(corpus):
    ladder = ladders.LADDERS[corpus]
    for name, rung in ladder.items():
        if rung.trained_by:
            trainer = ladder[rung.trained_by]
            assert not trainer.trained_by
            assert rung.recipe.decoding != trainer.recipe.decoding
            same = dataclasses.replace(rung.recipe, decoding=trainer.recipe.decoding)
            assert same == trainer.recipe
            assert ladders.sharing(corpus, name)[0] == rung.trained_by


def test_rungs_share_weights_only_where_they_say_so():
    assert ladders.sharing("phrasebook", "soft_dot") == ["soft_dot"]
    family = ["transformer_recipe", "transformer_recipe_beam"]
    assert all(ladders.sharing("multi30k-de-en", name) == family for name in family)
    with pytest.raises(ValueError, match=r"has the rungs .* got 'nope'"):
        ladders.sharing("phrasebook", "nope")


def test_the_recurrent_models_of_the_phrasebook_have_equal_size():
    sizes = {
        name: parameters(rung.recipe)
        for name, rung in ladders.LADDERS["phrasebook"].items()
        if rung.recipe.model.kind == "recurrent" and not name[-1].isdecimal()
    }
    assert max(sizes.values()) < 1.01 * min(sizes.values()), sizes


def test_all_models_of_multi30k_have_the_size_of_the_recipe_s():
    wanted = parameters(RECIPES["multi30k-de-en"])
    # One of each measure: what only weighs or decodes otherwise has as many.
    models = {
        rung.recipe.model: rung.recipe
        for name, rung in ladders.LADDERS["multi30k-de-en"].items()
        if "hard" not in name and "head" not in name
    }
    sizes = [parameters(recipe) for recipe in models.values()]
    assert all(0.97 * wanted < size < 1.03 * wanted for size in sizes), sizes


def test_the_ladder_of_multi30k_has_the_recipe_and_its_tokens():
    ladder = ladders.LADDERS["multi30k-de-en"]
    recipe = RECIPES["multi30k-de-en"]
    assert ladder["transformer_recipe"].recipe == recipe
    assert ladder["transformer_recipe_beam"].recipe.decoding == DecodingConfig(beam=5)
    for rung in ladder.values():
        assert rung.recipe.text == recipe.text
        assert rung.recipe.training.widths == recipe.training.widths
        assert rung.recipe.training.batch_tokens == recipe.training.batch_tokens


def test_published_figures_name_their_source():
    for corpus, published in ladders.PUBLISHED.items():
        assert corpus in ladders.LADDERS
        for other in published:
            assert other.address.startswith("https://github.com/")
            assert 0 < other.tokenized_bleu < 100 < other.parameters

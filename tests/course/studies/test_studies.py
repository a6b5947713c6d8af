import dataclasses

import keras
import pytest
from keras.src.backend.common import global_state

from keras_transformer.course import studies
from keras_transformer.translation.recipes import RECIPES, DecodingConfig


def parameters(recipe):
    vocabularies = (recipe.text.vocabulary_size,) * 2
    with keras.StatelessScope():  # in it variables have shapes, and values at its end
        model = recipe.model.make(*vocabularies, recipe.text, recipe.training)
        model.build()
        global_state.set_global_attribute("uninitialized_variables", [])
        return model.count_params()


@pytest.mark.parametrize("corpus", studies.STUDIES)
def test_the_models_of_a_study_get_the_same_budget(corpus):
    variants = studies.STUDIES[corpus].values()
    recipes = [variant.recipe for variant in variants if variant.compared]
    assert len({(r.corpus, r.text, r.training, r.decoding) for r in recipes}) == 1


@pytest.mark.parametrize("corpus", studies.STUDIES)
def test_a_budget_of_its_own_is_said_in_the_title(corpus):
    study = studies.STUDIES[corpus]
    (common,) = {r.recipe.training.epochs for r in study.values() if r.compared}
    for name, variant in study.items():
        own = variant.recipe.training.epochs
        if name in studies.TRICKS:
            assert own == common and studies.TRICKS[name][0] in variant.title
        elif not variant.compared:
            assert f"{own} passes instead of {common}" in variant.title


def test_a_trick_is_all_that_its_variant_leaves_out():
    whole = studies.variant("phrasebook", "transformer").recipe
    for name, (_, measures, training) in studies.TRICKS.items():
        variant = studies.variant("phrasebook", name)
        assert variant.recipe == studies.changed(whole, **measures, **training)
        assert variant.recipe != whole
        assert variant.compared == (not training)  # no dropout is a model of its own


@pytest.mark.parametrize("corpus", studies.STUDIES)
def test_what_is_not_trained_differs_in_decoding_only(corpus):
    study = studies.STUDIES[corpus]
    for name, variant in study.items():
        if variant.trained_by:
            trainer = study[variant.trained_by]
            assert not trainer.trained_by
            assert variant.recipe.decoding != trainer.recipe.decoding
            same = dataclasses.replace(variant.recipe, decoding=trainer.recipe.decoding)
            assert same == trainer.recipe
            assert studies.sharing(corpus, name)[0] == variant.trained_by


def test_variants_share_weights_only_where_they_say_so():
    assert studies.sharing("phrasebook", "soft_dot") == ["soft_dot"]
    family = ["transformer_recipe", "transformer_recipe_beam"]
    assert all(studies.sharing("multi30k-de-en", name) == family for name in family)
    with pytest.raises(ValueError, match=r"has the variants .* got 'nope'"):
        studies.sharing("phrasebook", "nope")


def test_the_recurrent_models_of_the_phrasebook_have_equal_size():
    sizes = {
        name: parameters(variant.recipe)
        for name, variant in studies.STUDIES["phrasebook"].items()
        if variant.recipe.model.kind == "recurrent" and not name[-1].isdecimal()
    }
    assert max(sizes.values()) < 1.01 * min(sizes.values()), sizes


def test_all_models_of_multi30k_have_the_size_of_the_recipe_s():
    wanted = parameters(RECIPES["multi30k-de-en"])
    # One of each measure: what only weighs or decodes otherwise has as many.
    models = {
        variant.recipe.model: variant.recipe
        for name, variant in studies.STUDIES["multi30k-de-en"].items()
        if "hard" not in name and "head" not in name
    }
    sizes = [parameters(recipe) for recipe in models.values()]
    assert all(0.97 * wanted < size < 1.03 * wanted for size in sizes), sizes


def test_the_study_of_multi30k_has_the_recipe_and_its_tokens():
    study = studies.STUDIES["multi30k-de-en"]
    recipe = RECIPES["multi30k-de-en"]
    assert study["transformer_recipe"].recipe == recipe
    assert study["transformer_recipe_beam"].recipe.decoding == DecodingConfig(beam=5)
    for variant in study.values():
        assert variant.recipe.text == recipe.text
        assert variant.recipe.training.lengths == recipe.training.lengths
        assert variant.recipe.training.batch_tokens == recipe.training.batch_tokens


def test_published_figures_name_their_source():
    for corpus, published in studies.PUBLISHED.items():
        assert corpus in studies.STUDIES
        for other in published:
            assert other.address.startswith("https://github.com/")
            assert 0 < other.tokenized_bleu < 100 < other.parameters

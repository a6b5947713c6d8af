import dataclasses
import json
import typing

import numpy as np
import pytest

from keras_transformer.attention import (
    Entmax,
    LearnedTemperature,
    QueryKeyNorm,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Sparsemax,
    TopK,
)
from keras_transformer.corpora import registry
from keras_transformer.decoding import Beam, Greedy
from keras_transformer.models.position_kinds import POSITIONS
from keras_transformer.translation.model_configs import RecurrentConfig
from keras_transformer.translation.recipes import (
    RECIPES,
    DecodingConfig,
    Recipe,
    TransformerConfig,
)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_makes_its_model(name):
    recipe = RECIPES[name]
    sizes = (recipe.text.vocabulary_size,) * 2
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    config = model.get_config()
    for field, value in dataclasses.asdict(recipe.model).items():
        if field not in ("kind", "score", "weighting", "k", "num_key_value_heads"):
            assert config[field] == value
    assert config["share_embeddings"] == recipe.text.shared
    assert config["seed"] == recipe.training.seed
    assert model.dtype_policy.name == recipe.training.precision
    assert len(model.encoder.blocks) == recipe.model.num_layers


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_comes_back_from_json(name):
    recipe = RECIPES[name]
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert hash(again) == hash(recipe)  # tuples, not lists


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_a_registered_corpus(name):
    corpus = RECIPES[name].corpus
    assert registry.entry(corpus).name == corpus


@pytest.mark.parametrize("name", RECIPES)
def test_the_batches_of_every_recipe_have_room(name):
    training = RECIPES[name].training
    assert list(training.lengths) == sorted(set(training.lengths))
    assert training.batch_tokens >= training.lengths[-1]
    assert training.epochs % training.score_every == 0


def test_recipes_and_their_collection_cannot_be_changed():
    with pytest.raises(TypeError):
        RECIPES["smoke"] = Recipe()
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPES["smoke"].model.width = 5


def test_a_missing_field_has_its_default():
    recipe = Recipe.from_dict({"model": {"width": 64}})
    assert recipe == Recipe(model=TransformerConfig(width=64))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": 1}, "a Recipe has the fields corpus, text, .* got colour"),
        ({"model": {"width": 8, "girth": 2}}, "a TransformerConfig has .* got girth"),
        ({"training": {"a": 1, "b": 2}}, "a TrainingConfig has .* got a, b"),
        ({"model": {"kind": "cnn"}}, "kinds of model are transformer, recurrent, got"),
        ({"model": 5}, "a model is written as an object, got 5"),
        ([1, 2], r"a Recipe is written as an object, got \[1, 2\]"),
        ({"training": {"epochs": 0}}, "epochs must be at least 1, got 0"),
        ({"decoding": {"beam": 0}}, "beam must be at least 1 .* got beam=0"),
        ({"decoding": {"length_penalty": -1}}, "at least 0, got .* length_penalty=-1"),
    ],
)
def test_a_recipe_of_another_version_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Recipe.from_dict(values)


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_recipe_chooses_how_its_transformer_attends(positions):
    config = TransformerConfig(
        width=12,
        num_layers=1,
        num_heads=3,
        hidden_width=5,
        head_gates=True,
        positions=positions,
        score="additive",
        num_key_value_heads=1,
    )
    recipe = RECIPES["smoke"]
    model = config.make(17, 17, recipe.text, recipe.training)
    model.build()
    (block,) = model.encoder.blocks
    attention = block.self_attention
    assert type(attention.attention.score).__name__ == "Additive"
    assert attention.attention.score.units == 4
    assert attention.num_key_value_heads == 1
    assert attention.head_gates and block.cross_attention is None
    assert model.decoder.blocks[0].cross_attention.head_gates
    assert model.positions == positions


def test_every_name_of_positions_is_known_to_the_recipes():
    named = typing.get_type_hints(TransformerConfig)["positions"]
    assert set(typing.get_args(named)) == set(POSITIONS)


@pytest.mark.parametrize("kind", [TransformerConfig, RecurrentConfig])
@pytest.mark.parametrize(
    ("field", "name", "made"),
    [
        ("score", "soft_cap", SoftCap),
        ("score", "query_key_norm", QueryKeyNorm),
        ("score", "learned_temperature", LearnedTemperature),
        ("weighting", "sink", SinkSoftmax),
        ("weighting", "off_by_one", SinkSoftmax),
        ("weighting", "sigmoid", Sigmoid),
        ("weighting", "sparsemax", Sparsemax),
        ("weighting", "entmax", Entmax),
        ("weighting", "top_k", TopK),
    ],
)
def test_a_recipe_names_scores_and_weightings(kind, field, name, made):
    recipe = RECIPES["smoke"]
    small = {"width": 12, "num_layers": 1, "num_heads": 3, "hidden_width": 5}
    small = small if kind is TransformerConfig else {"width": 6, "units": 10}
    config = kind(**{**small, field: name})
    model = config.make(17, 17, recipe.text, recipe.training)
    ids = np.array([[5, 6, 7, 2], [8, 2, 0, 0]])
    assert np.isfinite(model({"source": ids, "target": ids})).all()
    if kind is TransformerConfig:
        attention = model.decoder.blocks[0].cross_attention.attention
    else:
        attention = model.decoder.attention
    assert type(getattr(attention, field)) is made
    if name == "off_by_one":
        assert not attention.weighting.learned


def test_a_recipe_chooses_how_its_recurrent_model_looks():
    recipe = RECIPES["smoke"]
    for config, score, weighting in (
        (RecurrentConfig(units=6), "ScaledDot", "Softmax"),
        (
            RecurrentConfig(units=6, score="linear", weighting="top_k", k=2),
            "Linear",
            "TopK",
        ),
        (RecurrentConfig(units=6, weighting="gumbel"), "ScaledDot", "Sampled"),
    ):
        model = config.make(17, 17, recipe.text, recipe.training)
        assert type(model.attention.score).__name__ == score
        assert type(model.attention.weighting).__name__ == weighting
        assert config.draws is False
        again = Recipe.from_dict(Recipe(model=config).to_dict())
        assert again.model == config
    assert RecurrentConfig(weighting="reinforce").draws
    assert (
        RecurrentConfig(context="start")
        .make(17, 17, recipe.text, recipe.training)
        .attention
        is None
    )


def test_a_recipe_chooses_how_its_translator_searches():
    assert DecodingConfig().method == Greedy()
    assert DecodingConfig(length_penalty=2.0).method == Greedy()
    assert DecodingConfig(beam=4, length_penalty=0.8).method == Beam(4, 0.8)


def test_a_recipe_from_before_there_were_beams_decodes_greedily():
    values = Recipe().to_dict()
    del values["decoding"]["beam"], values["decoding"]["length_penalty"]
    assert Recipe.from_dict(values) == Recipe()

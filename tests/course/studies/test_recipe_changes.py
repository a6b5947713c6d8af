import pytest

from keras_transformer.course.studies import recipe, variant
from keras_transformer.translation.model_configs import TransformerConfig


def test_a_setting_is_changed_wherever_it_stands():
    given = variant("phrasebook", "soft_dot").recipe
    new = recipe("soft_dot", epochs=2, width=64, vocabulary_size=500, beam=3)
    assert new.training.epochs == 2
    assert new.model.width == 64 and new.model.score == "dot"
    assert new.text.vocabulary_size == 500
    assert new.decoding.beam == 3
    back = recipe(
        "soft_dot",
        epochs=given.training.epochs,
        width=given.model.width,
        vocabulary_size=given.text.vocabulary_size,
        beam=given.decoding.beam,
    )
    assert back == given


def test_what_two_parts_have_is_changed_in_both():
    new = recipe("soft_dot", xla=False)
    assert not new.training.xla and not new.decoding.xla


def test_a_part_is_replaced_before_its_fields():
    new = recipe("soft_dot", model=TransformerConfig(num_layers=2), width=96)
    assert new.model == TransformerConfig(num_layers=2, width=96)


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValueError, match=r"a recipe has average, .* got depth, hight"):
        recipe("soft_dot", hight=3, depth=2)


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="epochs"):
        recipe("soft_dot", epochs=-1)


def test_an_unknown_variant_is_refused():
    with pytest.raises(ValueError, match="has the variants"):
        recipe("softest")

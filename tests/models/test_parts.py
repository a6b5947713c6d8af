"""Every score, weighting, position and grouping inside the Transformer."""

import functools

import block_oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Additive,
    Bilinear,
    Entmax,
    Linear,
    MultiHeadAttention,
    QueryKeyNorm,
    Sampled,
    SinkSoftmax,
    SoftCap,
    TopK,
)
from keras_transformer.laws import NotApplicable, check, laws_of
from keras_transformer.laws.kinds import describe
from keras_transformer.masks import causal_mask
from keras_transformer.models import Block, FeedForward, Stack, Transformer
from keras_transformer.positions import RelativePositionBias, RotaryPositions

SOURCE = np.array([[5, 6, 7, 8, 2], [9, 2, 0, 0, 0], [12, 3, 11, 2, 0]])
TARGET = np.array([[1, 4, 5, 6], [1, 10, 0, 0], [1, 7, 3, 0]])
IDS = {"source": SOURCE, "target": TARGET}
MECHANISMS = {
    "rotary": {"positions": "rotary"},
    "relative": {"positions": "relative", "max_length": 19},
    "no positions": {"positions": "none"},
    "one key/value head": {"num_key_value_heads": 1},
    "rotary, two key/value heads": {"positions": "rotary", "num_key_value_heads": 2},
    "bilinear": {"score": Bilinear()},
    "additive, top k": {"score": Additive(7), "weighting": TopK(2, renormalize=True)},
    "concat, sampled": {"score": Linear(), "weighting": Sampled(2, seed=3)},
    "alibi, sink": {"positions": "alibi", "weighting": SinkSoftmax()},
    "vectors, gates": {"positions": "vectors", "head_gates": True},
    "half rotary, cap": {"positions": "rotary_half", "score": SoftCap(3.0)},
    "QK-norm, entmax": {"score": QueryKeyNorm(), "weighting": Entmax()},
}
NEW = ("score", "weighting", "num_key_value_heads")
EACH = pytest.mark.parametrize("name", MECHANISMS)


def tiny(**changes):
    options = {
        "width": 48,
        "num_layers": 2,
        "num_heads": 6,
        "hidden_width": 7,
        "dropout": 0.0,
    }
    model = Transformer(17, 13, **(options | changes))
    model.build()
    # Positions, biases and gains that are not near nothing, so that they show.
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        noise = random.normal(0, 0.3, weight.shape)
        weight.assign(array(weight) + noise.astype("float32"))
    return model


@functools.cache
def with_mechanism(name):
    """A model that many tests read, and none changes."""
    return tiny(num_layers=1, seed=5, **MECHANISMS[name])


@functools.cache
def logits_with_mechanism(name):
    return array(with_mechanism(name)(IDS))


def array(tensor):
    return ops.convert_to_numpy(tensor)


def attentions(model):
    for block in (*model.encoder.blocks, *model.decoder.blocks):
        yield block.self_attention
        if block.cross_attention is not None:
            yield block.cross_attention


def obeys(layer):
    report = check(layer, like=layer, craft=True, show=False)
    assert report.ok, str(report)


@EACH
def test_cached_steps_equal_the_whole_sequence(name):
    model, whole = with_mechanism(name), logits_with_mechanism(name)
    state = model.start(SOURCE, 7)  # more room than tokens
    for t in range(TARGET.shape[1]):
        step, state = model.step(TARGET[:, t], state)
        np.testing.assert_allclose(array(step), whole[:, t], atol=1e-5)


@EACH
def test_a_model_with_the_mechanism_comes_back(name, tmp_path):
    model = with_mechanism(name)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_config() == model.get_config()
    assert np.array_equal(array(again(IDS)), logits_with_mechanism(name))


def test_a_config_of_before_there_were_mechanisms_is_read():
    config = tiny(num_heads=3).get_config()
    for name in NEW:
        assert config.pop(name) is None
    again = Transformer.from_config(config)
    assert again.get_config() == {**config, **dict.fromkeys(NEW)}


MODELS = {
    "rotary, grouped": {"positions": "rotary", "num_key_value_heads": 2},
    "relative, post-norm": {"positions": "relative", "norm": "post"},
    "no positions, additive, top k": {
        "positions": "none",
        "score": Additive(7),
        "weighting": TopK(2, renormalize=True),
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_with_the_mechanism_obeys_every_law(name):
    if keras.backend.backend() != "tensorflow" and name != "rotary, grouped":
        pytest.skip("each eager step is compiled there: one model is enough")
    sizes = {"width": 12, "num_layers": 1, "num_heads": 6, "hidden_width": 17}
    obeys(Transformer(11, 13, **sizes, dropout=0.0, **MODELS[name]))


def block(reads_memory=False, **options):
    return block_oracle.small(12, 6, 17, reads_memory, **options)


BLOCKS = {
    "encoder, rotary, grouped": lambda p: block(
        positions=RotaryPositions(), num_key_value_heads=2, dtype=p
    ),
    "decoder, rotary, one key/value head": lambda p: block(
        True, positions=RotaryPositions(), num_key_value_heads=1, dtype=p
    ),
    "encoder, relative": lambda p: block(positions=RelativePositionBias(6), dtype=p),
    "decoder, relative": lambda p: block(
        True, positions=RelativePositionBias(6, bidirectional=False), dtype=p
    ),
    "encoder, general": lambda p: block(score=Bilinear(), dtype=p),
    "decoder, additive": lambda p: block(True, score=Additive(7), dtype=p),
}


# A block does nothing by itself that depends on its precision: one half precision for
# each. Positions meet both, as those of an encoder and of a decoder, and so do scores;
# in MultiHeadAttention each meets both, in `tests/laws`.
HALVES = {
    name: f"mixed_{half}"
    for name, half in zip(
        BLOCKS,
        ("bfloat16", "float16", "float16", "bfloat16", "bfloat16", "float16"),
        strict=True,
    )
}


@pytest.mark.parametrize("half", [False, True], ids=["float32", "half"])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_with_the_mechanism_obeys_every_law(name, half):
    if keras.backend.backend() != "tensorflow" and "rotary" not in name:
        pytest.skip("the laws of the attention itself are run there as well")
    obeys(BLOCKS[name](HALVES[name] if half else "float32"))


def test_dropout_inside_the_parts_of_a_block_breaks_no_law():
    parts = MultiHeadAttention(6, 12, dropout=0.3), FeedForward(12, 17, dropout=0.3)
    obeys(Block(*parts, dropout=0.3))


def silent(layer, name):
    """What keeps a law from judging a layer."""
    kind, traits = describe(layer)
    law = {law.name: law for law in laws_of(kind, traits)}.get(name)
    if law is None:
        return "not asked"
    try:
        law(layer, kind=kind, traits=traits, like=layer)
    except NotApplicable as reason:
        return str(reason)
    return ""


def test_laws_of_order_judge_what_has_that_order_or_lacks_it():
    sets, order = "positions_without_order_are_a_set", "the_order_of_words_counts"
    aware = block(positions=RotaryPositions())
    assert silent(aware, sets) == silent(Stack([aware]), sets) == "not asked"
    assert silent(block(), sets) == ""
    sizes = {"width": 12, "num_layers": 1, "num_heads": 6, "hidden_width": 17}
    assert silent(Transformer(11, 13, **sizes, positions="none"), order) == "not asked"
    assert silent(Transformer(11, 13, **sizes), order) == ""


def test_one_pattern_gives_every_attention_a_matrix_of_its_own():
    score = Bilinear(keras.initializers.GlorotUniform(seed=3))
    model = Transformer(17, 13, 24, 2, 4, 7, score=score, seed=1)
    model.build()
    scores = [attention.attention.score for attention in attentions(model)]
    kernels = [array(score.kernel) for score in scores]
    assert len(kernels) == 2 + 2 * 2
    assert len({kernel.tobytes() for kernel in kernels}) == 6
    assert not score.built
    plain = Transformer(17, 13, 24, 2, 4, 7)
    plain.build()
    assert model.count_params() == plain.count_params() + 6 * 6 * 6


def test_one_pattern_gives_every_attention_draws_of_its_own():
    weighting = Sampled(2, seed=3)
    model, twin = (Transformer(17, 13, 24, 2, 4, 7, weighting=weighting) for _ in "ab")
    seeds = [[a.attention.weighting.seed for a in attentions(m)] for m in (model, twin)]
    assert len(set(seeds[0])) == 6
    assert seeds[0] == seeds[1]
    assert model.get_config()["weighting"]["config"]["seed"] == 3


def test_without_positions_the_order_of_the_source_does_not_count():
    swapped = {**IDS, "source": SOURCE[:, [2, 1, 0, 3, 4]]}
    moved = {}
    for name in ("no positions", "rotary", "relative", "bilinear"):
        model, before = with_mechanism(name), logits_with_mechanism(name)
        # Sentence 1 has two tokens, and its padding would be swapped in.
        moved[name] = np.abs((array(model(swapped)) - before)[[0, 2]]).max()
    assert moved.pop("no positions") < 1e-5
    assert min(moved.values()) > 1e-3


@pytest.mark.parametrize("positions", ["rotary", "relative"])
def test_distances_count_and_places_do_not(positions):
    model = with_mechanism(positions)
    shifted = np.pad(SOURCE, ((0, 0), (3, 0)))  # padding in front is hidden
    found = array(model({"source": shifted, "target": TARGET}))
    np.testing.assert_allclose(found, logits_with_mechanism(positions), atol=1e-5)


@pytest.mark.parametrize("positions", ["rotary", "relative", "vectors", "alibi"])
def test_the_cross_attention_sees_no_positions(positions):
    model = tiny(positions=positions, num_layers=1, max_length=19)
    (block,) = model.decoder.blocks
    random = np.random.default_rng(1)
    x, memory = random.normal(size=(2, 5, 48)), random.normal(size=(2, 7, 48))
    found = block(x, memory[:, ::-1], use_causal_mask=True)
    wanted = block(x, memory, use_causal_mask=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert block.cross_attention.positions is None
    assert block.self_attention.positions is not None


def test_the_decoder_spends_no_relative_bias_on_what_it_cannot_see():
    model = with_mechanism("relative")
    encoder, decoder = model.encoder.blocks[0], model.decoder.blocks[0]
    assert encoder.self_attention.positions.bidirectional
    assert not decoder.self_attention.positions.bidirectional
    assert {a.positions.max_distance for a in attentions(model) if a.positions} == {19}


def test_grouped_heads_cache_less():
    state = tiny(num_key_value_heads=2).start(SOURCE, 7)
    for past, memory in zip(state.past, state.memory, strict=True):
        assert past.key.shape == past.value.shape == (3, 2, 7, 8)
        assert memory.key.shape == memory.value.shape == (3, 2, 5, 8)


@EACH
def test_weights_are_reported_for_every_head(name):
    encoder, decoder, cross = map(array, with_mechanism(name).attention_weights(IDS))
    assert encoder.shape == (3, 1, 6, 5, 5)
    assert decoder.shape == (3, 1, 6, 4, 4)
    assert cross.shape == (3, 1, 6, 4, 5)
    assert not encoder[1, ..., 2:].any() and not cross[1, ..., 2:].any()
    assert not decoder[..., ~array(causal_mask(4))[0]].any()
    if "sampled" not in name and "sink" not in name:
        np.testing.assert_allclose(encoder.sum(-1), 1.0, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"num_key_value_heads": 4}, "num_key_value_heads=4, num_heads=6"),
        ({"positions": "rotary", "width": 30}, "need an even width, got width=5"),
        ({"positions": "relative", "max_length": 8}, "must exceed 8"),
    ],
)
def test_mechanisms_that_do_not_fit_are_refused(changes, rule):
    with pytest.raises(ValueError, match=rule):
        tiny(**changes)

"""Blocks against a re-implementation in NumPy, in float64, and their masks."""

import json

import block_oracle as oracle
import keras
import numpy as np
import pytest
from block_oracle import (
    HEADS,
    HIDDEN,
    WIDTH,
    B,
    S,
    T,
    array,
    normal,
    randomise,
    small,
    source_mask,
    target_mask,
)
from keras import ops, tree

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.attention.cache import allocate, own_past
from keras_transformer.masks import causal_mask
from keras_transformer.models import Block, FeedForward, Transformer
from keras_transformer.positions import RotaryPositions

SIZES = (WIDTH, HEADS, HIDDEN)
NORMS = pytest.mark.parametrize("norm", ["pre", "post"])


def ready(reads_memory=False, **options):
    block = small(*SIZES, reads_memory, **options)
    memory = (None, None, WIDTH) if reads_memory else None
    block.build((None, None, WIDTH), memory)
    return randomise(block)


@NORMS
def test_an_encoder_block_equals_its_equations(norm):
    block, x = ready(norm=norm), normal(B, S, WIDTH)
    expected, expected_weights = oracle.encoder_block(
        block, np.float64(x), source_mask()
    )
    output, weights = block(x, attention_mask=source_mask(), return_weights=True)
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)
    (found,) = weights.values()
    np.testing.assert_allclose(array(found), expected_weights, atol=2e-5)


@NORMS
def test_a_decoder_block_equals_its_equations(norm):
    block = ready(reads_memory=True, norm=norm)
    x, memory = normal(B, T, WIDTH), normal(B, S, WIDTH, seed=2)
    expected = oracle.decoder_block(
        block, np.float64(x), np.float64(memory), target_mask(), source_mask()
    )
    output = block(x, memory, causal_mask(T), source_mask())
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)


@NORMS
def test_without_a_second_attention_it_is_a_block_of_a_language_model(norm):
    block, x = ready(norm=norm), normal(B, T, WIDTH)
    expected, _ = oracle.encoder_block(block, np.float64(x), target_mask())
    output = block(x, use_causal_mask=True)
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)


@pytest.mark.parametrize("positions", [None, "rotary"])
@NORMS
def test_cached_steps_of_a_language_model_equal_the_whole_sequence(norm, positions):
    sizes = (12, 2, HIDDEN)
    own = {} if positions is None else {"positions": RotaryPositions()}
    block = small(*sizes, norm=norm, **own)
    x = normal(B, T, 12)
    whole = array(block(x, use_causal_mask=True))
    past = allocate(B, 2, T + 2, 6, "float32")  # more room than tokens
    for t in range(T):
        output, past = block.step(x[:, t : t + 1], past, t)
        np.testing.assert_allclose(array(output)[:, 0], whole[:, t], atol=1e-5)


def test_hypotheses_of_a_language_model_share_a_cache():
    block, x = small(12, 2, HIDDEN), normal(2 * B, 2, 12)
    block.build(x.shape)
    past = allocate(B, 2, 2 * 2, 6, "float32")
    alone = allocate(2 * B, 2, 2, 6, "float32")
    writers = np.tile(np.int32([[0, 0], [1, 1]]), (B, 1))
    for t in range(2):
        step = x[:, t : t + 1]
        wanted, alone = block.step(step, alone, t)
        found, past = block.step(step, past, t, own_past=own_past(writers, t, B))
        np.testing.assert_allclose(array(found), array(wanted), atol=1e-5)


def test_gradients_of_output_t_stop_at_input_t(gradient):
    block = small(*SIZES, reads_memory=True)
    # One sequence in many rows, each of which is asked for another output.
    x, memory = (
        np.repeat(normal(1, length, WIDTH, seed=seed), T, axis=0)
        for length, seed in ((T, 1), (S, 2))
    )
    asked = np.eye(T, dtype="float32")[..., None] * normal(WIDTH)
    block(x, memory)

    def output(x):
        return ops.sum(block(x, memory, causal_mask(T)) * asked)

    reached = np.abs(gradient(output, x)).max(axis=2) > 0
    assert reached.tolist() == np.tri(T, dtype=bool).tolist()


def test_gradients_reach_every_visible_source_position_and_no_hidden_one(gradient):
    block = small(*SIZES, reads_memory=True)
    x, memory = normal(1, T, WIDTH), normal(1, S, WIDTH, seed=2)
    block(x, memory)
    visible = np.array([[[True, True, False, True, False, False, True]]])

    def output(memory):
        result = block(x, memory, causal_mask(T), visible)
        return ops.sum(result * normal(T, WIDTH))

    reached = np.abs(gradient(output, memory)).max(axis=(0, 2)) > 0
    assert reached.tolist() == visible[0, 0].tolist()


# Implicit masks

IDS = np.array([[3, 4, 5, 0, 0], [1, 2, 3, 4, 5]])


def embedded(width=12):
    keras.utils.set_random_seed(5)
    x = keras.layers.Embedding(9, width, mask_zero=True)(IDS)
    return x, array(x), (IDS != 0)[:, None]


@NORMS
def test_the_mask_of_an_embedding_hides_padding(norm):
    x, bare, padding = embedded()
    block = small(12, 2, HIDDEN, norm=norm)
    wanted = array(block(bare, attention_mask=padding))
    assert np.array_equal(array(block(x)), wanted)
    assert np.array_equal(array(block(bare, mask=IDS != 0)), wanted)
    assert np.abs(array(block(bare)) - wanted)[0].max() > 1e-3


def test_the_mask_of_an_embedding_adds_to_an_explicit_one():
    x, bare, padding = embedded()
    block, causal = small(12, 2, HIDDEN), causal_mask(5)
    both = np.logical_and(array(causal), padding)
    wanted = array(block(bare, attention_mask=both))
    assert np.array_equal(array(block(x, attention_mask=causal)), wanted)
    assert np.array_equal(array(block(x, use_causal_mask=True)), wanted)


@NORMS
def test_the_mask_of_a_memory_hides_its_padding(norm):
    x, bare, padding = embedded()
    block = small(12, 2, HIDDEN, reads_memory=True, norm=norm)
    wanted = array(block(bare, bare, padding, padding))
    assert np.array_equal(array(block(x, x)), wanted)
    hidden = block(bare, bare, mask=IDS != 0, memory_mask=IDS != 0)
    assert np.array_equal(array(hidden), wanted)
    only_across = block(bare, bare, cross_attention_mask=padding)
    assert np.array_equal(array(block(bare, x)), array(only_across))


def test_the_mask_of_an_embedding_goes_on_to_the_next_layer():
    x, bare, padding = embedded()
    first, second = small(12, 2, HIDDEN), small(12, 2, HIDDEN)
    wanted = second(array(first(bare, attention_mask=padding)), attention_mask=padding)
    assert np.array_equal(array(second(first(x))), array(wanted))


def test_a_mask_of_another_shape_is_refused():
    block, x = small(12, 2, HIDDEN), normal(2, 5, 12)
    with pytest.raises(ValueError, match=r"must be \[b, t\], got a mask of shape \(2,"):
        block(x, mask=np.ones((2, 1, 5), bool))


# Rules


def test_a_memory_and_an_attention_that_reads_it_come_together():
    x = normal(1, T, WIDTH)
    with pytest.raises(ValueError, match="got a memory and cross_attention=None"):
        small(*SIZES)(x, x)
    with pytest.raises(ValueError, match="got no memory and cross_attention=<Multi"):
        small(*SIZES, reads_memory=True)(x)


def test_options_are_checked():
    parts = MultiHeadAttention(HEADS, WIDTH), FeedForward(WIDTH, HIDDEN)
    with pytest.raises(ValueError, match=r"norm must be one of .* got 'sandwich'"):
        Block(*parts, norm="sandwich")
    with pytest.raises(ValueError, match="a block of 2 sub-layers got 3 seeds"):
        Block(*parts, seed=[1, 2, 3])


def test_a_block_makes_do_with_any_layers_that_are_called_alike():
    class Mean(keras.layers.Layer):
        """The mean of what is visible, an attention without a weight."""

        def call(self, query, value, attention_mask=None, return_weights=False):
            weights = ops.cast(attention_mask, "float32")
            weights = weights / ops.sum(weights, -1, keepdims=True)
            output = ops.matmul(weights, value)
            return (output, weights[:, None]) if return_weights else output

    block = Block(Mean(), keras.layers.Dense(3, kernel_initializer="zeros"))
    x = np.array([[[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]], "float32")
    # Normalised, the rows are (-r, 0, r) and (r, 0, -r), r = √(3/2); their mean is 0.
    r = 1.5**0.5
    wanted = x + np.array([[-r, 0.0, r], [0.0, 0.0, 0.0]])
    output, weights = block(x, use_causal_mask=True, return_weights=True)
    np.testing.assert_allclose(array(output), wanted, atol=1e-5)
    found = array(weights["self_attention"])
    np.testing.assert_allclose(found, [[[[1.0, 0.0], [0.5, 0.5]]]])


@pytest.mark.parametrize("reads_memory", [False, True])
def test_a_block_comes_back_from_its_config(reads_memory):
    block = small(6, 3, 5, reads_memory, norm="post")
    again = Block.from_config(
        {**block.get_config(), "dropout": 0.25, "seed": 3, "name": "again"}
    )
    config = keras.saving.serialize_keras_object(again)
    third = keras.saving.deserialize_keras_object(config)
    assert third.get_config() == again.get_config()
    assert third.norm == "post" and third.dropout == 0.25 and third.seed == 3
    names = [*config["config"]][-8:]
    assert names == [
        "self_attention",
        "feed_forward",
        "cross_attention",
        "norm",
        "dropout",
        "seed",
        "normalization",
        "parallel",
    ]


def test_a_block_of_a_model_comes_back_from_its_config():
    model = Transformer(5, 5, 6, 1, 3, 5, dropout=0.5, seed=3)
    (block,) = model.decoder.blocks
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(block)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == block.get_config()
    assert again.cross_residual.seed == block.cross_residual.seed


def test_every_dropout_of_a_block_has_a_seed_of_its_own():
    block = small(6, 3, 5, reads_memory=True)
    block = Block.from_config({**block.get_config(), "dropout": 0.5, "seed": 3})
    residuals = (
        block.self_residual,
        block.cross_residual,
        block.feed_forward_residual,
    )
    assert len({residual.seed for residual in residuals}) == 3
    x, memory = normal(B, T, 6), normal(B, S, 6, seed=2)
    one = array(block(x, memory, training=True))
    twin = Block.from_config(block.get_config())
    twin.build(x.shape, memory.shape)
    for mine, theirs in zip(twin.weights, block.weights, strict=True):
        mine.assign(theirs.value)
    assert np.array_equal(array(twin(x, memory, training=True)), one)
    assert all(np.isfinite(leaf).all() for leaf in tree.flatten(one))

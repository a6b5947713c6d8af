"""Blocks in a row."""

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
    norm,
    normal,
    randomise,
    small,
    source_mask,
    target_mask,
)

from keras_transformer.models import Stack

SIZES = (WIDTH, HEADS, HIDDEN)


def pair(*sizes, **options):
    return Stack([small(*sizes, **options) for _ in "ab"])


@pytest.mark.parametrize("kind", ["pre", "post"])
def test_blocks_are_applied_in_turn_and_only_pre_norm_ends_with_a_norm(kind):
    encoder, decoder = pair(*SIZES, norm=kind), pair(*SIZES, True, norm=kind)
    source, target = normal(B, S, WIDTH), normal(B, T, WIDTH, seed=2)
    encoder.build(source.shape)
    decoder.build(target.shape, source.shape)
    randomise(encoder)
    randomise(decoder)
    memory = np.float64(source)
    for block in encoder.blocks:
        memory, _ = oracle.encoder_block(block, memory, source_mask())
    x = np.float64(target)
    if kind == "pre":
        memory = norm(encoder.final_norm, memory)
    for block in decoder.blocks:
        x = oracle.decoder_block(block, x, memory, target_mask(), source_mask())
    if kind == "pre":
        x = norm(decoder.final_norm, x)
    got = encoder(source, attention_mask=source_mask())
    np.testing.assert_allclose(array(got), memory, atol=2e-4, rtol=2e-4)
    output = decoder(
        target, got, cross_attention_mask=source_mask(), use_causal_mask=True
    )
    np.testing.assert_allclose(array(output), x, atol=5e-4, rtol=5e-4)


def test_a_stack_without_memory_is_a_language_model():
    stack, x = pair(12, 2, HIDDEN), normal(B, T, 12)
    whole = array(stack(x, use_causal_mask=True))
    past = stack.allocate(B, T, "float32")
    for t in range(T):
        output, past = stack.step(x[:, t : t + 1], past, t)
        np.testing.assert_allclose(array(output)[:, 0], whole[:, t], atol=1e-5)


def test_implicit_masks_reach_every_block():
    ids = np.array([[3, 4, 5, 0, 0], [1, 2, 3, 4, 5]])
    x = keras.layers.Embedding(9, 12, mask_zero=True)(ids)
    bare, padding = array(x), (ids != 0)[:, None]
    stack = pair(12, 2, HIDDEN)
    wanted = array(stack(bare, attention_mask=padding))
    assert np.array_equal(array(stack(x)), wanted)
    assert np.array_equal(array(stack(bare, mask=ids != 0)), wanted)
    decoder = pair(12, 2, HIDDEN, True)
    wanted = array(decoder(bare, bare, padding, padding))
    assert np.array_equal(array(decoder(x, x)), wanted)


def test_a_stack_asks_for_weights_only_when_asked_for_them():
    asked = []
    stack = Stack([small(6, 3, 7)])
    x = np.ones((1, 5, 6), "float32")
    stack(x)
    inner = stack.blocks[0].self_attention.attention
    call = inner.call

    def record(*arguments, return_weights=False, **keywords):
        asked.append(return_weights)
        return call(*arguments, return_weights=return_weights, **keywords)

    inner.call = record
    stack(x)
    stack(x, return_weights=True)
    assert asked == [False, True]


def test_a_stack_needs_a_block():
    with pytest.raises(ValueError, match="a stack needs at least one block, got none"):
        Stack([])


def test_a_stack_comes_back_from_its_config():
    stack = Stack([small(6, 3, 5, norm="post"), small(6, 1, 5)])
    config = keras.saving.serialize_keras_object(stack)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == stack.get_config()
    assert [block.norm for block in again.blocks] == ["post", "pre"]

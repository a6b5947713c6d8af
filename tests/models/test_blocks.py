"""Blocks against a re-implementation in NumPy, in float64.

Axes: b batch, t target position, s source position, h head, d width of a head.
"""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.masks import causal_mask
from keras_transformer.models import (
    Decoder,
    DecoderBlock,
    Encoder,
    EncoderBlock,
    FeedForward,
    Residual,
)

B, S, T, HEADS, WIDTH, HIDDEN = 3, 7, 5, 2, 22, 13


def array(tensor):
    return ops.convert_to_numpy(tensor)


def randomise(layer):
    """Biases and gains that are not 0 and 1, so that a forgotten one shows."""
    random = np.random.default_rng(3)
    for weight in layer.weights:
        if weight.dtype == "float32":
            weight.assign(random.normal(0, 0.5, weight.shape))
    return layer


def normal(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def dense(layer, x):
    kernel, bias = (array(w).astype("float64") for w in layer.weights)
    return x @ kernel + bias


def norm(layer, x):
    gain, bias = (array(w).astype("float64") for w in layer.weights)
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6) * gain + bias


def attention(layer, query, value, mask):
    def split(x):
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)

    q = split(dense(layer.query_projection, query))
    k = split(dense(layer.key_projection, value))
    v = split(dense(layer.value_projection, value))
    scores = np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(WIDTH / HEADS)
    scores = np.where(mask[:, None], scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    context = np.einsum("bhts,bhsd->bthd", weights, v)
    merged = context.reshape(*query.shape[:2], -1)
    return dense(layer.output_projection, merged), weights


def feed_forward(layer, x):
    hidden = np.maximum(dense(layer.hidden, x), 0.0)
    return dense(layer.output_projection, hidden)


def sublayer(residual, x, function):
    if residual.norm == "pre":
        return x + function(norm(residual.normalization, x))
    return norm(residual.normalization, x + function(x))


def encoder_block(block, x, mask):
    seen = {}

    def attend(x):
        output, seen["weights"] = attention(block.attention, x, x, mask)
        return output

    x = sublayer(block.attention_residual, x, attend)
    x = sublayer(
        block.feed_forward_residual, x, lambda x: feed_forward(block.feed_forward, x)
    )
    return x, seen["weights"]


def decoder_block(block, x, memory, mask, memory_mask):
    def look_back(x):
        return attention(block.self_attention, x, x, mask)[0]

    def look_across(x):
        return attention(block.cross_attention, x, memory, memory_mask)[0]

    x = sublayer(block.self_residual, x, look_back)
    x = sublayer(block.cross_residual, x, look_across)
    return sublayer(
        block.feed_forward_residual, x, lambda x: feed_forward(block.feed_forward, x)
    )


def source_mask():
    mask = np.ones((B, 1, S), bool)
    mask[0, 0, 5:] = mask[1, 0, 2:] = False
    return mask


def target_mask():
    return np.tril(np.ones((1, T, T), bool))


@pytest.mark.parametrize("kind", ["pre", "post"])
def test_an_encoder_block_equals_its_equations(kind):
    block = EncoderBlock(WIDTH, HEADS, HIDDEN, norm=kind)
    x = normal(B, S, WIDTH)
    block.build(x.shape)
    randomise(block)
    expected, expected_weights = encoder_block(block, np.float64(x), source_mask())
    output, weights = block(x, source_mask(), return_weights=True)
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)
    np.testing.assert_allclose(array(weights), expected_weights, atol=2e-5)


@pytest.mark.parametrize("kind", ["pre", "post"])
def test_a_decoder_block_equals_its_equations(kind):
    block = DecoderBlock(WIDTH, HEADS, HIDDEN, norm=kind)
    x, memory = normal(B, T, WIDTH), normal(B, S, WIDTH, seed=2)
    block.build(x.shape, memory.shape)
    randomise(block)
    expected = decoder_block(
        block, np.float64(x), np.float64(memory), target_mask(), source_mask()
    )
    output = block(x, memory, causal_mask(T), source_mask())
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)


@pytest.mark.parametrize("kind", ["pre", "post"])
def test_stacks_apply_their_blocks_in_turn_and_only_pre_norm_ends_with_a_norm(kind):
    encoder = Encoder([EncoderBlock(WIDTH, HEADS, HIDDEN, norm=kind) for _ in "ab"])
    decoder = Decoder([DecoderBlock(WIDTH, HEADS, HIDDEN, norm=kind) for _ in "ab"])
    source, target = normal(B, S, WIDTH), normal(B, T, WIDTH, seed=2)
    encoder.build(source.shape)
    decoder.build(target.shape, source.shape)
    randomise(encoder)
    randomise(decoder)
    memory = np.float64(source)
    for block in encoder.blocks:
        memory, _ = encoder_block(block, memory, source_mask())
    x = np.float64(target)
    if kind == "pre":
        memory = norm(encoder.final_norm, memory)
    for block in decoder.blocks:
        x = decoder_block(block, x, memory, target_mask(), source_mask())
    if kind == "pre":
        x = norm(decoder.final_norm, x)
    got = encoder(source, source_mask())
    np.testing.assert_allclose(array(got), memory, atol=2e-4, rtol=2e-4)
    output = decoder(target, got, target_mask(), source_mask())
    np.testing.assert_allclose(array(output), x, atol=5e-4, rtol=5e-4)


def test_a_post_norm_residual_by_hand():
    # 1 + 3 and 3 + 1 are equal: nothing is left after the mean is taken off.
    layer = Residual(norm="post")
    x, y = np.array([[[1.0, 3.0]]], "float32"), np.array([[[3.0, 1.0]]], "float32")
    assert array(layer(x, y)).tolist() == [[[0.0, 0.0]]]
    assert array(layer.enter(x)).tolist() == x.tolist()


def test_a_pre_norm_residual_by_hand():
    layer = Residual(norm="pre", epsilon=0.0)
    x, y = np.array([[[1.0, 3.0]]], "float32"), np.array([[[3.0, 1.0]]], "float32")
    assert array(layer(x, y)).tolist() == [[[4.0, 4.0]]]
    np.testing.assert_allclose(array(layer.enter(x)), [[[-1.0, 1.0]]], atol=1e-6)


def test_a_feed_forward_network_by_hand():
    layer = FeedForward(width=1, hidden_width=2)
    layer.build((None, None, 1))
    for weight, value in zip(
        layer.weights, ([[1.0, -1.0]], [0.5, 0.5], [[2.0], [3.0]], [7.0]), strict=True
    ):
        weight.assign(value)
    # x = 2: relu(2.5), relu(-1.5) → 2·2.5 + 7; x = -4: 0, 4.5 → 3·4.5 + 7.
    x = np.array([[[2.0], [-4.0]]], "float32")
    assert array(layer(x)).tolist() == [[[12.0], [20.5]]]


def test_gradients_of_output_t_stop_at_input_t(gradient):
    decoder = Decoder([DecoderBlock(WIDTH, HEADS, HIDDEN) for _ in "ab"])
    # One sequence in many rows, each of which is asked for another output.
    x, memory = (
        np.repeat(normal(1, length, WIDTH, seed=seed), T, axis=0)
        for length, seed in ((T, 1), (S, 2))
    )
    asked = np.eye(T, dtype="float32")[..., None] * normal(WIDTH)
    decoder(x, memory)

    def output(x):
        return ops.sum(decoder(x, memory, causal_mask(T)) * asked)

    reached = np.abs(gradient(output, x)).max(axis=2) > 0
    assert reached.tolist() == np.tri(T, dtype=bool).tolist()


def test_gradients_reach_every_visible_source_position_and_no_hidden_one(gradient):
    decoder = Decoder([DecoderBlock(WIDTH, HEADS, HIDDEN)])
    x, memory = normal(1, T, WIDTH), normal(1, S, WIDTH, seed=2)
    decoder(x, memory)
    visible = np.array([[[True, True, False, True, False, False, True]]])

    def output(memory):
        result = decoder(x, memory, causal_mask(T), visible)
        return ops.sum(result * normal(T, WIDTH))

    reached = np.abs(gradient(output, memory)).max(axis=(0, 2)) > 0
    assert reached.tolist() == visible[0, 0].tolist()


def test_a_stack_needs_a_block():
    with pytest.raises(ValueError, match="an encoder needs at least one block"):
        Encoder([])
    with pytest.raises(ValueError, match="a decoder needs at least one block"):
        Decoder([])


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"norm must be one of .* got 'sandwich'"):
        EncoderBlock(WIDTH, HEADS, HIDDEN, norm="sandwich")
    with pytest.raises(ValueError, match=r"num_heads=3, width=22"):
        DecoderBlock(WIDTH, 3, HIDDEN)


@pytest.mark.parametrize(
    "layer",
    [
        Residual("post", 0.25, 1e-3, seed=5),
        FeedForward(7, 11, "gelu", 0.5, "he_normal", seed=3),
        EncoderBlock(6, 3, 5, 0.1, 0.2, 0.3, "post", "gelu", seed=2, name="e"),
        DecoderBlock(6, 3, 5, 0.1, 0.2, 0.3, "post", "gelu", seed=2, name="d"),
        Encoder([EncoderBlock(6, 3, 5, norm="post"), EncoderBlock(6, 1, 5)]),
        Decoder([DecoderBlock(6, 3, 5, norm="post"), DecoderBlock(6, 1, 5)]),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_comes_back_from_its_config(layer):
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()

"""Every kernel against attention with all scores at once, and against NumPy."""

import math
import types

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Additive,
    Attention,
    Bilinear,
    Dot,
    MultiHeadAttention,
    ScaledDot,
    TopK,
)
from keras_transformer.attention.kernels import choose, wide_blocks
from keras_transformer.attention.kernels.block import block_context
from keras_transformer.attention.kernels.fused import fits_fused, fused_attention
from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.masks import masked_softmax
from keras_transformer.positions import RelativePositionBias, RotaryPositions

# What stands before the query's axes, and before the key's.
LEADING = {
    "none": ((), ()),
    "batch": ((2,), (2,)),
    "heads": ((2, 3), (2, 3)),
    "grouped heads": ((2, 3, 2), (2, 3, 1)),
    "one key/value head": ((2, 3), (1, 1)),
}
MASKS = {
    "no mask": lambda before, t, s: None,
    "padding": lambda before, t, s: visible(1, s),
    "causal": lambda before, t, s: np.tri(t, s, dtype=bool),
    "each": lambda before, t, s: visible(*before, t, s),
    "of the first axis": lambda before, t, s: visible(
        *before[:1], *[1] * len(before[1:]), t, s
    ),
}


def visible(*shape):
    mask = oracle.numbers(*shape, seed=4) > 0
    if len(shape) > 1 and shape[-2] > 1:
        mask[..., 2, :] = False  # a query that sees nothing
    return mask


def all_at_once(query, key, value, mask):
    scores = ops.einsum("...td,...sd->...ts", query, key)
    return ops.einsum("...ts,...sv->...tv", masked_softmax(scores, mask), value)


def in_numpy(query, key, value, mask):
    query, key, value = (x.astype("float64") for x in (query, key, value))
    shares = np.exp(query @ np.swapaxes(key, -1, -2))
    shares = shares if mask is None else np.where(mask, shares, 0.0)
    return shares @ value / np.maximum(shares.sum(-1, keepdims=True), 1e-300)


def inputs(leading, t=5, s=4, v=11):
    before, before_key = LEADING[leading]
    query = oracle.numbers(*before, t, 3)
    key = oracle.numbers(*before_key, s, 3, seed=1)
    return before, (query, key, oracle.numbers(*before_key, s, v, seed=2))


def fused(*arguments):
    """As the others; of all queries at once."""
    return fused_attention(*arguments[:4])


def fits(before, before_key):
    return fits_fused((*before, 5, 3), (*before_key, 4, 3), (*before_key, 4, 3))


def value_width(kernel):
    """Another than that of the keys, where that may be."""
    return 3 if kernel is fused else 11


@pytest.fixture(params=[attention_in_blocks, attention_in_wide_blocks, fused])
def kernel(request):
    return request.param


@pytest.fixture(params=[attention_in_blocks, attention_in_wide_blocks])
def blocks(request):
    return request.param


def scores_of(blocks, before, scores):
    """So many scores of a head, as each of them counts."""
    return scores * (math.prod(before) if blocks is attention_in_wide_blocks else 1)


CASES = [
    (blocks, leading, mask)
    for blocks in (attention_in_blocks, attention_in_wide_blocks, fused)
    for leading in LEADING
    for mask in MASKS
    # Every mask meets every kind of heads in one of them; wide ones treat them apart.
    if blocks is attention_in_blocks
    or (blocks is fused and fits(*LEADING[leading]))
    or (
        (blocks is attention_in_wide_blocks)
        and (leading == "grouped heads" or mask == "each")
    )
]


@pytest.mark.parametrize(("blocks", "leading", "mask"), CASES)
def test_no_kernel_changes_context_or_gradient(blocks, leading, mask, gradient):
    before, arguments = inputs(leading, v=value_width(blocks))
    mask = MASKS[mask](before, 5, 4)
    probe = oracle.numbers(*before, 5, arguments[2].shape[-1], seed=3)

    def in_blocks(*arguments):
        # 12 scores: 3 of the 5 queries at once, so that the last block is filled up.
        return blocks(*arguments, mask, scores_of(blocks, before, 12))

    def at_once(*arguments):
        return all_at_once(*arguments, mask)

    found = in_blocks(*arguments)
    wanted = at_once(*(ops.convert_to_tensor(x) for x in arguments))
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(found, in_numpy(*arguments, mask), atol=1e-5)
    ends = np.cumsum([x.size for x in arguments])[:-1]

    def total(numbers, function):
        parts = zip(ops.split(numbers, ends), arguments, strict=True)
        return ops.sum(function(*(ops.reshape(p, x.shape) for p, x in parts)) * probe)

    every = np.concatenate([x.ravel() for x in arguments])
    found, wanted = (
        gradient(lambda x, f=f: total(x, f), every) for f in (in_blocks, at_once)
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("scores_at_once", [1, 4, 8, 19, 20, 1000])
def test_the_size_of_a_block_changes_nothing(scores_at_once, blocks):
    before, arguments = inputs("batch")
    mask = MASKS["each"](before, 5, 4)
    found = blocks(*arguments, mask, scores_of(blocks, before, scores_at_once))
    wanted = all_at_once(*(ops.convert_to_tensor(x) for x in arguments), mask)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_wide_block_has_no_more_scores_than_it_may(monkeypatch):
    _, (query, key, value) = inputs("grouped heads")  # 12 heads, 4 keys
    seen = set()

    def record(query, key, value, mask):
        seen.add(math.prod(query.shape[:-1]) * key.shape[-2])
        return block_context(query, key, value, mask)

    monkeypatch.setattr(wide_blocks, "block_context", record)
    for at_once in (1, 100, 240):
        attention_in_wide_blocks(query, key, value, scores_at_once=at_once)
    # One, two and all five queries of each head.
    assert seen == {48, 96, 240}


def test_a_query_with_no_visible_key_yields_zero_and_finite_gradients(kernel, gradient):
    _, (query, key, value) = inputs("batch", v=value_width(kernel))
    mask = np.zeros((1, 4), bool)
    assert not np.asarray(
        ops.convert_to_numpy(kernel(query, key, value, mask, 12))
    ).any()

    def total(key):
        return ops.sum(kernel(query, key, value, mask, 12))

    assert not gradient(total, key).any()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_that_of_all_at_once(dtype, kernel, gradient):
    before, arguments = inputs("batch", t=67, s=61, v=value_width(kernel))
    mask = np.tri(67, 61, dtype=bool)
    mask[3] = False

    def total(value, function):
        query, key = (ops.cast(x, dtype) for x in arguments[:2])
        found = function(query, key, ops.cast(value, dtype), mask)
        assert keras.backend.standardize_dtype(found.dtype) == dtype
        return ops.sum(ops.cast(found, "float32") ** 2)

    def in_blocks(*arguments):
        return kernel(*arguments, scores_of(kernel, before, 610))

    found, wanted = (
        gradient(lambda x, f=f: total(x, f), arguments[2])
        for f in (in_blocks, all_at_once)
    )
    assert np.isfinite(found).all()
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found / scale, wanted / scale, atol=0.02)


def test_kernels_compile_to_the_same(kernel, compiled):
    before, arguments = inputs("grouped heads", v=value_width(kernel))
    mask, size = MASKS["each"](before, 5, 4), scores_of(kernel, before, 12)
    program = compiled(lambda q, k, v: kernel(q, k, v, mask, size))
    found = program(*(ops.convert_to_tensor(x) for x in arguments))
    wanted = kernel(*arguments, mask, size)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.fixture
def taken(monkeypatch):
    """From 20 pairs on; returns what was computed in blocks."""
    seen = []

    def record(*arguments):
        seen.append(arguments)
        return attention_in_blocks(*arguments, scores_at_once=15)

    monkeypatch.setattr(choose, "MANY_SCORES", 20)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 20)
    monkeypatch.setattr(choose, "_brings_a_kernel", lambda query: False)
    monkeypatch.setattr(choose, "attention_in_blocks", record)
    return seen


def test_a_gpu_is_given_blocks_of_all_heads(monkeypatch):
    seen = []

    def record(*arguments):
        seen.append(arguments)
        return attention_in_wide_blocks(*arguments, scores_at_once=60)

    monkeypatch.setattr(choose, "attention_in_wide_blocks", record)
    monkeypatch.setattr(choose, "MANY_SCORES_OF_ALL_HEADS", 119)
    monkeypatch.setattr(choose, "_brings_a_kernel", lambda query: False)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    _, (query, key, value) = inputs("heads")  # 2 · 3 · 5 · 4 = 120 scores
    layer, mask = Attention(), visible(2, 1, 5, 4)
    found = layer(query, value, key, attention_mask=mask)
    assert len(seen) == 1
    wanted, _ = layer(query, value, key, attention_mask=mask, return_weights=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    layer(query[:1], value[:1], key[:1])
    assert len(seen) == 1  # half as many


@pytest.mark.parametrize("score", [Dot, ScaledDot, Bilinear])
def test_long_inputs_are_attended_to_in_blocks(score, taken):
    layer = Attention(score(), dropout=0.5)
    _, (query, key, value) = inputs("batch")
    mask = visible(2, 5, 4)
    found = layer(query, value, key, attention_mask=mask, training=False)
    assert len(taken) == 1
    wanted, _ = layer(query, value, key, attention_mask=mask, return_weights=True)
    assert len(taken) == 1
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("parts", "call"),
    [
        ({"score": Additive(3)}, {}),
        ({"weighting": TopK(2)}, {}),
        ({"dropout": 0.5}, {"training": True}),
        ({}, {"return_weights": True}),
        ({}, {"score_bias": np.ones((5, 4), "float32")}),
        ({"score": ScaledDot(dtype="float32"), "dtype": "float16"}, {}),
    ],
)
def test_what_blocks_cannot_do_is_computed_at_once(parts, call, taken):
    _, (query, key, value) = inputs("batch")
    Attention(**parts)(query, value, key, **call)
    assert not taken


def test_short_inputs_are_computed_at_once(taken):
    _, (query, key, value) = inputs("batch", t=4, s=4)
    Attention()(query, value, key)
    assert not taken


@pytest.mark.parametrize("groups", [None, 2, 1])
def test_heads_attend_in_blocks(groups, taken, gradient):
    layer = MultiHeadAttention(
        6, 12, positions=RotaryPositions(), num_key_value_heads=groups
    )
    x = oracle.numbers(2, 5, 12)
    mask = np.tri(5, dtype=bool)[None]
    wanted, _ = layer(x, x, attention_mask=mask, return_weights=True)
    assert not taken
    np.testing.assert_allclose(layer(x, x, attention_mask=mask), wanted, atol=1e-5)

    def total(x, weights):
        found = layer(x, x, attention_mask=mask, return_weights=weights)
        return ops.sum((found[0] if weights else found) ** 2)

    in_blocks, at_once = (
        gradient(lambda x, w=w: total(x, w), x) for w in (False, True)
    )
    np.testing.assert_allclose(in_blocks, at_once, atol=1e-4)
    assert len(taken) == 2


def test_a_bias_by_distance_is_computed_at_once(taken):
    layer = MultiHeadAttention(6, 12, positions=RelativePositionBias(6, 6, 4))
    x = oracle.numbers(2, 5, 12)
    layer(x, x)
    assert not taken


def test_shapes_are_told_before_lengths_are_known(taken):
    layer = MultiHeadAttention(6, 12)
    for length in (None, 5):
        inputs = keras.Input((length, 12))
        model = keras.Model(inputs, layer(inputs, inputs))
        assert model.output_shape == (None, length, 12)
        x = oracle.numbers(2, 5, 12)
        wanted, _ = layer(x, x, return_weights=True)
        np.testing.assert_allclose(model.predict(x, verbose=0), wanted, atol=1e-5)


@pytest.mark.parametrize("weights", [False, True])
def test_hidden_keys_may_be_anything_on_every_path(weights, monkeypatch):
    monkeypatch.setattr(choose, "MANY_SCORES", 1)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 1)
    _, (query, key, value) = inputs("heads")
    mask = np.array([True, True, False, True])
    wanted = Attention()(query, value, key, value_mask=mask)
    key, value = key.copy(), value.copy()
    key[..., 2, :], value[..., 2, :] = np.nan, np.inf
    found = Attention()(query, value, key, value_mask=mask, return_weights=weights)
    found = found[0] if weights else found
    wanted, found = (ops.convert_to_numpy(x) for x in (wanted, found))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others know it")
def test_the_choice_sees_whether_xla_compiles():
    import tensorflow as tf

    x = tf.ones((1, 512, 2))
    told = []

    def ask(x):
        told.append(choose.kernel_for(x, x, x))
        tf.while_loop(lambda i: i < 1, inside, [0])
        return x

    def inside(i):
        told.append(choose.kernel_for(x + tf.cast(i, "float32"), x, x))
        return [i + 1]

    ask(x)
    tf.function(ask)(x)
    tf.function(ask, jit_compile=True)(x)
    assert told == [None] * (2 + 2) + [attention_in_blocks] * 2


def chosen(monkeypatch, backend, device, dtype, shape):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(choose, "accelerated", lambda: device == "gpu")
    monkeypatch.setattr(choose, "only_shapes", lambda tensor: False)
    x = types.SimpleNamespace(shape=shape, dtype=dtype)
    return choose.kernel_for(x, x, x)


@pytest.mark.parametrize(
    ("backend", "device", "dtype", "shape", "kernel"),
    [
        ("torch", "cpu", "float32", (2, 8, 5, 64), fused_attention),
        ("torch", "gpu", "bfloat16", (2, 8, 5, 64), fused_attention),
        ("torch", "cpu", "float64", (2, 8, 5, 64), None),
        ("torch", "cpu", "float32", (5, 64), None),
        ("jax", "gpu", "bfloat16", (1, 8, 8192, 64), fused_attention),
        ("jax", "gpu", "float32", (1, 8, 8192, 64), attention_in_wide_blocks),
        ("jax", "gpu", "float32", (1, 8, 128, 64), None),
        ("jax", "cpu", "bfloat16", (1, 8, 512, 64), attention_in_blocks),
        ("jax", "cpu", "float32", (1, 8, 511, 64), None),
        ("tensorflow", "gpu", "bfloat16", (1, 8, 128, 64), None),
        ("tensorflow", "cpu", "float32", (1, 8, 1024, 64), attention_in_blocks),
        ("tensorflow", "cpu", "float32", (1, 8, 1023, 64), None),
        ("tensorflow", "cpu", "float32", (1, 8, None, 64), None),
    ],
)
def test_the_rule_of_choice(monkeypatch, backend, device, dtype, shape, kernel):
    assert chosen(monkeypatch, backend, device, dtype, shape) is kernel

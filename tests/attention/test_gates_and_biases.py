"""A gate for each head, a bias of one call, and hypotheses beside each other."""

import re

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import MultiHeadAttention, SinkSoftmax, SoftCap
from keras_transformer.attention.cache import KeyValueCache, own_past
from keras_transformer.masks import causal_mask
from keras_transformer.positions import (
    AlibiPositions,
    PairBias,
    RelativePositionBias,
    RelativeVectors,
    RotaryPositions,
)

HEADS, WIDTH = 6, 12
SIZE = WIDTH // HEADS


def built(**options):
    layer = MultiHeadAttention(HEADS, WIDTH, **options)
    layer.build((None, None, WIDTH), (None, None, WIDTH))
    for number, weight in enumerate(layer.trainable_weights):
        weight.assign(oracle.numbers(*weight.shape, seed=number) / 3)
    return layer


@pytest.mark.parametrize("groups", [None, 2])
def test_a_head_is_multiplied_by_its_gate(groups):
    layer = built(head_gates=True, num_key_value_heads=groups)
    ungated = built(num_key_value_heads=groups)
    ungated.set_weights(layer.get_weights()[:-2])
    for part in (layer, ungated):
        part.output_projection.set_weights([np.eye(WIDTH), np.zeros(WIDTH)])
    query, value = oracle.numbers(2, 5, WIDTH), oracle.numbers(2, 7, WIDTH)
    kernel, bias = (np.asarray(w, "float64") for w in layer.gates.get_weights())
    gates = 1 / (1 + np.exp(-query @ kernel - bias))
    wanted = np.asarray(ungated(query, value)) * np.repeat(gates, SIZE, -1)
    np.testing.assert_allclose(layer(query, value), wanted, atol=1e-5)
    _, weights = layer(query, value, return_weights=True)
    _, same = ungated(query, value, return_weights=True)
    np.testing.assert_array_equal(weights, same)


def test_a_gate_comes_back_from_its_config_and_is_trained(gradient):
    layer = built(head_gates=True)
    twin = MultiHeadAttention.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    twin.build((None, None, WIDTH), (None, None, WIDTH))
    twin.set_weights(layer.get_weights())
    x = oracle.numbers(2, 5, WIDTH)
    np.testing.assert_array_equal(twin(x, x), layer(x, x))
    assert layer.gates.kernel.path.endswith("gate/kernel")


@pytest.mark.parametrize("groups", [None, 2])
@pytest.mark.parametrize("positions", [None, AlibiPositions(HEADS)])
@pytest.mark.parametrize("leading", [(), (2,)])
def test_a_bias_of_one_call_is_added_to_the_scores(groups, positions, leading):
    layer = built(num_key_value_heads=groups, positions=positions)
    for projection in (layer.query_projection, layer.key_projection):
        projection.set_weights([np.zeros(w.shape) for w in projection.weights])
    x, bias = oracle.numbers(2, 5, WIDTH), oracle.numbers(*leading, HEADS, 5, 5)
    scores = np.broadcast_to(bias, (2, HEADS, 5, 5)).astype("float64")
    if positions is not None:
        scores = scores + np.asarray(positions.bias(5, 5))
    _, weights = layer(x, x, score_bias=bias, return_weights=True)
    np.testing.assert_allclose(weights, oracle.weigh(oracle.softmax, scores), atol=1e-5)


@pytest.mark.parametrize("shape", [(5, 5), (HEADS, 5, 4), (3, HEADS, 5, 5), (1, 5, 5)])
def test_a_bias_that_does_not_fit_is_refused(shape):
    x = oracle.numbers(2, 5, WIDTH)
    rule = (
        "score_bias must be [h, t, s] or [b, h, t, s], here with b, h, t, s = "
        f"(2, 6, 5, 5), got shape {shape}"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        built()(x, x, score_bias=np.zeros(shape, "float32"))


@pytest.mark.parametrize("groups", [None, 2])
@pytest.mark.parametrize(
    "make",
    [
        lambda: {"positions": RotaryPositions(stretch=3.0)},
        lambda: {"positions": RelativePositionBias(HEADS, 6, 4)},
        lambda: {"positions": AlibiPositions(HEADS)},
        lambda: {"positions": PairBias(HEADS, 4)},
        lambda: {"positions": RelativeVectors(2)},
        lambda: {"head_gates": True, "score": SoftCap(2.0), "weighting": SinkSoftmax()},
    ],
    ids=["rotary", "relative", "alibi", "pairs", "vectors", "gate, cap, sink"],
)
def test_hypotheses_beside_each_other_are_as_each_alone(make, groups):
    layer = built(num_key_value_heads=groups, **make())
    count, length = 3, 4
    x = oracle.numbers(2 * count, length, WIDTH)  # each is a sentence with one past
    whole = np.asarray(layer(x, x, attention_mask=causal_mask(length)))
    shape = (2, layer.groups, length * count, SIZE)
    past = KeyValueCache(ops.zeros(shape), ops.zeros(shape))
    writers = ops.convert_to_tensor(
        np.tile(np.arange(count, dtype="int32"), 2)[:, None].repeat(length, 1)
    )
    for position in range(length):
        mask = own_past(writers, position, batch=2)
        made, past = layer.step(x[:, position : position + 1], past, position, mask)
        found = np.asarray(made).reshape(2 * count, WIDTH)
        np.testing.assert_allclose(found, whole[:, position], atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("gate", [True, False])
def test_gates_and_vectors_stay_near_float32_in_half_precision(dtype, gate):
    exact = built(head_gates=gate, positions=RelativeVectors(2))
    vectors = RelativeVectors(2, dtype=dtype)
    rough = built(head_gates=gate, positions=vectors, dtype=dtype)
    rough.set_weights(exact.get_weights())
    x = oracle.numbers(2, 5, WIDTH)
    found = rough(x, x, use_causal_mask=True)
    assert keras.backend.standardize_dtype(found.dtype) == dtype[6:]
    wanted = exact(x, x, use_causal_mask=True)
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, wanted, atol=0.05)


@pytest.mark.parametrize("groups", [3, 1])
def test_grouped_cross_attention_is_that_of_repeated_keys(groups):
    layer, whole = built(num_key_value_heads=groups), built()
    for part in ("key_projection", "value_projection"):
        kernel, bias = getattr(layer, part).get_weights()
        split = kernel.reshape(WIDTH, groups, SIZE), bias.reshape(groups, SIZE)
        wide = (np.repeat(x, HEADS // groups, -2) for x in split)
        shapes = ((WIDTH, WIDTH), (WIDTH,))
        repeated = [x.reshape(shape) for x, shape in zip(wide, shapes, strict=True)]
        getattr(whole, part).set_weights(repeated)
    for part in ("query_projection", "output_projection"):
        getattr(whole, part).set_weights(getattr(layer, part).get_weights())
    query, memory = oracle.numbers(2, 5, WIDTH), oracle.numbers(2, 7, WIDTH)
    mask = np.ones((2, 1, 7), bool)
    mask[1, :, 4:] = False
    found = layer(query, memory, attention_mask=mask)
    wanted = whole(query, memory, attention_mask=mask)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    steps = layer.project(memory)
    assert steps.key.shape == (2, groups, 7, SIZE)
    found = layer.attend(query[:, 2:3], steps, mask)
    np.testing.assert_allclose(found, np.asarray(wanted)[:, 2:3], atol=1e-5)

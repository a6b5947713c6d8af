"""Norms on both sides, root mean squares, gates, and sub-layers side by side."""

import block_oracle as oracle
import keras
import numpy as np
import pytest
from block_oracle import (
    HIDDEN,
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
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.laws import check
from keras_transformer.masks import causal_mask
from keras_transformer.models import Block, FeedForward, Residual, Stack

WIDTH, HEADS = 22, 2
RMS = keras.layers.RMSNormalization
KINDS = {
    "both norms": lambda: {"norm": "both"},
    "root mean square": lambda: {"normalization": RMS(epsilon=1e-6)},
    "root mean square, post": lambda: {
        "norm": "post",
        "normalization": RMS(epsilon=1e-6),
    },
    "gated": lambda: {"gated": True},
    "parallel": lambda: {"parallel": True},
    "parallel, both norms, root mean square, gated": lambda: {
        "norm": "both",
        "normalization": RMS(epsilon=1e-6),
        "gated": True,
        "parallel": True,
    },
}
EACH = pytest.mark.parametrize("kind", KINDS)
SERIAL = pytest.mark.parametrize("kind", [k for k in KINDS if "parallel" not in k])


def made(kind, reads_memory=False, width=WIDTH, **options):
    return small(width, HEADS, HIDDEN, reads_memory, **KINDS[kind](), **options)


@EACH
def test_a_block_equals_its_equations(kind):
    block, x = made(kind), normal(B, S, WIDTH)
    block.build(x.shape)
    randomise(block)
    expected, expected_weights = oracle.encoder_block(
        block, np.float64(x), source_mask()
    )
    output, weights = block(x, attention_mask=source_mask(), return_weights=True)
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)
    found = array(weights["self_attention"])
    np.testing.assert_allclose(found, expected_weights, atol=2e-5)


@SERIAL
def test_a_block_with_a_memory_equals_its_equations(kind):
    block = made(kind, reads_memory=True)
    x, memory = normal(B, T, WIDTH), normal(B, S, WIDTH, seed=2)
    block.build(x.shape, memory.shape)
    randomise(block)
    expected = oracle.decoder_block(
        block, np.float64(x), np.float64(memory), target_mask(), source_mask()
    )
    output = block(x, memory, causal_mask(T), source_mask())
    np.testing.assert_allclose(array(output), expected, atol=2e-4, rtol=2e-5)


@EACH
def test_what_is_cached_at_once_and_step_by_step_equals_the_whole_sequence(kind):
    stack = Stack([made(kind, width=12) for _ in "ab"])
    x = keras.ops.convert_to_tensor(normal(B, T, 12))
    whole = array(stack(x, use_causal_mask=True))
    past = stack.allocate(B, T + 2, "float32")  # more room than tokens
    first, past = stack.prefill(x[:, :2], past, causal_mask(2))
    np.testing.assert_allclose(array(first), whole[:, :2], atol=1e-5)
    for t in range(2, T):
        output, past = stack.step(x[:, t : t + 1], past, t)
        np.testing.assert_allclose(array(output)[:, 0], whole[:, t], atol=1e-5)


@EACH
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_block_obeys_every_law(kind, policy):
    if keras.backend.backend() != "tensorflow" and "parallel, both" not in kind:
        pytest.skip("each eager step is compiled there: one with all of it is enough")
    block = small(12, 6, 17, **KINDS[kind](), dtype=policy)
    report = check(block, like=block, craft=True, show=False)
    assert report.ok, str(report)


@pytest.mark.parametrize("normalization", [None, RMS()])
def test_a_residual_with_norms_on_both_sides_obeys_every_law(normalization):
    residual = Residual("both", normalization=normalization)
    report = check(residual, like=residual, craft=True, show=False)
    assert report.ok, str(report)
    assert "a_sandwich_normalises_what_it_adds" in report.held


@pytest.mark.parametrize("layer", [RMS(), keras.layers.LayerNormalization()])
def test_the_normalisations_of_keras_obey_every_law(layer):
    report = check(layer, like=layer, show=False)
    assert report.ok, str(report)


@pytest.mark.parametrize("activation", ["silu", "gelu"])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_gated_network_obeys_every_law(activation, policy):
    network = FeedForward(6, 11, activation, gated=True, dtype=policy)
    report = check(network, like=network, craft=True, show=False)
    assert report.ok, str(report)
    assert "a_gate_multiplies_and_closes" in report.held


def test_a_gated_network_by_hand():
    network = FeedForward(width=1, hidden_width=2, activation="relu", gated=True)
    network.build((None, None, 1))
    parts = {
        network.hidden: ([[1.0, 2.0]], [0.0, 1.0]),
        network.gate: ([[1.0, -1.0]], [0.5, 0.0]),
        network.output_projection: ([[2.0], [3.0]], [7.0]),
    }
    for part, (kernel, bias) in parts.items():
        part.kernel.assign(kernel)
        part.bias.assign(bias)
    # x = 2: hidden 2, 5, gate 2.5, 0; x = -4: hidden -4, -7, gate 0, 4.
    x = np.array([[[2.0], [-4.0]]], "float32")
    assert array(network(x)).tolist() == [[[2 * 5 + 7.0], [3 * -28 + 7.0]]]


def test_a_sandwich_by_hand():
    layer = Residual(norm="both", epsilon=0.0)
    x, y = np.array([[[1.0, 3.0]]], "float32"), np.array([[[30.0, 10.0]]], "float32")
    np.testing.assert_allclose(array(layer(x, y)), [[[2.0, 2.0]]], atol=1e-6)
    np.testing.assert_allclose(array(layer.enter(x)), [[[-1.0, 1.0]]], atol=1e-6)


@pytest.mark.parametrize("norm", ["pre", "post", "both"])
def test_a_stack_ends_with_the_normalisation_of_its_blocks(norm):
    blocks = [small(12, 2, HIDDEN, norm=norm, normalization=RMS()) for _ in "ab"]
    last = Stack(blocks).final_norm
    if norm == "post":
        assert last is None
    else:
        assert type(last) is RMS and last.name == "final_norm"


def test_every_normalisation_has_weights_of_its_own():
    pattern = RMS(epsilon=1e-5)
    block = small(12, 2, HIDDEN, norm="both", normalization=pattern)
    block.build((None, None, 12))
    scales = [w for w in block.weights if w.path.endswith("/scale")]
    assert len(scales) == 4 and not pattern.built
    assert {norm.epsilon for norm in normalizations(block)} == {1e-5}


def normalizations(block):
    return [part for part in block._flatten_layers() if isinstance(part, RMS)]


@EACH
def test_a_block_comes_back_from_its_config_built_or_not(kind):
    block, x = made(kind, width=12), normal(B, T, 12)
    configs = [keras.saving.serialize_keras_object(block)]
    wanted = array(block(x))
    configs.append(keras.saving.serialize_keras_object(block))
    for config in configs:
        again = keras.saving.deserialize_keras_object(config)
        again.build(x.shape)
        assert [w.path for w in again.weights] == [w.path for w in block.weights]
        again.set_weights(block.get_weights())
        np.testing.assert_allclose(array(again(x)), wanted, atol=1e-6)


@EACH
def test_a_functional_model_is_cloned_summarised_and_saved(kind, tmp_path):
    inputs = keras.Input((None, 12))
    model = keras.Model(inputs, Stack([made(kind, width=12)])(inputs))
    x, lines = normal(B, T, 12), []
    model.summary(print_fn=lines.append)
    assert f"{model.count_params():,}" in "\n".join(lines)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(array(clone(x)), array(model(x)), atol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(again(x)), array(model(x)), atol=1e-6)


@EACH
def test_a_block_is_rematerialised(kind, gradient):
    layer, x = made(kind, width=12), normal(B, T, 12)
    layer(x)
    with keras.RematScope(mode="list_of_layers", layer_names=["again"]):
        again = Block.from_config({**layer.get_config(), "name": "again"})
    again.build(x.shape)
    again.set_weights(layer.get_weights())

    def slope(which):
        return gradient(lambda x: ops.sum(which(x) ** 2), x)

    np.testing.assert_allclose(slope(again), slope(layer), rtol=1e-4, atol=1e-5)


def test_lora_and_quantisation_reach_the_gate():
    layer, x = made("gated", width=12), normal(B, T, 12)
    before = array(layer(x))
    gate = layer.feed_forward.gate
    gate.enable_lora(rank=2)
    gate.lora_kernel_b.assign(normal(2, HIDDEN))
    changed = array(layer(x))
    assert np.abs(changed - before).max() > 1e-3
    gate.quantize("int8")
    assert 0 < np.abs(array(layer(x)) - changed).max() < 0.1


def test_a_parallel_block_drops_the_sum_of_its_sublayers():
    parts = MultiHeadAttention(2, 12), FeedForward(12, HIDDEN)
    block, x = Block(*parts, parallel=True, dropout=0.5, seed=3), normal(B, T, 12)
    still, dropped = array(block(x)), array(block(x, training=True))
    added, kept = still - x, dropped - x
    share = np.isclose(kept, 0).mean()
    assert 0.3 < share < 0.7
    twice = ~np.isclose(kept, 0)
    np.testing.assert_allclose(kept[twice], 2 * added[twice], rtol=1e-4, atol=1e-5)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="a parallel block has no cross_attention"):
        small(12, 2, HIDDEN, True, parallel=True)
    with pytest.raises(ValueError, match=r"norm must be one of .*'both'.* got 'none'"):
        small(12, 2, HIDDEN, norm="none")

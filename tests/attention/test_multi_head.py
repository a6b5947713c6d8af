import re

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Additive,
    Bilinear,
    Dot,
    Entmax,
    LearnedTemperature,
    Linear,
    MultiHeadAttention,
    QueryKeyNorm,
    Sampled,
    ScaledDot,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Softmax,
    Sparsemax,
    TemperedSoftmax,
    TopK,
)
from keras_transformer.attention.cache import KeyValueCache, allocate, write
from keras_transformer.positions import (
    AlibiPositions,
    PairBias,
    RelativePositionBias,
    RelativeVectors,
    RotaryPositions,
)

HEADS, WIDTH = 6, 12
GROUPS = [None, 3, 2, 1]
SCORES = [Dot, ScaledDot, Bilinear, Linear, lambda: Additive(5), lambda: Additive(5, 2)]
WEIGHTINGS = [Softmax, lambda: TopK(2), lambda: Sampled(2, "straight_through", seed=1)]
PAIRS = [(score, weighting) for score in SCORES for weighting in WEIGHTINGS]
PAIRS += [
    (SoftCap, SinkSoftmax),
    (LearnedTemperature, Sigmoid),
    (lambda: QueryKeyNorm(Additive(5)), Entmax),
    (lambda: SoftCap(3.0, LearnedTemperature(QueryKeyNorm())), Sparsemax),
    (ScaledDot, lambda: TemperedSoftmax(0.5)),
]
POSITIONS = {
    "none": lambda: None,
    "rotary": RotaryPositions,
    "relative": lambda: RelativePositionBias(HEADS, buckets=6, max_distance=4),
    "alibi": lambda: AlibiPositions(HEADS),
    "pairs": lambda: PairBias(HEADS, max_length=7, initializer="random_normal"),
    "vectors": lambda: RelativeVectors(2),
    "rotary, stretched": lambda: RotaryPositions(stretch=4.0),
}
RELATIVE = oracle.numbers(6, HEADS, seed=9)


def built(groups=None, positions="none", **kwargs):
    layer = MultiHeadAttention(
        HEADS,
        WIDTH,
        positions=POSITIONS[positions](),
        num_key_value_heads=groups,
        **kwargs,
    )
    layer.build((None, None, WIDTH), (None, None, WIDTH))
    for number, weight in enumerate(layer.weights):
        if weight.shape:
            weight.assign(oracle.numbers(*weight.shape, seed=number) / 3)
    if positions == "relative":
        layer.positions.set_weights([RELATIVE])  # large enough to be seen
    return layer


def by_hand(layer, query, value, mask):
    """Equation by equation in float64: project, split, attend, merge."""
    groups, width = layer.groups, WIDTH // HEADS

    def dense(x, part):
        kernel, bias = (np.asarray(w, "float64") for w in part.get_weights())
        return x @ kernel + bias

    q = dense(query, layer.query_projection)
    k = dense(value, layer.key_projection)
    v = dense(value, layer.value_projection)
    heads = []
    for head in range(HEADS):
        mine = slice(head * width, (head + 1) * width)
        group = head // (HEADS // groups)
        theirs = slice(group * width, (group + 1) * width)
        scores = oracle.scores(oracle.scaled_dot, q[..., mine], k[..., theirs])
        weights = oracle.weigh(oracle.softmax, scores, mask)
        heads.append(weights @ v[..., theirs])
    return dense(np.concatenate(heads, -1), layer.output_projection)


@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("lengths", [(5, 7), (1, 7), (0, 7), (5, 0)])
def test_heads_are_attentions_side_by_side(groups, lengths, in_one_piece):
    queries, keys = lengths
    layer = built(groups)
    query, value = oracle.numbers(2, queries, WIDTH), oracle.numbers(2, keys, WIDTH)
    mask = oracle.numbers(2, queries, keys, seed=4) > 0
    mask[1, :1] = False
    attend = in_one_piece(lambda q, v, m: layer(q, v, attention_mask=m))
    found = attend(query, value, mask)
    wanted = by_hand(layer, query, value, mask)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def seen(batch, queries, keys):
    mask = oracle.numbers(batch, queries, keys, seed=4) > 0
    mask[..., 0] = True
    return mask


def test_equals_the_multi_head_attention_of_keras():
    ours = built()
    query, value = oracle.numbers(2, 5, WIDTH), oracle.numbers(2, 7, WIDTH)
    key = oracle.numbers(2, 7, WIDTH, seed=1)
    theirs = oracle.multi_head_attention_of_keras(ours)
    mask = seen(2, 5, 7)
    wanted, wanted_weights = theirs(
        query, value, key, attention_mask=mask, return_attention_scores=True
    )
    found, found_weights = ours(
        query, value, key, attention_mask=mask, return_weights=True
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(found_weights, wanted_weights, atol=1e-5)


@pytest.mark.parametrize("groups", [3, 1])
def test_equals_the_grouped_attention_of_keras(groups):
    ours = built(groups)
    query, value = oracle.numbers(2, 5, WIDTH), oracle.numbers(2, 7, WIDTH)
    width = WIDTH // HEADS
    theirs = keras.layers.GroupQueryAttention(width, HEADS, groups)
    theirs.build(query.shape, value.shape)
    parts = {"query": HEADS, "key": groups, "value": groups}
    weights = []
    for part, heads in parts.items():
        kernel, bias = getattr(ours, f"{part}_projection").get_weights()
        weights += [kernel.reshape(WIDTH, heads, width), bias.reshape(heads, width)]
    kernel, bias = ours.output_projection.get_weights()
    theirs.set_weights([*weights, kernel.reshape(HEADS, width, WIDTH), bias])
    mask = seen(2, 5, 7)
    wanted = theirs(query, value, attention_mask=mask)
    np.testing.assert_allclose(
        ours(query, value, attention_mask=mask), wanted, atol=1e-5
    )


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("groups", [None, 2])
def test_cached_steps_equal_the_whole_sequence(groups, positions):
    layer = built(groups, positions)
    x = oracle.numbers(2, 5, WIDTH)
    whole = np.asarray(layer(x, x, attention_mask=np.tri(5, dtype=bool)[None]))
    cache = allocate(2, layer.groups, 7, WIDTH // HEADS, "float32")
    for position in range(5):
        step = x[:, position : position + 1]
        cache = write(cache, layer.project(step, offset=position), position)
        mask = np.arange(7)[None, None] <= position
        found = np.asarray(layer.attend(step, cache, mask, offset=position))
        np.testing.assert_allclose(found[:, 0], whole[:, position], atol=1e-5)


def test_writing_changes_only_the_new_positions():
    cache = allocate(2, 3, 5, 7, "float32")
    new = KeyValueCache(oracle.numbers(2, 3, 2, 7), oracle.numbers(2, 3, 2, 7, seed=1))
    for written, part in zip(write(cache, new, 1), new, strict=True):
        written = np.array(written)
        np.testing.assert_array_equal(written[:, :, 1:3], part)
        written[:, :, 1:3] = 0
        assert not written.any()


@pytest.mark.parametrize("groups", [None, 2])
def test_outputs_depend_on_distances_not_on_places(groups):
    for positions in ("rotary", "relative"):
        layer = built(groups, positions)
        x = oracle.numbers(2, 5, WIDTH)
        shifted = np.concatenate([np.ones((2, 2, WIDTH), "float32"), x], axis=1)
        mask = np.arange(7)[None, None] >= 2  # the two in front are hidden
        found = np.asarray(layer(shifted, shifted, attention_mask=mask))[:, 2:]
        wanted = np.asarray(layer(x, x))
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        turned = np.asarray(layer(x[:, ::-1], x[:, ::-1]))
        assert np.abs(wanted[:, ::-1] - turned).max() > 1e-3


@pytest.mark.parametrize("groups", [None, 2])
def test_a_relative_bias_reaches_its_own_head(groups):
    layer = built(groups, "relative", use_bias=False)
    layer.query_projection.kernel.assign(np.zeros((WIDTH, WIDTH)))  # all scores are 0
    x = oracle.numbers(2, 5, WIDTH)
    _, weights = layer(x, x, return_weights=True)
    bias = np.asarray(layer.positions.bias(5, 5))
    wanted = oracle.weigh(oracle.softmax, bias)
    np.testing.assert_allclose(weights, np.stack([wanted] * 2), atol=1e-6)


@pytest.mark.parametrize(("score", "weighting"), PAIRS)
def test_every_combination_is_one_line_that_compiles_and_comes_back(
    score, weighting, compiled
):
    layer = MultiHeadAttention(
        HEADS, WIDTH, score(), weighting(), num_key_value_heads=3
    )
    query, value = oracle.numbers(2, 5, WIDTH), oracle.numbers(2, 7, WIDTH)
    mask = seen(2, 5, 7)
    wanted = ops.convert_to_numpy(layer(query, value, attention_mask=mask))
    program = compiled(lambda q, v, m: layer(q, v, attention_mask=m))
    found = program(*(ops.convert_to_tensor(x) for x in (query, value, mask)))
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    twin = MultiHeadAttention.from_config(layer.get_config())
    twin.build(query.shape, value.shape)
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(query, value, attention_mask=mask), wanted)
    assert twin.get_config() == layer.get_config()


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_stays_near_float32(positions, dtype, gradient):
    exact = built(2, positions)
    rough = built(2, positions, dtype=dtype)
    rough.set_weights(exact.get_weights())
    x = oracle.numbers(2, 5, WIDTH)
    mask = np.tri(5, dtype=bool)[None].repeat(2, 0)
    mask[1, 2] = False  # this query sees nothing

    def total(x, layer):
        return ops.sum(ops.cast(layer(x, x, attention_mask=mask), "float32") ** 2)

    found = rough(x, x, attention_mask=mask)
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, exact(x, x, attention_mask=mask), atol=0.1)
    bias = np.asarray(exact.output_projection.bias)
    np.testing.assert_allclose(found[1, 2], bias, atol=1e-2)
    assert np.isfinite(gradient(lambda x: total(x, rough), x)).all()


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_model_is_saved_and_loaded(positions, tmp_path):
    inputs = keras.Input((None, WIDTH))
    layer = MultiHeadAttention(
        HEADS,
        WIDTH,
        Bilinear(),
        TopK(2),
        POSITIONS[positions](),
        3,
        use_bias=False,
        kernel_initializer="he_normal",
        seed=5,
    )
    model = keras.Model(inputs, layer(inputs, inputs))
    x = oracle.numbers(2, 5, WIDTH)
    model.save(tmp_path / "model.keras")
    twin = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(twin(x), model(x), atol=1e-6)


def test_projections_do_not_start_equal():
    layer = MultiHeadAttention(HEADS, WIDTH)
    layer.build((None, 5, WIDTH), (None, 5, WIDTH))
    kernels = [np.asarray(w) for w in layer.weights if len(w.shape) == 2]
    assert len(kernels) == 4
    for place, kernel in enumerate(kernels):
        assert not any(np.array_equal(kernel, other) for other in kernels[:place])


def test_grouped_heads_cache_less():
    layer = built(2)
    memory = layer.project(oracle.numbers(3, 5, WIDTH))
    assert memory.key.shape == memory.value.shape == (3, 2, 5, WIDTH // HEADS)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ((5, 12), "num_heads must divide width, got num_heads=5, width=12"),
        ((0, 12), "num_heads must divide width, got num_heads=0, width=12"),
        (
            (6, 12, None, None, None, 4),
            "num_key_value_heads must divide num_heads, got num_key_value_heads=4, "
            "num_heads=6",
        ),
        (
            (6, 12, None, None, None, 0),
            "num_key_value_heads must divide num_heads, got num_key_value_heads=0, "
            "num_heads=6",
        ),
        (
            (6, 12, None, None, None, None, 0.0, True, "zeros", None, 0),
            "head_dim must be at least 1, got head_dim=0",
        ),
        (
            (6, 12, None, None, None, None, 1.5),
            "dropout must be in [0, 1), got dropout=1.5",
        ),
    ],
)
def test_multi_head_attention_refuses(arguments, rule):
    with pytest.raises(ValueError, match=re.escape(rule)):
        MultiHeadAttention(*arguments)


def test_a_bias_for_other_heads_is_refused():
    layer = MultiHeadAttention(HEADS, WIDTH, positions=RelativePositionBias(3))
    x = oracle.numbers(2, 5, WIDTH)
    rule = (
        "positions must have a bias for each head, got a bias for 3 heads, num_heads=6"
    )
    with pytest.raises(ValueError, match=rule):
        layer(x, x)


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("groups", [None, 2])
@pytest.mark.parametrize("use_bias", [True, False])
def test_one_product_projects_as_three_do(groups, positions, use_bias, gradient):
    layer = built(groups, positions, use_bias=use_bias)
    x = ops.convert_to_tensor(oracle.numbers(2, 5, WIDTH))
    alike, apart = layer(x, x), layer(x, ops.copy(x))
    np.testing.assert_allclose(alike, apart, atol=1e-5)
    found = gradient(lambda x: ops.sum(layer(x, x) ** 2), np.asarray(x))
    wanted = gradient(lambda x: ops.sum(layer(x, x * 1.0) ** 2), np.asarray(x))
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_quantised_projections_are_used_as_they_are():
    layer = built()
    x = ops.convert_to_tensor(oracle.numbers(2, 5, WIDTH))
    exact = np.asarray(layer(x, x))
    for part in ("query", "key", "value", "output"):
        getattr(layer, f"{part}_projection").quantize("int8")
    found = np.asarray(layer(x, x))
    np.testing.assert_array_equal(found, layer(x, ops.copy(x)))
    assert 0 < np.abs(found - exact).max() < 0.2

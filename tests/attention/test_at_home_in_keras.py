"""What users of Keras do with a layer, done to ours."""

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
    Dropout,
    Linear,
    MultiHeadAttention,
    Sampled,
    ScaledDot,
    Softmax,
    TopK,
)
from keras_transformer.attention.cache import allocate
from keras_transformer.positions import (
    LearnedPositions,
    RelativePositionBias,
    RotaryPositions,
    SinusoidalPositions,
)

WIDTH, HEADS = 12, 6
X = oracle.numbers(2, 5, WIDTH)
MEMORY = oracle.numbers(2, 7, WIDTH, seed=1)
only_on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's"
)
quiet = pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")


def array(x):
    return ops.convert_to_numpy(x)


def differing(layer):
    """With weights that are all different, biases too."""
    for number, weight in enumerate(layer.trainable_weights):
        weight.assign(oracle.numbers(*weight.shape, seed=number) / 3)
    return layer


def around(layer):
    inputs = keras.Input((None, WIDTH))
    return keras.Model(inputs, layer(inputs, inputs))


@pytest.mark.parametrize("head_dim", [1, 3, 5])
def test_a_head_is_as_wide_as_it_is_told(head_dim):
    ours = MultiHeadAttention(HEADS, WIDTH, head_dim=head_dim)
    ours(X, MEMORY)
    theirs = oracle.multi_head_attention_of_keras(differing(ours))
    mask = oracle.numbers(2, 5, 7, seed=3) > -1
    wanted = theirs(X, MEMORY, attention_mask=mask)
    found = ours(X, MEMORY, attention_mask=mask)
    np.testing.assert_allclose(array(found), array(wanted), atol=1e-5)
    twin = MultiHeadAttention.from_config(ours.get_config())
    assert (twin.head_dim, twin.get_config()) == (head_dim, ours.get_config())


@pytest.mark.parametrize("groups", [None, 2])
def test_heads_of_any_width_need_no_width_that_they_divide_and_are_cached(groups):
    layer = MultiHeadAttention(6, 13, None, None, RotaryPositions(), groups, head_dim=4)
    x = oracle.numbers(2, 3, 13)
    whole = array(layer(x, x, use_causal_mask=True))
    cache = allocate(2, layer.groups, 4, layer.head_dim, "float32")
    for position in range(3):
        found, cache = layer.step(x[:, position : position + 1], cache, position)
        np.testing.assert_allclose(array(found)[:, 0], whole[:, position], atol=1e-5)


LAYERS = {
    "dot": (lambda: Dot(), [X, MEMORY]),
    "scaled dot": (lambda: ScaledDot(), [X, MEMORY]),
    "bilinear": (lambda: Bilinear(), [X, MEMORY]),
    "linear": (lambda: Linear(), [X, MEMORY]),
    "additive": (lambda: Additive(3, chunk=2), [X, MEMORY]),
    "softmax": (lambda: Softmax(), [X]),
    "top k": (lambda: TopK(2), [X]),
    "sampled": (lambda: Sampled(seed=1), [X]),
    "dropout": (lambda: Dropout(0.5, seed=1), [X]),
    "attention": (lambda: Attention(Bilinear(), dropout=0.1, seed=2), [X, MEMORY]),
    "heads": (
        lambda: MultiHeadAttention(
            HEADS, WIDTH, Bilinear(), TopK(2), RelativePositionBias(HEADS), 3
        ),
        [X, MEMORY],
    ),
    "sinusoidal": (lambda: SinusoidalPositions(), [X]),
    "learned": (lambda: LearnedPositions(9), [X]),
    "rotary": (lambda: RotaryPositions(), [X]),
    "relative": (lambda: RelativePositionBias(5), [oracle.numbers(2, 5, 3, 7)]),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_in_a_model_of_unknown_lengths_is_cloned_and_comes_back(kind, tmp_path):
    make, given = LAYERS[kind]
    inputs = [keras.Input((*[None] * (x.ndim - 2), x.shape[-1])) for x in given]
    layer = make()
    output = layer(*inputs)
    model = keras.Model(inputs, output)
    shapes = [x.shape for x in given]
    assert layer.compute_output_shape(*shapes) == tuple(layer(*given).shape)
    model.summary(print_fn=lambda text: None)
    wanted = array(model(given))
    for axis, length in enumerate(output.shape):
        assert length in (None, wanted.shape[axis])
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(array(clone(given)), wanted, atol=1e-6)
    model.save(tmp_path / "model.keras")
    twin = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(twin(given)), wanted, atol=1e-6)


@pytest.mark.parametrize("kind", [k for k in LAYERS if len(LAYERS[k][1]) == 1])
def test_a_layer_is_distributed_over_time(kind):
    make, (x,) = LAYERS[kind]
    x, layer = np.stack([x] * 3, axis=1), make()
    wrapped = keras.layers.TimeDistributed(layer)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, wrapped(inputs))
    assert model.output_shape == (None, *x.shape[1:])
    np.testing.assert_allclose(array(model(x))[:, 1], array(layer(x[:, 1])), atol=1e-6)


def test_self_attention_is_distributed_over_time():
    inner = around(MultiHeadAttention(HEADS, WIDTH, dropout=0.1))
    inputs = keras.Input((3, 5, WIDTH))
    model = keras.Model(inputs, keras.layers.TimeDistributed(inner)(inputs))
    x = oracle.numbers(2, 3, 5, WIDTH)
    assert model.output_shape == (None, 3, 5, WIDTH)
    np.testing.assert_allclose(array(model(x))[:, 2], array(inner(x[:, 2])), atol=1e-5)


@pytest.mark.parametrize("groups", [None, 2])
def test_symbolic_weights_have_the_shape_of_the_weights(groups):
    layer = MultiHeadAttention(HEADS, WIDTH, num_key_value_heads=groups)
    inputs = keras.Input((None, WIDTH)), keras.Input((7, WIDTH))
    output, weights = layer(*inputs, return_weights=True)
    assert (output.shape, weights.shape) == (
        (None, None, WIDTH),
        (None, HEADS, None, 7),
    )
    model = keras.Model(inputs, [output, weights])
    found = [tuple(x.shape) for x in model([X, MEMORY])]
    assert found == [(2, 5, WIDTH), (2, HEADS, 5, 7)]


@only_on_tensorflow
def test_a_model_is_exported_and_served(tmp_path):
    import tensorflow as tf

    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, WIDTH, mask_zero=True)(inputs)
    x = SinusoidalPositions()(x)
    x = MultiHeadAttention(HEADS, WIDTH, positions=RotaryPositions())(
        x, x, use_causal_mask=True
    )
    model = keras.Model(inputs, x)
    model.export(str(tmp_path / "served"), verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served"))
    ids = np.array([[3, 1, 0], [2, 5, 8]], "int32")
    np.testing.assert_allclose(served.serve(ids), model(ids), atol=1e-5)


def paths(make):
    layer = make()
    layer(X, MEMORY)
    return [weight.path for weight in layer.variables]


@pytest.mark.parametrize(
    ("make", "last"),
    [
        (lambda: MultiHeadAttention(HEADS, WIDTH, name="a"), "a/output/bias"),
        (
            lambda: MultiHeadAttention(
                HEADS, WIDTH, Bilinear(name="score"), dropout=0.1, name="a"
            ),
            "a/attention/score/kernel",
        ),
        (
            lambda: Attention(Linear(name="score"), dropout=0.1, name="a"),
            "a/score/bias",
        ),
        (
            lambda: Attention(weighting=Sampled(name="draw"), name="a"),
            "seed_generator/seed_generator_state",
        ),
    ],
)
def test_paths_do_not_depend_on_what_was_made_before(make, last):
    first = paths(make)
    Attention(Bilinear(), Sampled(), dropout=0.5)(X, MEMORY)
    assert last in first
    assert paths(make) == first


def test_what_is_passed_keeps_its_name_and_is_the_layer():
    score, weighting = Bilinear(name="mine"), TopK(2)
    layer = MultiHeadAttention(HEADS, WIDTH, score, weighting)
    assert layer.attention.score is score and layer.attention.weighting is weighting
    assert score.name == "mine"


def test_one_initializer_for_two_projections_gives_two_matrices():
    initializer = keras.initializers.GlorotUniform(seed=3)
    layer = MultiHeadAttention(HEADS, WIDTH, kernel_initializer=initializer)
    layer(X, MEMORY)
    kernels = [array(w.value) for w in layer.weights if len(w.shape) == 2]
    assert not any(np.array_equal(kernels[0], other) for other in kernels[1:])


def test_an_initializer_may_be_a_function():
    layer = MultiHeadAttention(HEADS, WIDTH, kernel_initializer=keras.initializers.Ones)
    function = MultiHeadAttention(
        HEADS,
        WIDTH,
        kernel_initializer=lambda shape, dtype=None: ops.ones(shape, dtype),
    )
    found, wanted = (array(made(X, MEMORY)) for made in (function, layer))
    np.testing.assert_array_equal(found, wanted)


def cached(layer, x):
    cache = allocate(len(x), layer.groups, x.shape[1], layer.head_dim, "float32")
    outputs = []
    for position in range(x.shape[1]):
        output, cache = layer.step(x[:, position : position + 1], cache, position)
        outputs.append(array(output)[:, 0])
    return np.stack(outputs, 1)


@quiet
def test_a_quantised_model_is_near_and_comes_back(tmp_path):
    layer = MultiHeadAttention(HEADS, WIDTH, positions=RotaryPositions(), dropout=0.1)
    model = around(layer)
    exact = array(model(X))
    model.quantize("int8")
    parts = ("query", "key", "value", "output")
    kernels = [getattr(layer, f"{part}_projection").kernel for part in parts]
    assert [keras.backend.standardize_dtype(k.dtype) for k in kernels] == ["int8"] * 4
    found = array(model(X))
    assert 0 < np.abs(found - exact).max() < 0.05 * np.abs(exact).max()
    model.save(tmp_path / "model.keras")
    twin = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(twin(X)), found, atol=1e-6)
    causal = array(layer(X, X, use_causal_mask=True))
    np.testing.assert_allclose(
        cached(layer, ops.convert_to_tensor(X)), causal, atol=0.05
    )


def test_lora_acts_in_a_call_and_in_cached_steps_and_comes_back(tmp_path):
    layer = MultiHeadAttention(HEADS, WIDTH)
    model, x = around(layer), ops.convert_to_tensor(X)
    before = array(layer(X, X, use_causal_mask=True))
    for part in ("query", "key", "value", "output"):
        projection = getattr(layer, f"{part}_projection")
        projection.enable_lora(2)
        projection.lora_kernel_b.assign(oracle.numbers(2, WIDTH, seed=5))
    after = array(layer(X, X, use_causal_mask=True))
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_allclose(cached(layer, x), after, atol=1e-4)
    assert len(layer.trainable_variables) == 12  # two of LoRA and a bias, four times
    wanted = array(model(X))
    model.save(tmp_path / "model.keras")
    twin = keras.models.load_model(tmp_path / "model.keras")
    assert len(twin.trainable_variables) == 12  # not merged into the kernels
    np.testing.assert_allclose(array(twin(X)), wanted, atol=1e-4)


def test_a_rematerialised_projection_is_called():
    with keras.RematScope(mode="list_of_layers", layer_names=["key"]):
        layer = MultiHeadAttention(HEADS, WIDTH)
    called, x = [], ops.convert_to_tensor(X)
    whole = array(layer(X, X, attention_mask=np.tri(5, dtype=bool)))
    projection = layer.key_projection
    plain = projection.rematerialized_call
    projection.rematerialized_call = lambda *a, **k: called.append(1) or plain(*a, **k)
    np.testing.assert_allclose(cached(layer, x), whole, atol=1e-5)
    assert len(called) == 5

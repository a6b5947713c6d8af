"""Who asks for float64 gets it: a numerical gradient sees no float32 in between."""

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import (
    Additive,
    Attention,
    Bilinear,
    Linear,
    MultiHeadAttention,
    Sampled,
    Softmax,
    TopK,
)
from keras_transformer.attention.kernels import choose
from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.attention.projections import project_together, projections
from keras_transformer.masks import masked_softmax
from keras_transformer.positions import RelativePositionBias, RotaryPositions


@pytest.fixture
def float64():
    """JAX has float64 only where it is asked for."""
    if keras.backend.backend() == "jax":
        import jax

        with jax.enable_x64(True):
            yield
    else:
        yield


def numbers(*shape, seed=0):
    return oracle.numbers(*shape, seed=seed).astype("float64")


def require_exact_gradient(function, x, gradient):
    """Every difference quotient, to 1e-6."""
    found = np.asarray(gradient(function, x))
    assert found.dtype == "float64"
    step = 1e-5
    for place in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        one, other = (float(function(ops.convert_to_tensor(y))) for y in (up, down))
        assert abs(found[place] - (one - other) / (2 * step)) < 1e-6, place


MASK = np.array([[True, True, False], [False, False, False]])
LAYERS = {
    "softmax": lambda: Attention(dtype="float64"),
    "bilinear": lambda: Attention(Bilinear(dtype="float64"), dtype="float64"),
    "linear": lambda: Attention(Linear(dtype="float64"), dtype="float64"),
    "additive": lambda: Attention(Additive(3, dtype="float64"), dtype="float64"),
    "top k": lambda: Attention(
        weighting=TopK(2, True, dtype="float64"), dtype="float64"
    ),
    "rotary": lambda: MultiHeadAttention(
        2, 4, positions=RotaryPositions(dtype="float64"), dtype="float64"
    ),
    "relative": lambda: MultiHeadAttention(
        2,
        4,
        positions=RelativePositionBias(2, 4, 4, dtype="float64"),
        num_key_value_heads=1,
        dtype="float64",
    ),
}


# What Keras itself computes in float32: on JAX tanh and argmax, on PyTorch matmul, and
# with it the dense layers before and behind the heads.
IN_FLOAT32 = {"jax": ["additive"], "torch": ["rotary", "relative"]}
ON_JAX = keras.backend.backend() == "jax"
EXACT = [k for k in LAYERS if k not in IN_FLOAT32.get(keras.backend.backend(), ())]


@pytest.mark.parametrize("kind", EXACT)
def test_gradients_under_a_float64_policy_are_exact(kind, gradient, float64):
    layer, value = LAYERS[kind](), numbers(1, 3, 4, seed=1)
    layer(numbers(1, 2, 4), value)

    def total(query):
        found = layer(query, value, attention_mask=MASK)
        assert keras.backend.standardize_dtype(found.dtype) == "float64"
        return ops.sum(found**3)

    require_exact_gradient(total, numbers(1, 2, 4), gradient)


@pytest.mark.parametrize("kernel", [attention_in_blocks, attention_in_wide_blocks])
def test_gradients_of_blocks_are_exact_in_float64(kernel, gradient, float64):
    query, key, value = (numbers(1, n, 2, seed=i) for i, n in enumerate((2, 3, 3)))

    def total(x, part):
        given = [ops.convert_to_tensor(y) for y in (query, key, value)]
        given[part] = x
        return ops.sum(kernel(*given, MASK, 3) ** 3)

    for part, x in enumerate((query, key, value)):
        require_exact_gradient(lambda x, part=part: total(x, part), x, gradient)


def test_a_long_input_takes_blocks_in_float64_too(monkeypatch, float64):
    monkeypatch.setattr(choose, "MANY_SCORES", 2)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 2)
    query, value = numbers(1, 2, 4), numbers(1, 3, 4, seed=1)
    layer = Attention(dtype="float64")
    found = ops.convert_to_numpy(layer(query, value))
    wanted, _ = layer(query, value, return_weights=True)
    np.testing.assert_allclose(found, wanted, atol=1e-14)


def test_a_product_with_several_projections_at_once_is_exact_in_float64(float64):
    layers = projections({"first": 3, "second": 2}, "glorot_uniform", True, "float64")
    for layer in layers:
        layer.build((1, 2, 4))
    x = numbers(1, 2, 4)
    found = ops.convert_to_numpy(project_together(layers, ops.convert_to_tensor(x)))
    kernels = [ops.convert_to_numpy(layer.kernel) for layer in layers]
    wanted = x @ np.concatenate(kernels, axis=-1)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_softmax_of_float64_scores_is_a_float64_softmax(float64):
    scores = numbers(2, 5)
    wanted = oracle.weigh(oracle.softmax, scores)
    for weigh in (masked_softmax, Softmax(dtype="float64")):
        found = ops.convert_to_numpy(weigh(ops.convert_to_tensor(scores)))
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_float64_scores_that_float32_calls_equal_are_told_apart(float64):
    scores = ops.convert_to_tensor(np.array([[1.0, 1.0 + 1e-12, 0.0]]))
    for layer in (TopK(1, dtype="float64"), Sampled(1, seed=1, dtype="float64")):
        found = ops.convert_to_numpy(layer(scores))
        chosen = 0 if ON_JAX else 1
        assert found[0].argmax() == chosen

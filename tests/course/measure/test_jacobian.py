import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer import MultiHeadAttention, causal_mask
from keras_transformer.course.measure import gradient_norm_by_pair

BATCH, LENGTH, TARGETS, WIDTH, UNITS = 2, 5, 3, 7, 11


@pytest.fixture
def x():
    return np.random.default_rng(3).normal(size=(BATCH, LENGTH, WIDTH))


def test_the_norms_of_a_linear_map_are_those_of_its_matrices(x):
    generator = np.random.default_rng(4)
    matrices = generator.normal(size=(TARGETS, LENGTH, WIDTH, UNITS))

    def linear(x):
        return ops.einsum("bse,tseu->btu", x, matrices.astype("float32"))

    wanted = np.sqrt((matrices**2).sum(axis=(2, 3)))
    norms = gradient_norm_by_pair(linear, x)
    np.testing.assert_allclose(norms, np.stack([wanted] * BATCH), rtol=1e-5)


def test_every_sequence_has_its_own_gradients(x):
    # d(x²)/dx = 2x, at the same position and nowhere else.
    norms = gradient_norm_by_pair(lambda x: x**2, x)
    wanted = 2 * np.sqrt((x**2).sum(-1))
    np.testing.assert_allclose(np.diagonal(norms, 0, 1, 2), wanted, rtol=1e-5)
    assert not norms[:, ~np.eye(LENGTH, dtype=bool)].any()


def test_what_a_causal_mask_hides_has_a_gradient_of_exactly_zero(x):
    attention = MultiHeadAttention(num_heads=1, width=WIDTH)
    mask = causal_mask(LENGTH)
    norms = gradient_norm_by_pair(lambda x: attention(x, x, attention_mask=mask), x)
    wanted = np.stack([np.tri(LENGTH, dtype=bool)] * BATCH)
    np.testing.assert_array_equal(norms > 0, wanted)


def test_a_layer_keeps_its_weights(x):
    gru = keras.layers.GRU(UNITS, return_sequences=True)
    gru.build((None, LENGTH, WIDTH))
    before = [np.array(ops.convert_to_numpy(w.value)) for w in gru.weights]
    norms = gradient_norm_by_pair(gru, x)
    assert norms.shape == (BATCH, LENGTH, LENGTH)
    for weight, wanted in zip(gru.weights, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight.value), wanted)


@pytest.mark.parametrize(
    ("x", "function", "message"),
    [
        (np.ones((3, 2)), lambda x: x, r"\[b, s, e\], got shape \(3, 2\)"),
        (np.ones((3, 2, 5)), lambda x: x[:, 0], r"\[3, t, u\], got shape \(3, 5\)"),
        (np.ones((3, 2, 5)), lambda x: x[:2], r"\[3, t, u\], got shape \(2, 2, 5\)"),
    ],
)
def test_other_shapes_are_refused(x, function, message):
    with pytest.raises(ValueError, match=message):
        gradient_norm_by_pair(function, x)

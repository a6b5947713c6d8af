import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest
from keras import ops

from keras_transformer import MultiHeadAttention
from keras_transformer.measure import without_head


@pytest.fixture
def layer():
    layer = MultiHeadAttention(num_heads=3, width=15)
    layer.build((2, 5, 7), (2, 11, 7))
    random = np.random.default_rng(3)
    for weight in layer.trainable_variables:
        weight.assign(random.normal(size=weight.shape))
    return layer


QUERY, VALUE = np.random.default_rng(5).normal(size=(2, 2, 7, 7)).astype("float32")


def output(layer):
    return ops.convert_to_numpy(layer(QUERY, VALUE))


def test_what_the_heads_add_sums_to_what_they_say_together(layer):
    whole, bias = output(layer), ops.convert_to_numpy(layer.output_projection.bias + 0)
    parts = []
    for head in range(3):
        with without_head(layer, head):
            parts.append(whole - output(layer))
    np.testing.assert_allclose(sum(parts) + bias, whole, rtol=1e-4, atol=1e-4)
    assert all(np.abs(part).max() > 0.1 for part in parts)


def test_a_removed_head_may_look_where_it_likes(layer):
    with without_head(layer, 1):
        before = output(layer)
        kernel = layer.value_projection.kernel
        changed = ops.convert_to_numpy(kernel + 0)
        changed[:, 5:10] += 9.0  # the values of head 1 alone
        kernel.assign(changed)
        np.testing.assert_allclose(output(layer), before, rtol=1e-5)
    assert np.abs(output(layer) - before).max() > 1


def test_the_head_comes_back_bit_for_bit_also_after_an_error(layer):
    before = [ops.convert_to_numpy(w + 0).copy() for w in layer.weights]
    with pytest.raises(KeyError), without_head(layer, 0):
        raise KeyError("lost")
    for weight, was in zip(layer.weights, before, strict=True):
        assert np.array_equal(ops.convert_to_numpy(weight + 0), was)


@pytest.mark.parametrize("head", [-1, 3])
def test_a_head_that_is_not_there_is_refused(layer, head):
    with (
        pytest.raises(ValueError, match=f"head must be from 0 to 2, got {head}"),
        without_head(layer, head),
    ):
        pass

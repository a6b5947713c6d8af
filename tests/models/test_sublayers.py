"""What stands around and between the attentions of a block, by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.models import FeedForward, Residual


def array(tensor):
    return ops.convert_to_numpy(tensor)


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


@pytest.mark.parametrize(
    "layer",
    [
        Residual("post", 0.25, 1e-3, seed=5),
        FeedForward(7, 11, "gelu", 0.5, "he_normal", seed=3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_comes_back_from_its_config(layer):
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()


def test_the_mask_of_an_embedding_passes_by():
    x = keras.layers.Embedding(9, 4, mask_zero=True)(np.array([[3, 0]]))
    y = FeedForward(4, 5)(x)
    mean = keras.layers.GlobalAveragePooling1D()  # reads the mask
    np.testing.assert_allclose(array(mean(y)), array(y)[:, 0], atol=1e-6)
    total = Residual("post")(x, y)
    np.testing.assert_allclose(array(mean(total)), array(total)[:, 0], atol=1e-6)

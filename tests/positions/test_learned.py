import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.positions import LearnedPositions

TABLE = np.arange(21, dtype="float32").reshape(7, 3)


def layer_with_table(**kwargs):
    layer = LearnedPositions(7, **kwargs)
    layer.build((None, None, 3))
    layer.set_weights([TABLE])
    return layer


@pytest.mark.parametrize("offset", [0, 2])
def test_each_position_gets_its_own_vector(offset):
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    layer = layer_with_table()
    wanted = x + TABLE[offset : offset + 5]
    np.testing.assert_allclose(layer(x, offset=offset), wanted, rtol=1e-6)
    tensor = ops.convert_to_tensor(offset, "int32")
    np.testing.assert_allclose(layer(x, offset=tensor), wanted, rtol=1e-6)


def test_a_position_beyond_the_last_is_refused():
    layer = layer_with_table()
    rule = "learned positions end at max_length=7, got positions up to {}"
    with pytest.raises(ValueError, match=rule.format(8)):
        layer(np.zeros((1, 8, 3), "float32"))
    with pytest.raises(ValueError, match=rule.format(9)):
        layer(np.zeros((1, 4, 3), "float32"), offset=5)


def test_there_must_be_a_position():
    with pytest.raises(ValueError, match="max_length must be at least 1, got 0"):
        LearnedPositions(0)


def test_half_precision_adds_in_its_own_dtype():
    found = layer_with_table(dtype="mixed_float16")(np.zeros((1, 5, 3), "float32"))
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    np.testing.assert_array_equal(np.asarray(found)[0], TABLE[:5])


def test_only_the_positions_of_the_sequence_are_trained():
    inputs = keras.Input((None, 3))
    layer = layer_with_table()
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(np.zeros((2, 4, 3)), np.zeros((2, 4, 3)), verbose=0)
    moved = np.any(layer.get_weights()[0] != TABLE, axis=-1)
    assert moved.tolist() == [True, True, True, True, False, False, False]


def test_learned_positions_come_back_from_their_config():
    layer = LearnedPositions(7, initializer="ones")
    twin = LearnedPositions.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    x = np.zeros((1, 5, 3), "float32")
    np.testing.assert_array_equal(twin(x), np.ones((1, 5, 3)))


def test_the_mask_of_an_embedding_stays_with_the_sequence():
    ids = np.array([[3, 1, 0], [2, 0, 0]])
    x = LearnedPositions(7)(keras.layers.Embedding(5, 4, mask_zero=True)(ids))
    np.testing.assert_array_equal(ops.convert_to_numpy(x._keras_mask), ids != 0)

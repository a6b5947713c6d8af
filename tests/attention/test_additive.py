import pathlib

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Additive
from keras_transformer.attention.additive import (
    additive_scores,
    chunked_additive_scores,
)

STATUS = pathlib.Path("/proc/self/status")


def test_additive_equals_the_layer_of_keras():
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    layer = Additive(7)
    theirs = keras.layers.AdditiveAttention()
    theirs.build([query.shape, key.shape, key.shape])
    vector = oracle.numbers(7)
    theirs.set_weights([vector])
    layer.build(query.shape, key.shape)
    layer.set_weights([np.eye(7), np.eye(7), vector])
    value = oracle.numbers(2, 3, 11)
    scores = ops.convert_to_numpy(layer(query, key))
    context = oracle.weigh(oracle.softmax, scores) @ value
    np.testing.assert_allclose(theirs([query, value, key]), context, atol=1e-5)


def test_additive_weights_do_not_start_equal():
    layer = Additive(7)
    layer.build((2, 7), (3, 7))
    assert not np.array_equal(layer.query_kernel, layer.key_kernel)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_key_that_is_projected_already_gives_the_same_scores(dtype):
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 11)
    layer = Additive(13, dtype=dtype)
    scores = layer(query, key)
    projected = layer.project_key(key)
    assert projected.shape == (2, 3, 13)
    assert projected.dtype == scores.dtype
    again = layer(query, projected, projected=True)
    np.testing.assert_array_equal(*(ops.cast(x, "float32") for x in (scores, again)))


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7])
def test_chunks_change_neither_scores_nor_gradient(chunk, gradient):
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    vector = oracle.numbers(7)
    probe = oracle.numbers(2, 5, 3, seed=3)

    def chunked(query, key, vector):
        return chunked_additive_scores(query, key, vector, chunk)

    arguments = (query, key, vector)
    tensors = [ops.convert_to_tensor(x) for x in arguments]
    np.testing.assert_allclose(
        chunked(*tensors), additive_scores(*tensors), atol=1e-6, rtol=1e-6
    )
    ends = np.cumsum([x.size for x in arguments])[:-1]

    def loss(numbers, scores):
        parts = zip(ops.split(numbers, ends), arguments, strict=True)
        return ops.sum(probe * scores(*(ops.reshape(p, x.shape) for p, x in parts)))

    every = np.concatenate([x.ravel() for x in arguments])
    found, wanted = (
        gradient(lambda x, f=f: loss(x, f), every) for f in (chunked, additive_scores)
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_chunks_train_the_layer_in_a_model_of_unknown_length():
    query, value = keras.Input((None, 5)), keras.Input((None, 3))
    layer = Additive(7, chunk=2)
    model = keras.Model([query, value], layer(query, value))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x = [oracle.numbers(2, 5, 5), oracle.numbers(2, 3, 3)]
    before = layer.get_weights()
    model.fit(x, oracle.numbers(2, 5, 3), verbose=0)
    twin = keras.Model([query, value], (whole := Additive(7))(query, value))
    whole.set_weights(before)
    twin.compile(keras.optimizers.SGD(1.0), "mse")
    twin.fit(x, oracle.numbers(2, 5, 3), verbose=0)
    for old, ours, theirs in zip(
        before, layer.get_weights(), whole.get_weights(), strict=True
    ):
        assert not np.array_equal(old, ours)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def peak_megabytes():
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not STATUS.exists(), reason="peak memory is read from /proc")
def test_chunks_bound_the_memory_of_the_gradient(gradient):
    query, key = oracle.numbers(1, 512, 128), oracle.numbers(1, 512, 128, seed=1)
    vector = oracle.numbers(128)  # one array of the tanh: 128 MB; a chunk of 16: 4 MB

    def growth(scores):
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        before = peak_megabytes()
        gradient(lambda x: ops.sum(scores(x, key, vector) ** 2), query)
        return peak_megabytes() - before

    chunked = growth(lambda q, k, v: chunked_additive_scores(q, k, v, 16))
    assert chunked < 110 < growth(additive_scores)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"units": 0}, "units must be at least 1, got units=0"),
        (
            {"units": 3, "chunk": 0},
            "chunk must be at least 1, or None, got chunk=0",
        ),
    ],
)
def test_additive_refuses(arguments, rule):
    with pytest.raises(ValueError, match=rule):
        Additive(**arguments)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_chunks_have_a_gradient_in_half_precision(dtype, gradient):
    # What is recomputed for the gradient runs outside of the layer's autocast.
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    chunked, whole = Additive(7, chunk=2, dtype=dtype), Additive(7, dtype=dtype)
    for layer in (chunked, whole):
        layer.build(query.shape, key.shape)
    chunked.set_weights(whole.get_weights())

    def total(x, layer):
        return ops.sum(ops.cast(layer(x, key), "float32"))

    np.testing.assert_allclose(
        gradient(lambda x: total(x, chunked), query),
        gradient(lambda x: total(x, whole), query),
        atol=2e-2,
    )


def test_one_query_is_scored_alike_compiled_or_not():
    # XLA has written beyond a product that was a batch of one row each.
    random = np.random.default_rng(5)
    query = random.normal(size=(16, 1, 8)).astype("float32")
    key = random.normal(size=(16, 20, 8)).astype("float32")
    score = Additive(12)
    wanted = np.asarray(score(query, key))
    inputs = [keras.Input(x.shape[1:]) for x in (query, key)]
    model = keras.Model(inputs, score(*inputs))
    model.compile(jit_compile=True)
    np.testing.assert_allclose(model.predict_on_batch([query, key]), wanted, atol=1e-5)

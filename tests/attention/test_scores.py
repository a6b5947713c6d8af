import re

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.attention import Bilinear, Dot, Linear, ScaledDot, Softmax

ALL = list(oracle.SCORES)
ANY_WIDTHS = [name for name in ALL if "dot" not in name]

# What stands before, queries, keys, width.
SHAPES = [((), 3, 5, 1), *((*shape, 7) for shape in oracle.SHAPES)]


@pytest.mark.parametrize("name", ALL)
@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_scores_are_the_papers_equations(name, shape, seed):
    leading, queries, keys, width = shape
    layer = oracle.SCORES[name][0]()
    query = oracle.numbers(*leading, queries, width, seed=seed)
    key = oracle.numbers(*leading, keys, width, seed=seed + 1)
    found = np.asarray(layer(query, key))
    expected = oracle.scores(oracle.score_oracle(name, layer), query, key)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ANY_WIDTHS)
def test_query_and_key_may_differ_in_width(name):
    layer = oracle.SCORES[name][0]()
    query, key = oracle.numbers(2, 5, 3), oracle.numbers(2, 7, 13)
    found = np.asarray(layer(query, key))
    expected = oracle.scores(oracle.score_oracle(name, layer), query, key)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", [Dot, ScaledDot])
def test_dot_products_refuse_two_widths(kind):
    rule = "a dot product needs query and key of one width, got query 3, key 5"
    with pytest.raises(ValueError, match=re.escape(rule)):
        kind()(oracle.numbers(2, 7, 3), oracle.numbers(2, 7, 5))


@pytest.mark.parametrize("name", ALL)
def test_key_without_heads_serves_every_query_head(name):
    # As grouped heads use it: [b, r, t, d] against [b, 1, s, d].
    layer = oracle.SCORES[name][0]()
    query, key = oracle.numbers(2, 3, 5, 7), oracle.numbers(2, 1, 4, 7)
    expected = ops.convert_to_numpy(layer(query, np.repeat(key, 3, axis=1)))
    np.testing.assert_allclose(layer(query, key), expected, atol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_scores_compile(name, compiled):
    layer = oracle.SCORES[name][0]()
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    expected = ops.convert_to_numpy(layer(query, key))
    program = compiled(lambda q, k: layer(q, k))
    found = program(ops.convert_to_tensor(query), ops.convert_to_tensor(key))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ALL)
def test_scores_follow_the_dtype_policy(name, dtype):
    layer = oracle.SCORES[name][0](dtype=dtype)
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    found = layer(query, key)
    assert keras.backend.standardize_dtype(found.dtype) == dtype.removeprefix("mixed_")
    assert all(weight.dtype == "float32" for weight in layer.weights)
    expected = oracle.scores(oracle.score_oracle(name, layer), query, key)
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, expected, atol=0.1, rtol=0.02)


@pytest.mark.parametrize("name", ALL)
def test_scores_come_back_from_their_config(name):
    layer = oracle.SCORES[name][0]()
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    expected = ops.convert_to_numpy(layer(query, key))
    config = keras.saving.serialize_keras_object(layer)
    twin = keras.saving.deserialize_keras_object(config)
    assert twin.get_config() == layer.get_config()
    twin(query, key)
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(query, key), expected)


def test_general_with_the_identity_is_the_dot_product():
    query, key = oracle.numbers(2, 5, 7), oracle.numbers(2, 3, 7)
    layer = Bilinear(kernel_initializer="identity")
    np.testing.assert_allclose(layer(query, key), Dot()(query, key), atol=1e-6)


def test_general_reads_its_matrix_from_query_to_key():
    layer = Bilinear()
    layer.build((1, 2), (1, 2))
    layer.set_weights([np.array([[0.0, 1.0], [0.0, 0.0]])])  # query 0 meets key 1
    query = np.array([[1.0, 10.0]], "float32")
    key = np.array([[100.0, 1000.0]], "float32")
    assert np.asarray(layer(query, key))[0, 0] == 1000.0


def test_scaled_scores_of_long_vectors_stay_finite_in_float16():
    vector = np.full((1, 1031), 8.0, "float32")  # 64 · 1031 > 65504, 64 · √1031 = 2055
    assert not np.isfinite(np.asarray(Dot(dtype="float16")(vector, vector))).all()
    scaled = ScaledDot(dtype="float16")(vector, vector)
    np.testing.assert_allclose(float(scaled[0, 0]), 2055.0, rtol=1e-2)


def test_scaled_scores_of_random_vectors_have_variance_one():
    query, key = oracle.numbers(101, 211), oracle.numbers(103, 211, seed=1)
    assert np.var(np.asarray(ScaledDot()(query, key))) == pytest.approx(1.0, abs=0.1)
    assert np.var(np.asarray(Dot()(query, key))) == pytest.approx(211.0, rel=0.1)


def test_softmax_of_linear_scores_does_not_depend_on_the_query(gradient):
    layer = Linear()
    key = oracle.numbers(2, 7, 3)
    one, other = oracle.numbers(2, 5, 3), oracle.numbers(2, 5, 3, seed=1)
    weigh = Softmax()
    np.testing.assert_allclose(
        weigh(layer(one, key)), weigh(layer(other, key)), atol=1e-6
    )

    def weight_of_the_first_key(query):
        return ops.sum(weigh(layer(query, key))[..., 0])

    assert np.abs(gradient(weight_of_the_first_key, one)).max() < 1e-6


def test_linear_scores_add_their_bias():
    layer = Linear(kernel_initializer="zeros")
    layer.build((1, 2), (1, 3))
    layer.bias.assign(5.0)
    scores = layer(oracle.numbers(1, 2), oracle.numbers(1, 3))
    assert np.asarray(scores).tolist() == [[5.0]]


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="only a TensorFlow loop can be compiled without knowing the batch",
)
@pytest.mark.parametrize("name", ALL)
def test_scores_step_and_train_in_a_compiled_loop_of_unknown_batch(name):
    import tensorflow as tf

    layer = oracle.SCORES[name][0]()
    state, key = oracle.numbers(2, 3, 5), oracle.numbers(2, 7, 5, seed=1)
    layer(state, key)
    weights = [weight.value for weight in layer.trainable_weights]

    def loop(state, key):
        def step(index, state):
            attended = tf.matmul(tf.nn.softmax(layer(state, key)), key)
            return index + 1, tf.tanh(state + attended)

        with tf.GradientTape() as tape:
            tape.watch(state)
            first = (tf.constant(0), state)
            # Three steps; a gradient in XLA needs to know how many there may be.
            last = tf.while_loop(
                lambda index, _: index < 3, step, first, maximum_iterations=3
            )[1]
            total = tf.reduce_sum(last**2)
        return total, tape.gradient(total, [state, *weights])

    shapes = [tf.TensorSpec((None, 3, 5)), tf.TensorSpec((None, 7, 5))]
    program = tf.function(loop, jit_compile=True, input_signature=shapes)
    arguments = (tf.constant(state), tf.constant(key))
    wanted, found = (tf.nest.flatten(f(*arguments)) for f in (loop, program))
    # The bias and the query's part of a linear score get no gradient: see `Linear`.
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_the_scores_of_one_head_are_alike_compiled_or_not(compiled, name):
    # XLA has written beyond a product that was a batch of one matrix for each sentence.
    layer = oracle.SCORES[name][0]()
    query, key = oracle.numbers(16, 1, 8, 12), oracle.numbers(16, 1, 20, 12, seed=1)
    wanted = np.asarray(layer(query, key))
    program = compiled(lambda query, key: layer(query, key))
    for _ in range(5):
        found = program(query, key)
        np.testing.assert_allclose(found, wanted, atol=1e-5)

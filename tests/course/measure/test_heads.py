import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest
from keras import ops

from keras_transformer import MultiHeadAttention
from keras_transformer.course.measure import (
    gold_weight,
    mean_weight,
    silenced,
)


def weights(*shape, seed=0):
    powers = np.exp(np.random.default_rng(seed).normal(size=shape))
    return powers / powers.sum(-1, keepdims=True)


def test_the_mean_weight_is_taken_over_the_queries_that_count():
    given = weights(2, 3, 5, 7, 11)  # b layer h t s
    positions = np.array([[-1, 0, 1, 2, 3, 4, -1], [10, -1, -1, -1, -1, -1, 6]])
    found = mean_weight(given, positions)
    for layer in range(3):
        for head in range(5):
            one = [given[0, layer, head, t, t - 1] for t in range(1, 6)]
            two = [given[1, layer, head, 0, 10], given[1, layer, head, 6, 6]]
            wanted = sum(one + two) / 7
            np.testing.assert_allclose(found[layer, head], wanted, rtol=1e-12)


def test_without_layers_and_heads_the_mean_weight_is_one_number():
    given = np.array([[[0.75, 0.25], [0.5, 0.5], [0.0, 1.0]]])  # b t s
    assert mean_weight(given, np.array([[0, -1, 1]])) == (0.75 + 1.0) / 2


def test_a_query_has_one_position_among_the_keys():
    with pytest.raises(ValueError, match="every query needs one position"):
        mean_weight(weights(2, 3, 5, 7), np.zeros((2, 4), int))
    with pytest.raises(ValueError, match="positions must lie below 7, got 7"):
        mean_weight(weights(2, 3, 5, 7), np.full((2, 5), 7))
    with pytest.raises(ValueError, match="at least one query must be counted"):
        mean_weight(weights(2, 3, 5, 7), np.full((2, 5), -1))


def test_gold_weight_adds_the_links_of_a_word_and_averages_over_words():
    tables = [
        np.array([[[0.5, 0.25, 0.25], [0.125, 0.0, 0.875]]]),  # h t s
        np.array([[[1.0]]]),
    ]
    # Word 0 translates two words, word 1 one; the word of the second sentence one.
    gold = [((0, 0), (2, 0), (2, 1)), ((0, 0),)]
    np.testing.assert_allclose(gold_weight(tables, gold), [(0.75 + 0.875 + 1) / 3])


def test_gold_weight_needs_a_link():
    with pytest.raises(ValueError, match="gold weight needs links, got none"):
        gold_weight([np.ones((1, 1, 1))], [()])


def layer(heads, width=12, **options):
    made = MultiHeadAttention(heads, width, **options)
    made.build((None, None, width), (None, None, width))
    for number, variable in enumerate(made.weights):
        if variable.shape:
            variable.assign(np.random.default_rng(number).normal(size=variable.shape))
    return made


@pytest.mark.parametrize("groups", [None, 1])
def test_the_heads_and_the_bias_add_up_to_the_output(groups):
    attention = layer(3, num_key_value_heads=groups)
    x = np.random.default_rng(9).normal(size=(2, 5, 12)).astype("float32")
    whole = ops.convert_to_numpy(attention(x, x))
    bias = ops.convert_to_numpy(attention.output_projection.bias)
    parts = 0.0
    for head in range(3):
        with silenced(attention, head):
            parts = parts + whole - ops.convert_to_numpy(attention(x, x))
    np.testing.assert_allclose(parts + bias, whole, atol=1e-4)
    with silenced(attention, 0, 2, 1):
        nothing = ops.convert_to_numpy(attention(x, x))
    np.testing.assert_allclose(nothing, np.broadcast_to(bias, whole.shape), atol=1e-6)


def test_a_silenced_head_speaks_again_whatever_happens_inside():
    attention = layer(2)
    before = ops.convert_to_numpy(attention.output_projection.kernel).copy()
    with pytest.raises(RuntimeError), silenced(attention, 1):
        inside = ops.convert_to_numpy(attention.output_projection.kernel).copy()
        raise RuntimeError
    assert (inside[6:] == 0).all()
    np.testing.assert_array_equal(inside[:6], before[:6])
    np.testing.assert_array_equal(attention.output_projection.kernel, before)


def test_only_a_head_that_there_is_can_be_silenced():
    attention = layer(2)
    wrong = pytest.raises(ValueError, match="head must be from 0 to 1, got 2")
    with wrong, silenced(attention, 2):
        pass

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.masks import (
    causal_mask,
    combine_masks,
    masked_softmax,
    padding_mask,
    without_unseen,
)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def softmax(scores, mask):
    """In float64; a row with nothing visible is zero."""
    scores = np.where(mask, np.float64(scores), -np.inf)
    top = scores.max(-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isfinite(top), top, 0.0))
    total = weights.sum(-1, keepdims=True)
    return weights / np.where(total == 0, 1.0, total)


def test_padding_is_hidden_and_every_other_id_kept():
    mask = padding_mask(np.array([[5, 0, 7], [0, 0, 0]]))
    assert array(mask).tolist() == [[[True, False, True]], [[False, False, False]]]


def test_the_padding_id_can_be_another():
    mask = padding_mask(np.array([[5, 0, 7]]), padding_id=7)
    assert array(mask).tolist() == [[[True, True, False]]]


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ({"query_length": 3}, ["100", "110", "111"]),
        # Without an offset the last query sits on the last key.
        ({"query_length": 2, "key_length": 4}, ["1110", "1111"]),
        ({"query_length": 1, "key_length": 5}, ["11111"]),
        # A cache longer than what it holds.
        ({"query_length": 1, "key_length": 5, "offset": 0}, ["10000"]),
        ({"query_length": 2, "key_length": 5, "offset": 2}, ["11100", "11110"]),
        ({"query_length": 3, "key_length": 2, "offset": 0}, ["10", "11", "11"]),
    ],
)
def test_a_query_sees_itself_and_what_came_before(arguments, rows):
    expected = [[[cell == "1" for cell in row] for row in rows]]
    assert array(causal_mask(**arguments)).tolist() == expected


def test_the_offset_may_be_a_tensor():
    mask = causal_mask(2, 5, offset=ops.convert_to_tensor(2, "int32"))
    assert array(mask).tolist() == array(causal_mask(2, 5, offset=2)).tolist()


def test_more_queries_than_keys_need_an_offset():
    with pytest.raises(ValueError, match=r"got query_length=3, key_length=2"):
        causal_mask(3, 2)


def test_a_causal_mask_of_unknown_length_is_refused_with_a_way_out():
    x = keras.Input((None, 3))
    rule = r"got query_length=None.*ops\.shape\(x\)\[1\].*use_causal_mask=True"
    with pytest.raises(ValueError, match=rule):
        causal_mask(x.shape[1])


@keras.saving.register_keras_serializable("tests")
class Lengths(keras.layers.Layer):
    """Masks of the lengths that it meets."""

    def call(self, query, key):
        t, s = ops.shape(query)[1], ops.shape(key)[1]
        return causal_mask(t), causal_mask(t, s), causal_mask(t, s, offset=t)


def test_masks_work_in_a_model_of_unknown_lengths():
    ids, x = keras.Input((None,), dtype="int32"), keras.Input((None, 3))
    masks = [padding_mask(ids), *Lengths()(x, ops.expand_dims(ids, -1))]
    model = keras.Model([ids, x], [*masks, combine_masks(masks[0], masks[2])])
    tokens = np.array([[5, 7, 2, 0], [5, 0, 0, 0]])
    found = model([tokens, np.zeros((2, 3, 3), "float32")])
    wanted = [padding_mask(tokens), causal_mask(3), causal_mask(3, 4)]
    wanted += [causal_mask(3, 4, 3), combine_masks(wanted[0], wanted[2])]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(array(one), array(other))


def test_scores_below_minus_a_billion_share_as_others_do():
    mask = np.array([[True, True, False]])
    for low in (-1e9, -2e9, -1e30):
        scores = np.array([[low, low, 5.0]], "float32")
        assert array(masked_softmax(scores, mask)).tolist() == [[0.5, 0.5, 0.0]]


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_hidden_score_may_be_anything(poison, gradient):
    scores = np.array([[1.0, 3.0, poison]], "float32")
    mask = np.array([[True, True, False]])
    wanted = softmax(np.array([[1.0, 3.0, 0.0]]), mask)
    np.testing.assert_allclose(array(masked_softmax(scores, mask)), wanted, rtol=1e-6)
    slope = gradient(lambda x: ops.sum(masked_softmax(x, mask) ** 2), scores)
    assert np.isfinite(slope).all() and slope[0, 2] == 0.0


def test_a_key_that_one_of_several_sees_is_kept():
    x = np.ones((1, 2, 1, 3, 1), "float32")  # b g 1 s d, one key for several heads
    seen = np.zeros((2, 1, 2, 3), bool)
    seen[0, 0, 1, 0] = seen[1, 0, 0, 2] = True
    one, other = without_unseen(seen, x, x)
    assert one is other and one.shape == x.shape
    assert array(one)[0, :, 0, :, 0].tolist() == [[1.0, 0.0, 1.0]] * 2
    (found,) = without_unseen(seen, x[0, 0, 0])
    assert array(found)[:, 0].tolist() == [1.0, 0.0, 1.0]


def test_combined_masks_keep_what_each_keeps():
    padding = padding_mask(np.array([[5, 7, 0], [5, 0, 0]]))  # b 1 s
    mask = array(combine_masks(None, padding, causal_mask(3), None))
    assert mask.astype(int).tolist() == [
        [[1, 0, 0], [1, 1, 0], [1, 1, 0]],
        [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
    ]


def test_nothing_to_combine_hides_nothing():
    assert combine_masks() is None
    assert combine_masks(None, None) is None


@pytest.mark.parametrize(
    ("mask", "name"),
    [
        (np.array([[0.0, -1e9]], "float32"), "float32"),
        (np.array([[1, 0]], "int32"), "int32"),
        ([[True, False]], "list"),
    ],
)
def test_a_mask_that_is_not_boolean_is_refused(mask, name):
    message = rf"a mask must be boolean with True = keep, got dtype {name}"
    with pytest.raises(ValueError, match=message):
        combine_masks(mask)
    with pytest.raises(ValueError, match=message):
        masked_softmax(np.zeros((1, 2), "float32"), mask)


def test_weights_by_hand():
    # e^0 : e^(ln 3) = 1 : 3; the third key, with the largest score, is hidden.
    scores = np.array([[0.0, np.log(3.0), 50.0]], "float32")
    weights = array(masked_softmax(scores, np.array([[True, True, False]])))
    np.testing.assert_allclose(weights, [[0.25, 0.75, 0.0]], rtol=1e-6)
    assert weights[0, 2] == 0.0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.booleans(), min_size=15, max_size=15),
    st.lists(st.floats(-80, 80, width=32), min_size=15, max_size=15),
)
def test_weights_equal_a_float64_softmax_over_the_visible_keys(visible, scores):
    mask = np.reshape(visible, (3, 5))
    scores = np.reshape(scores, (3, 5)).astype("float32")
    weights = array(masked_softmax(scores, mask))
    np.testing.assert_allclose(weights, softmax(scores, mask), atol=2e-6)
    assert (weights[~mask] == 0).all()


def test_without_a_mask_every_key_counts():
    scores = np.array([[1.0, 2.0, -3.0]], "float32")
    expected = softmax(scores, np.ones((1, 3), bool))
    np.testing.assert_allclose(array(masked_softmax(scores)), expected, atol=1e-7)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_query_that_sees_nothing_gets_zeros_and_finite_gradients(dtype, gradient):
    mask = np.array([[True, False, True], [False, False, False]])
    values = np.array([[3.0, 5.0, 7.0], [11.0, 13.0, 17.0]], "float32")
    weight = np.array([1.0, -2.0, 3.0], "float32")
    weights = masked_softmax(ops.cast(values, dtype), mask)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    assert array(ops.cast(weights, "float32"))[1].tolist() == [0.0, 0.0, 0.0]

    def total(scores):
        weights = masked_softmax(ops.cast(scores, dtype), mask)
        return ops.sum(ops.cast(weights, "float32") * weight)

    slope = gradient(total, values)
    assert np.isfinite(slope).all()
    assert slope[1].tolist() == [0.0, 0.0, 0.0]
    assert slope[0, 1] == 0.0
    # d/ds0 of w0·1 + w2·3 with w2 = 1 - w0 is -2·w0·w2.
    w = 1 / (1 + np.exp(4.0))
    assert slope[0, 0] == pytest.approx(-2 * w * (1 - w), rel=0.05)


def test_float16_scores_far_apart_stay_finite():
    scores = np.array([[60000.0, -60000.0, 0.0]], "float16")
    weights = array(masked_softmax(scores, np.array([[False, True, True]])))
    assert weights.tolist() == [[0.0, 0.0, 1.0]]


def test_the_mask_broadcasts_over_heads_and_queries():
    scores = np.zeros((2, 3, 5, 7), "float32")
    mask = np.zeros((2, 1, 1, 7), bool)
    mask[0, ..., :4] = True
    weights = array(masked_softmax(scores, mask))
    assert weights[0, 2, 4].tolist() == [0.25] * 4 + [0.0] * 3
    assert not weights[1].any()

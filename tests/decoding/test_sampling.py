import keras
import numpy as np
import pytest
from decoding_models import END, VOCABULARY, array, strong
from keras import ops

from keras_transformer.decoding import (
    MinLength,
    Sample,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    temper,
)
from keras_transformer.decoding.sampling import draw
from keras_transformer.laws.toy_models import Tree

CHANCES = np.array([[0.5, 0.25, 0.15, 0.1], [0.1, 0.15, 0.25, 0.5]])
LOGITS = np.log(CHANCES).astype("float32") + 3  # what is added changes nothing


def kept(logits):
    return [np.flatnonzero(np.isfinite(row)).tolist() for row in array(logits)]


# Filters


def test_temperature_sharpens_below_1_and_flattens_above():
    for temperature in (0.5, 1.0, 2.0):
        made = np.exp(array(temper(LOGITS, temperature)))
        wanted = CHANCES ** (1 / temperature)
        np.testing.assert_allclose(
            made / made.sum(-1, keepdims=True),
            wanted / wanted.sum(-1, keepdims=True),
            rtol=1e-4,
        )


def test_top_k_keeps_the_k_likeliest_and_ties():
    assert kept(keep_top_k(LOGITS, 2)) == [[0, 1], [2, 3]]
    assert kept(keep_top_k(LOGITS, 9)) == [[0, 1, 2, 3]] * 2
    tied = np.array([[1.0, 2.0, 2.0, 0.0]], "float32")
    assert kept(keep_top_k(tied, 1)) == [[1, 2]]


def test_top_p_keeps_the_token_that_reaches_p():
    assert kept(keep_top_p(LOGITS, 0.3)) == [[0], [3]]
    assert kept(keep_top_p(LOGITS, 0.74)) == [[0, 1], [2, 3]]
    assert kept(keep_top_p(LOGITS, 0.76)) == [[0, 1, 2], [1, 2, 3]]
    assert kept(keep_top_p(LOGITS, 1.0)) == [[0, 1, 2, 3]] * 2
    assert kept(keep_top_p(LOGITS, 1e-12)) == [[0], [3]]


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.99, 0.99999])
def test_top_p_keeps_no_more_than_it_needs(p):
    logits = np.random.default_rng(3).normal(0, 3, (23, 257)).astype("float32")
    logits[:, 5] = -np.inf
    chances = np.exp(logits.astype("float64"))
    chances /= chances.sum(-1, keepdims=True)
    for row, kept in zip(
        chances, np.isfinite(array(keep_top_p(logits, p))), strict=True
    ):
        least = row[kept].min()
        assert kept.tolist() == (row >= least).tolist()
        # To the rounding of float32: with the least likely p is reached, not without.
        assert row[kept].sum() > p - 1e-6
        assert row[kept].sum() - least < p + 1e-6


def test_min_p_compares_with_the_likeliest():
    assert kept(keep_min_p(LOGITS, 0.49)) == [[0, 1], [2, 3]]
    assert kept(keep_min_p(LOGITS, 0.29)) == [[0, 1, 2], [1, 2, 3]]
    assert kept(keep_min_p(LOGITS, 1.0)) == [[0], [3]]


def test_filters_follow_one_another():
    # Of the first three, 0.5, 0.25 and 0.15, two have 0.75 / 0.9 = 0.83.
    assert kept(Sample(top_k=3, top_p=0.8).filtered(LOGITS)) == [[0, 1], [2, 3]]
    assert kept(keep_top_p(LOGITS, 0.8)) == [[0, 1, 2], [1, 2, 3]]
    # At temperature 1/2 the second is a quarter as likely as the first, not half.
    assert kept(Sample(temperature=0.5, min_p=0.4).filtered(LOGITS)) == [[0], [3]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: temper(LOGITS, 0.0), "temperature must be greater than 0, got 0.0"),
        (lambda: Sample(temperature=-1), "temperature must be greater than 0, got -1"),
        (lambda: Sample(top_k=0), "top_k must be at least 1, got 0"),
        (lambda: Sample(top_p=0.0), "top_p must be greater than 0, got 0.0"),
        (lambda: Sample(min_p=1.5), "min_p must be at most 1, got 1.5"),
        (lambda: Sample(count=0), "count must be at least 1, got 0"),
        (lambda: Sample(seed=-1), "seed must be at least 0, got -1"),
    ],
)
def test_options_outside_their_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# Draws


def test_a_token_is_drawn_where_the_sum_exceeds_the_number():
    logits = np.repeat(LOGITS[:1], 6, axis=0)
    uniform = np.array([0.0, 0.49, 0.51, 0.74, 0.76, 0.91], "float32")
    assert array(draw(logits, uniform)).tolist() == [0, 0, 1, 1, 2, 3]


def test_the_impossible_is_never_drawn():
    logits = np.random.default_rng(3).normal(0, 2, (101, 1009)).astype("float32")
    logits[:, ::2] = -np.inf
    logits[:, -9:] = -np.inf
    for number in (0.0, 0.5, 1 - 2**-24, 1.0):
        drawn = array(draw(logits, np.full(101, number, "float32")))
        assert np.isfinite(np.take_along_axis(logits, drawn[:, None], 1)).all()


def test_samples_of_a_sentence_differ_and_have_the_score_of_their_tokens():
    tree = Tree(6)
    source = np.array([[5, 3], [6, 3], [0, 0]])
    found = Sample(count=7, seed=2, temperature=2.0)(tree, source, 4)
    tokens, scores = map(array, found)
    assert tokens.shape == (3, 7, 4)
    for row, said, score in zip(source[:2], tokens, scores, strict=False):
        assert len(np.unique(said, axis=0)) > 3
        for ids, total in zip(said.tolist(), score, strict=True):
            words = [token for token in ids if token]
            assert total == pytest.approx(tree.total(row[0], words), abs=1e-4)
    assert not tokens[2].any()
    assert not scores[2].any()


@pytest.mark.compiles
def test_samples_obey_constraints():
    source = np.array([[3, 4, 2]] * 5)
    method = Sample(seed=3, constraints=(MinLength(6),), top_p=0.8)
    said = array(method(strong(), source, 6).tokens)
    assert (said > END).all() and (said < VOCABULARY).all()


def test_the_numbers_of_a_sentence_depend_on_seed_and_number_only():
    method = Sample(seed=5, count=2)
    numbers = method.inputs([7, 0, 3], 11)["uniform"]
    assert numbers.shape == (3, 2, 11) and numbers.dtype == "float32"
    np.testing.assert_array_equal(method.inputs([3], 4)["uniform"], numbers[2:, :, :4])
    assert len(np.unique(numbers)) == numbers.size
    other = Sample(seed=6, count=2).inputs([7, 0, 3], 11)["uniform"]
    assert not (other == numbers).any()


def test_given_numbers_are_drawn_with():
    source = np.array([[5], [6]])
    numbers = np.zeros((2, 1, 3), "float32")
    said = array(Sample()(Tree(6), source, 3, uniform=numbers).tokens)
    # The first possible token every time is the end.
    assert said.tolist() == [[[2, 0, 0]]] * 2
    numbers = ops.convert_to_tensor(numbers + np.float32(0.99999))
    assert (array(Sample()(Tree(6), source, 3, uniform=numbers).tokens) == 5).all()


def test_a_batch_of_unknown_size_needs_given_numbers():
    source = keras.KerasTensor((None, 3), "int32")
    with pytest.raises(ValueError, match=r"pass uniform, got .* shape \(None, 3\)"):
        Sample()(Tree(6), source, 3)

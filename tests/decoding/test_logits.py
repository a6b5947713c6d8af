import numpy as np
import pytest
from decoding_models import END, array

from keras_transformer.decoding.logits import (
    best_tokens,
    block_length,
    log_total,
    most_likely,
    words_only,
)


def some_logits(size, seed=3):
    """Few different numbers, so that many are equal, and some rows almost empty."""
    random = np.random.default_rng([seed, size])
    logits = random.integers(0, 40, (13, size)).astype("float32")
    logits[:, : END + 1] = 99
    logits[5, 9:] = -np.inf
    return logits


# Undivided, divided evenly (40 blocks of 50), and with a last block to fill up.
@pytest.mark.parametrize(
    ("size", "k", "first"),
    [
        (11, 4, END),
        (997, 7, END + 1),
        (2000, 1, END),
        (2000, 7, END + 1),
        (1031, 4, END + 1),
    ],
)
def test_the_best_tokens_are_those_of_a_stable_sort(size, k, first):
    logits = some_logits(size)
    words = np.where(np.arange(size) >= first, logits, -np.inf)
    wanted = np.argsort(-words, axis=-1, kind="stable")[:, :k]
    numbers, tokens = map(array, best_tokens(logits, k, first))
    np.testing.assert_array_equal(numbers, np.take_along_axis(words, wanted, -1))
    possible = np.isfinite(numbers)
    np.testing.assert_array_equal(tokens[possible], wanted[possible])
    assert tokens.max() < size and tokens.dtype == "int32"


def test_more_tokens_may_be_asked_for_than_blocks_hold():
    logits = some_logits(1100)
    words = np.where(np.arange(1100) >= END, logits, -np.inf)
    numbers = array(best_tokens(logits, 60)[0])
    np.testing.assert_array_equal(numbers, -np.sort(-words, axis=-1)[:, :60])


@pytest.mark.parametrize("size", [11, 1031])
def test_the_total_is_that_of_the_words_whatever_padding_has(size):
    logits = np.random.default_rng(size).normal(0, 9, (13, size)).astype("float32")
    logits[:, :END] = 300.0
    words = logits[:, END:].astype("float64")
    wanted = np.log(np.exp(words).sum(axis=-1))
    np.testing.assert_allclose(array(log_total(logits))[:, 0], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("size", "length"), [(8000, 100), (6000, 80), (2000, 50), (1031, 33), (4, 2)]
)
def test_blocks_divide_the_vocabulary_where_they_can(size, length):
    assert block_length(size) == length


def test_the_first_of_equals_is_the_most_likely():
    for size in (101, 2000):
        logits = some_logits(size)
        wanted = np.argmax(logits[:, 4:], axis=-1) + 4
        assert array(most_likely(logits, first=4)).tolist() == wanted.tolist()
        nothing = np.full((2, size), -np.inf, "float32")
        assert array(most_likely(nothing)).tolist() == [0, 0]


def test_padding_and_start_are_no_words():
    made = array(words_only(np.array([[7, 8, 1, 2]], "float16")))
    assert made.dtype == "float32"
    assert made.tolist() == [[-np.inf, -np.inf, 1, 2]]

"""The cache that the hypotheses of a sentence share."""

import numpy as np
from keras import ops

from keras_transformer.attention.cache import (
    KeyValueCache,
    allocate,
    own_numbers,
    own_past,
    side_by_side,
    write,
)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def test_hypotheses_stand_side_by_side_in_the_cache_of_their_sentence():
    # 2 sentences of 3 hypotheses, 5 heads of width 7; a number says whose it is.
    rows = np.arange(6, dtype="float32")[:, None, None, None]
    new = side_by_side(np.tile(rows, (1, 5, 1, 7)), batch=2)
    cache = allocate(2, 5, 4 * 3, 7, "float32")
    cache = write(cache, KeyValueCache(new, new), 1 * 3)  # position 1
    assert array(cache.key)[0, 4, :, 6].tolist() == [0, 0, 0, 0, 1, 2, *[0] * 6]
    assert array(cache.value)[1, 0, :, 0].tolist() == [0, 0, 0, 3, 4, 5, *[0] * 6]


def test_rows_are_numbered_within_their_sentence():
    assert array(own_numbers(6, 2)).ravel().tolist() == [0, 1, 2, 0, 1, 2]


def test_a_hypothesis_sees_its_own_past_and_nothing_later():
    # 2 sentences of 2 hypotheses, 3 positions, the second of which is written now.
    writers = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 0], [0, 1, 1]], "int32")
    found = array(own_past(writers, 1, batch=2)).astype(int)
    assert found.tolist() == [
        [[1, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0]],
        [[0, 1, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0]],
    ]

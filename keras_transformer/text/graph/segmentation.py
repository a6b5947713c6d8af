"""Segmentation in TensorFlow's graph: text → words, symbols, characters, bytes.

The graph works on code points, not on regular expressions: a character's kind is
found by binary search among the characters that the vocabulary knows, and what
depends on neighbours is a comparison with the array shifted by one. The rules are
those of `vocabulary`.
"""

from typing import NamedTuple

import tensorflow as tf

from keras_transformer.text import vocabulary
from keras_transformer.text.alphabet import (
    BYTES,
    GAP,
    IDEOGRAPH,
    SYMBOL,
    WORD,
    Alphabet,
)


class Segments(NamedTuple):
    """The atoms of texts, by what is to be done with them.

    `…_at` says where in the running text of all rows an atom stands, which gives
    the order in which the atoms are to be put together again.
    """

    words: tf.Tensor  # strings, for WordPiece
    words_at: tf.Tensor
    singles: tf.Tensor  # ids: symbols, ideographs, [SPACE]
    singles_at: tf.Tensor
    strangers: tf.Tensor  # strings of one character, to be spelled in bytes
    strangers_at: tf.Tensor
    rows: tf.Tensor  # the row of each place


def segment(texts: tf.Tensor, alphabet: Alphabet) -> Segments:
    """Cuts normalised texts into atoms, in the graph.

    Args:
        texts: (texts) strings, normalised.
        alphabet: The characters that the vocabulary knows.

    Returns:
        The atoms.
    """
    characters = tf.strings.unicode_decode(texts, "UTF-8")
    codes, rows = characters.flat_values, characters.value_rowids()
    place = tf.minimum(tf.searchsorted(alphabet.codes, codes), len(alphabet.codes) - 1)
    known = tf.gather(alphabet.codes, place) == codes
    kinds = tf.where(known, tf.gather(alphabet.kinds, place), BYTES)

    same_row = rows[1:] == rows[:-1]
    # A row's ends need no joiner, as if a space stood there.
    form = _symbol_form(_before(kinds, same_row, GAP), _after(kinds, same_row, GAP))
    ids = tf.gather(tf.reshape(alphabet.ids, [-1]), 4 * place + form)
    ids = tf.where(kinds == IDEOGRAPH, tf.gather(alphabet.ids[:, 0], place), ids)
    # A symbol in a form that the vocabulary lacks is spelled in bytes.
    is_single = (kinds == SYMBOL) | (kinds == IDEOGRAPH)
    kinds = tf.where(is_single & (ids < 0), BYTES, kinds)

    tight = (kinds == BYTES) | (kinds == IDEOGRAPH)
    beside_tight = _before(tight, same_row, False) | _after(tight, same_row, False)
    spaces = (kinds == GAP) & beside_tight
    ids = tf.where(spaces, vocabulary.SPACE, ids)

    singles = (kinds == IDEOGRAPH) | (kinds == SYMBOL) | spaces
    word_begins = (kinds == WORD) & (_before(kinds, same_row, GAP) != WORD)
    words_at, singles_at, strangers_at = (
        tf.where(chosen)[:, 0] for chosen in (word_begins, singles, kinds == BYTES)
    )
    letters = tf.boolean_mask(codes, kinds == WORD)
    word_of_letter = tf.cumsum(tf.cast(word_begins, tf.int64)) - 1
    words = tf.RaggedTensor.from_value_rowids(
        letters,
        tf.boolean_mask(word_of_letter, kinds == WORD),
        nrows=tf.size(words_at, tf.int64),
        validate=False,  # they ascend: a sum of zeros and ones
    )
    return Segments(
        words=tf.strings.unicode_encode(words, "UTF-8"),
        words_at=words_at,
        singles=tf.gather(ids, singles_at),
        singles_at=singles_at,
        strangers=tf.strings.unicode_encode(
            tf.gather(codes, strangers_at)[:, tf.newaxis], "UTF-8"
        ),
        strangers_at=strangers_at,
        rows=rows,
    )


def _symbol_form(before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
    """Which of the `joined_forms` a symbol takes between these neighbours.

    Between two symbols the second carries the mark, so that `...` is three times
    the same piece but for its end.
    """
    joined_left = before != GAP
    joined_right = (after != GAP) & (after != SYMBOL)
    return 2 * tf.cast(joined_left, tf.int32) + tf.cast(joined_right, tf.int32)


def _before(values: tf.Tensor, same_row: tf.Tensor, outside) -> tf.Tensor:
    """For each place the value before it in its row, or else `outside`."""
    first = tf.fill([tf.minimum(tf.size(values), 1)], outside)
    return tf.concat([first, tf.where(same_row, values[:-1], outside)], 0)


def _after(values: tf.Tensor, same_row: tf.Tensor, outside) -> tf.Tensor:
    """For each place the value after it in its row, or else `outside`."""
    last = tf.fill([tf.minimum(tf.size(values), 1)], outside)
    return tf.concat([tf.where(same_row, values[1:], outside), last], 0)

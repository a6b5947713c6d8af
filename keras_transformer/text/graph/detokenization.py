"""Detokenization in TensorFlow's graph: ids → text."""

import tensorflow as tf

from keras_transformer.text.spelling import Spelling
from keras_transformer.tokens import reserved


def detokenize(ids: tf.RaggedTensor, spelling: Spelling) -> tf.Tensor:
    """Joins pieces to texts, in the graph.

    Two pieces have a space between them unless one of them is joined on that side.
    Each row is read up to its first `[END]`; `[PAD]` and `[START]` are passed over.
    Bytes that do not make up UTF-8 become U+FFFD.

    Args:
        ids: (texts, pieces) integers.
        spelling: What each piece adds.

    Returns:
        (texts) strings.
    """
    ids = tf.ragged.boolean_mask(ids, _kept(ids))
    pieces = ids.flat_values
    left = tf.gather(spelling.joined_left, pieces)
    right = tf.gather(spelling.joined_right, pieces)
    spaced = ~left[1:] & ~right[:-1]
    spaces = tf.concat([tf.zeros_like(left[:1]), spaced], 0)
    texts = tf.gather(tf.constant(spelling.texts, tf.string), pieces)
    texts = tf.strings.join([tf.where(spaces, " ", ""), texts])
    texts = tf.strings.reduce_join(ids.with_flat_values(texts), axis=-1)
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    # A row may begin with a space that parts it from the row before; and a model
    # may write [SPACE] twice, or at an end.
    return tf.strings.regex_replace(
        tf.strings.regex_replace(texts, " +", " "), "^ | $", ""
    )


def _kept(ids: tf.RaggedTensor) -> tf.RaggedTensor:
    flat = ids.flat_values
    ends = tf.cast(flat == reserved.END, tf.int64)
    counted = tf.concat([tf.zeros([1], tf.int64), tf.cumsum(ends)], 0)
    before_row = tf.gather(tf.gather(counted, ids.row_starts()), ids.value_rowids())
    kept = (
        (counted[1:] == before_row)
        & (flat != reserved.PADDING)
        & (flat != reserved.START)
    )
    return ids.with_flat_values(kept)

"""From text to text as one graph: what TensorFlow and tensorflow-text run alone.

Axes: `b` text, `s` source position, `t` target position.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.tokens.reserved import END, PADDING


def save_translation(
    folder: str | os.PathLike,
    model: keras.Model,
    tokenizers: tuple[Tokenizer, Tokenizer],
    decode: Callable[[Any, int], Any],
    longest: Mapping[int, int],
) -> None:
    """Write a SavedModel whose endpoint `serve` maps texts to translations.

    Args:
        folder: Where to.
        model: What `decode` calls; its weights are saved.
        tokenizers: Of source and target.
        decode: A function `(source [b, s], longest) → target [b, longest]`, of ids. A
            source ends with `END`; one of padding only has an empty translation.
        longest: How long a translation may be, by the length that its source is padded
            to; in ascending order. Longer texts are an error when it runs.
    """
    source, target = tokenizers
    lengths, limits = list(longest), list(longest.values())

    def serve(texts):
        asked = tf.size(texts)
        # A search divides by the number of its sentences: of no texts, one is made.
        texts = tf.concat([texts, tf.fill([tf.cast(asked == 0, "int32")], "")], axis=0)
        ids = source.encode_graph(texts)
        counts = tf.cast(ids.row_lengths(), "int32")
        # The place of each text in the lengths, its end included.
        places = tf.searchsorted(lengths, counts + 1)
        fits = tf.debugging.Assert(
            tf.reduce_all(places < len(lengths)),
            [f"a text may have {lengths[-1] - 1} tokens, got", tf.reduce_max(counts)],
        )
        ends = tf.fill([tf.size(counts), 1], END)
        ids = tf.concat([ids, ends], axis=1)
        branches = [
            lambda length=length, limit=limit: _padded(
                decode(_source(ids, counts, length), limit), limits[-1]
            )
            for length, limit in longest.items()
        ]
        with tf.control_dependencies([fits]):
            place = tf.reduce_max(places)
        found = tf.switch_case(tf.minimum(place, len(lengths) - 1), branches)
        # As if each text were alone: company gives nobody a longer translation.
        limit = tf.gather(limits, tf.minimum(places, len(lengths) - 1))
        found = tf.where(tf.range(limits[-1]) < limit[:, None], found, PADDING)
        return target.decode_graph(found)[:asked]

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, [tf.TensorSpec([None], tf.string, "texts")])
    archive.write_out(os.fspath(folder), verbose=False)


def _source(ids, counts, length):
    dense = ids.to_tensor(PADDING, shape=[None, length])
    return tf.where(counts[:, None] > 0, dense, PADDING)


def _padded(ids, length):
    short = length - tf.shape(ids)[1]
    ids = tf.pad(tf.cast(ids, "int32"), [[0, 0], [0, short]], constant_values=PADDING)
    return tf.ensure_shape(ids, [None, length])  # a search may not tell it

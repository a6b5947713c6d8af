"""Text to ids and back as TensorFlow operations, for a graph that is exported."""

from collections.abc import Sequence

import tensorflow as tf
import tensorflow_text as tf_text

from keras_transformer.text import vocabulary
from keras_transformer.text.alphabet import Alphabet
from keras_transformer.text.graph import detokenization, segmentation
from keras_transformer.text.graph.normalization import normalize
from keras_transformer.text.spelling import Spelling

_NO_LIMIT = 2**31 - 1


class GraphEngine:
    """What a tokenizer does, for many texts at once.

    Args:
        pieces: The vocabulary.
        case: `"keep"` or `"lower"`.
        form: `"NFKC"` or `"NFC"`.
    """

    def __init__(self, pieces: Sequence[str], case: str, form: str):
        self._case, self._form = case, form
        self._alphabet = Alphabet(pieces)
        self._spelling = Spelling(pieces)
        with tf.init_scope():  # the first call may be the tracing of a function
            self._wordpiece = tf_text.FastWordpieceTokenizer(
                list(pieces),
                suffix_indicator=vocabulary.SUFFIX,
                unknown_token=vocabulary.CONTROL[vocabulary.UNK],
                max_bytes_per_word=_NO_LIMIT,  # longer words would become [UNK]
                no_pretokenization=True,
                token_out_type=tf.int32,
            )

    def encode_graph(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """`encode` as operations.

        Args:
            texts: (texts) strings. Bytes that are not UTF-8 become U+FFFD.

        Returns:
            (texts, pieces) int32.
        """
        # Strings live on the CPU only; the rest is not worth the way to and fro.
        with tf.device("CPU"):
            texts = normalize(texts, self._case, self._form)
            atoms = segmentation.segment(texts, self._alphabet)
            words = self._wordpiece.tokenize(atoms.words)
            spelled = tf.strings.bytes_split(atoms.strangers)
            byte_ids = vocabulary.FIRST_BYTE + _byte_values(spelled.flat_values)
            ids = tf.concat([words.flat_values, atoms.singles, byte_ids], 0)
            words_at = tf.gather(atoms.words_at, words.value_rowids())
            bytes_at = tf.gather(atoms.strangers_at, spelled.value_rowids())
            places = tf.concat([words_at, atoms.singles_at, bytes_at], 0)
            # The pieces of one word share its place: their order must not change.
            order = tf.argsort(places, stable=True)
            return tf.RaggedTensor.from_value_rowids(
                tf.gather(ids, order),
                tf.gather(atoms.rows, tf.gather(places, order)),
                nrows=tf.size(texts, tf.int64),
                validate=False,  # they ascend: places were sorted, and rows do
            )

    def decode_graph(self, ids: tf.RaggedTensor | tf.Tensor) -> tf.Tensor:
        """`decode` as operations.

        Args:
            ids: (texts, pieces) integers, ragged or padded.

        Returns:
            (texts) strings.
        """
        with tf.device("CPU"):
            if not isinstance(ids, tf.RaggedTensor):
                ids = tf.RaggedTensor.from_tensor(ids)
            return detokenization.detokenize(ids, self._spelling)


def _byte_values(characters: tf.Tensor) -> tf.Tensor:
    """The numbers of strings of one byte each."""
    # Reshaped, not indexed: for no strings at all the second axis is 0 long.
    return tf.cast(tf.reshape(tf.io.decode_raw(characters, tf.uint8), [-1]), tf.int32)

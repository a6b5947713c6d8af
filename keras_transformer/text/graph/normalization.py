"""Normalisation in TensorFlow's graph: what `text.normalization` does."""

import tensorflow as tf
import tensorflow_text as tf_text

from keras_transformer.system.invisible import JOINERS, RANGES
from keras_transformer.text.lowering import lower_cases
from keras_transformer.text.options import check_options

# Separators (spaces, no-break spaces, line ends) and control characters.
_WHITESPACE = r"[\pZ\p{Cc}]+"
_INVISIBLE = "[" + "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in RANGES) + "]+"
_NOTHING_TO_SEE = f"^[{JOINERS} ]*$"
# Between pieces it marks where no space stands: NFKC writes ■ for it.
_JOINER = ("\N{HALFWIDTH BLACK SQUARE}", "\N{BLACK SQUARE}")


def normalize(texts: tf.Tensor, case: str = "keep", form: str = "NFKC") -> tf.Tensor:
    r"""Brings texts to one form, in the graph.

    Bytes that are not UTF-8 become U+FFFD; the rest is as in `text.normalization`.

    Args:
        texts: String tensor of any shape.
        case: `"keep"` or `"lower"`.
        form: `"NFKC"`, or `"NFC"`, which keeps what is written differently apart.

    Returns:
        String tensor of the same shape. Normalising it again changes nothing.

    Raises:
        ValueError: If `case` or `form` is neither.

    Example:
        >>> texts = tf.constant([" Die  Straße,\tÜBER … "])
        >>> normalize(texts, "lower").numpy()[0].decode()
        'die straße, über ...'
    """
    check_options(case, form)
    texts = tf.convert_to_tensor(texts, tf.string)
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    texts = tf.strings.regex_replace(texts, _INVISIBLE, "")
    texts = tf_text.normalize_utf8(texts, form)
    if form == "NFC":
        texts = tf.strings.regex_replace(texts, *_JOINER)
    if case == "lower":
        # A lower-case letter may compose with an accent where its capital does
        # not (J + caron → ǰ), hence the second pass.
        texts = tf_text.normalize_utf8(_lower(texts), form)
    texts = tf.strings.regex_replace(texts, _WHITESPACE, " ")
    texts = tf.strings.regex_replace(texts, "^ | $", "")
    return tf.strings.regex_replace(texts, _NOTHING_TO_SEE, "")


def _lower(texts: tf.Tensor) -> tf.Tensor:
    pairs = lower_cases()
    upper, lower = (tf.constant([*side], tf.int32) for side in (pairs, pairs.values()))
    shape = tf.shape(texts)
    characters = tf.strings.unicode_decode(tf.reshape(texts, [-1]), "UTF-8")
    codes = characters.flat_values
    place = tf.minimum(tf.searchsorted(upper, codes), upper.shape[0] - 1)
    lowered = tf.where(tf.gather(upper, place) == codes, tf.gather(lower, place), codes)
    characters = characters.with_flat_values(lowered)
    return tf.reshape(tf.strings.unicode_encode(characters, "UTF-8"), shape)

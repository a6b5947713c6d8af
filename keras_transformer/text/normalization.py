"""Normalisation: what two texts may differ in and still be the same text."""

import functools
from typing import Literal

import tensorflow as tf
import tensorflow_text as tf_text

from keras_transformer.system.invisible import JOINERS, RANGES
from keras_transformer.system.ranges import require

CASES = ("keep", "lower")
FORMS = ("NFKC", "NFC")

# Separators (spaces, no-break spaces, line ends) and control characters.
_WHITESPACE = r"[\pZ\p{Cc}]+"
_INVISIBLE = "[" + "".join(rf"\x{{{a:X}}}-\x{{{b:X}}}" for a, b in RANGES) + "]+"
_NOTHING_TO_SEE = f"^[{JOINERS} ]*$"
# Between pieces it marks where no space stands: NFKC writes ■ for it.
_JOINER = ("\N{HALFWIDTH BLACK SQUARE}", "\N{BLACK SQUARE}")


def normalize(texts: tf.Tensor, case: str = "keep", form: str = "NFKC") -> tf.Tensor:
    r"""Brings texts to one form, in the graph.

    1. Bytes that are not UTF-8 become U+FFFD.
    2. What nobody sees is left out: soft hyphens, byte order marks, marks of
       direction. Zero-width joiners stay, unless a text has nothing else.
    3. Unicode's NFC: one code for each character however it was composed; with
       `form="NFKC"` also plain forms for compatibility characters (`ﬁ` → `fi`,
       `，` → `,`, `½` → `1⁄2`).
    4. With `case="lower"`, every character is lower-cased. Accents stay.
    5. Runs of whitespace and control characters become one space; none is left
       at either end.

    The lower-caser maps code point to code point. The ready-made ones do not do
    here: case folding turns `Straße` into `strasse`, and `tf.strings.lower`
    follows the locale of the process, so that `I` becomes `ı` on a Turkish machine
    and a saved model would depend on where it is loaded.

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


def check_options(case: str, form: str) -> None:
    """Raises a ValueError unless `case` is one of `CASES`, and `form` of `FORMS`."""
    require(Literal[CASES], case=case)
    require(Literal[FORMS], form=form)


def _lower(texts: tf.Tensor) -> tf.Tensor:
    upper, lower = (tf.constant(side, tf.int32) for side in _case_pairs())
    shape = tf.shape(texts)
    characters = tf.strings.unicode_decode(tf.reshape(texts, [-1]), "UTF-8")
    codes = characters.flat_values
    place = tf.minimum(tf.searchsorted(upper, codes), upper.shape[0] - 1)
    lowered = tf.where(tf.gather(upper, place) == codes, tf.gather(lower, place), codes)
    characters = characters.with_flat_values(lowered)
    return tf.reshape(tf.strings.unicode_encode(characters, "UTF-8"), shape)


@functools.cache
def _case_pairs() -> tuple[list[int], list[int]]:
    """Every code point that has a lower case, ascending, and that lower case."""
    # str.lower() gives two characters for İ only; the first is its simple mapping.
    pairs = {
        code: ord(chr(code).lower()[0])
        for code in range(0x110000)
        if chr(code).lower() != chr(code)
    }
    return list(pairs), list(pairs.values())

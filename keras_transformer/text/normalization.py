"""Normalisation: what two texts may differ in and still be the same text."""

import re
import sys

from keras_transformer.system.invisible import JOINERS, RANGES
from keras_transformer.text.lowering import lower_cases
from keras_transformer.text.options import check_options

# Unicode 16 everywhere: that of tensorflow-text, and of Python 3.14.
if sys.version_info >= (3, 14):
    import unicodedata
else:
    import unicodedata2 as unicodedata

_GONE = dict.fromkeys(code for a, b in RANGES for code in range(a, b + 1))
# Separators (spaces, no-break spaces, line ends) and control characters.
_WHITESPACE = re.compile(
    r"[\0- \x7F-\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+"
)
# Between pieces it marks where no space stands: NFKC writes ■ for it.
_JOINER = ("\N{HALFWIDTH BLACK SQUARE}", "\N{BLACK SQUARE}")


def normalize(text: str, case: str = "keep", form: str = "NFKC") -> str:
    r"""Brings a text to one form.

    1. What nobody sees is left out: soft hyphens, byte order marks, marks of
       direction. Zero-width joiners stay, unless a text has nothing else.
    2. Unicode's NFC: one code for each character however it was composed; with
       `form="NFKC"` also plain forms for compatibility characters (`ﬁ` → `fi`,
       `，` → `,`, `½` → `1⁄2`).
    3. With `case="lower"`, every character is lower-cased. Accents stay.
    4. Runs of whitespace and control characters become one space; none is left
       at either end.

    Args:
        text: Any text.
        case: `"keep"` or `"lower"`.
        form: `"NFKC"`, or `"NFC"`, which keeps what is written differently apart.

    Returns:
        The text. Normalising it again changes nothing.

    Raises:
        ValueError: If `case` or `form` is neither.

    Example:
        >>> normalize(" Die  Straße,\tÜBER … ", "lower")
        'die straße, über ...'
    """
    check_options(case, form)
    text = unicodedata.normalize(form, text.translate(_GONE))
    if form == "NFC":
        text = text.replace(*_JOINER)
    if case == "lower":
        # A lower-case letter may compose with an accent where its capital does
        # not (J + caron → ǰ), hence the second pass.
        text = unicodedata.normalize(form, text.translate(lower_cases()))
    text = _WHITESPACE.sub(" ", text)
    if text.startswith(" "):
        text = text[1:]
    if text.endswith(" "):
        text = text[:-1]
    return text if text.strip(f"{JOINERS} ") else ""

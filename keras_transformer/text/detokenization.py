"""Detokenization: ids → text, with the spaces that the pieces themselves ask for."""

import re
from collections.abc import Sequence

from keras_transformer.text.spelling import Spelling
from keras_transformer.tokens import reserved

_SPACES = re.compile(" +")


def detokenize(ids: Sequence[int], spelling: Spelling) -> str:
    """Joins pieces to a text.

    Two pieces have a space between them unless one of them is joined on that side.
    The ids are read up to the first `[END]`; `[PAD]` and `[START]` are passed over.
    Bytes that do not make up UTF-8 become U+FFFD.

    Args:
        ids: The ids of a text.
        spelling: What each piece adds.
    """
    written, joined = [], True
    for place in ids:
        if place == reserved.END:
            break
        if place in (reserved.PADDING, reserved.START):
            continue
        text, joined_left, joined_right = spelling.rows[place]
        written.append(text if joined or joined_left else b" " + text)
        joined = joined_right
    text = b"".join(written).decode("utf-8", "replace")
    # A model may write [SPACE] twice, or at an end.
    text = _SPACES.sub(" ", text)
    return text[text.startswith(" ") : len(text) - text.endswith(" ")]

"""The characters that a vocabulary knows."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.text import vocabulary

BYTES, WORD, IDEOGRAPH, SYMBOL, GAP = range(5)
_KINDS = {"word": WORD, "ideograph": IDEOGRAPH, "symbol": SYMBOL}


class Alphabet:
    """The characters that a vocabulary knows, as arrays to search in.

    `codes` holds their code points, ascending; `kinds` the kind of each; `ids`, of
    shape (characters, 4), the ids of its `joined_forms`, -1 for those that the
    vocabulary lacks.

    Args:
        pieces: The vocabulary.
    """

    def __init__(self, pieces: Sequence[str]):
        ids = {piece: place for place, piece in enumerate(pieces)}
        rows = {ord(" "): (GAP, [-1] * 4)}
        for piece in pieces[len(vocabulary.RESERVED) :]:
            character = piece.strip(vocabulary.JOINER)
            if len(character) != 1:
                continue
            kind = _KINDS[vocabulary.kind(character)]
            # A letter with one form only could leave WordPiece without a way on.
            if kind != WORD or vocabulary.SUFFIX + character in ids:
                forms = vocabulary.joined_forms(character)
                rows[ord(character)] = (kind, [ids.get(form, -1) for form in forms])
        codes = sorted(rows)
        self.codes = np.array(codes, np.int32)
        self.kinds = np.array([rows[code][0] for code in codes], np.int32)
        self.ids = np.array([rows[code][1] for code in codes], np.int32)

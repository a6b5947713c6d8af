"""What the pieces of a vocabulary write."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.text import vocabulary

# What a reader sees for an [UNK] that a model wrote: U+FFFD.
_UNREADABLE = "\N{REPLACEMENT CHARACTER}".encode()


class Spelling:
    """What each piece adds to a text, and on which sides it is joined.

    `rows` holds the bytes of each piece, whether it is joined on its left, and on its
    right; `texts`, `joined_left` and `joined_right` are the same as arrays.

    Args:
        pieces: The vocabulary.
    """

    def __init__(self, pieces: Sequence[str]):
        self.rows = [_spell(place, piece) for place, piece in enumerate(pieces)]
        self.texts = np.array([text for text, _, _ in self.rows], object)
        self.joined_left = np.array([left for _, left, _ in self.rows])
        self.joined_right = np.array([right for _, _, right in self.rows])


def _spell(place: int, piece: str) -> tuple[bytes, bool, bool]:
    if place == vocabulary.SPACE:
        return b" ", True, True
    if place == vocabulary.UNK:
        return _UNREADABLE, False, False
    if place < vocabulary.FIRST_BYTE:
        return b"", True, True
    if place < len(vocabulary.RESERVED):
        return bytes([place - vocabulary.FIRST_BYTE]), True, True
    if piece.startswith(vocabulary.SUFFIX) and len(piece) > len(vocabulary.SUFFIX):
        return piece.removeprefix(vocabulary.SUFFIX).encode(), True, False
    text = piece.strip(vocabulary.JOINER)
    tight = vocabulary.kind(text[0]) == "ideograph"
    left, right = piece.startswith(vocabulary.JOINER), piece.endswith(vocabulary.JOINER)
    return text.encode(), tight or left, tight or right

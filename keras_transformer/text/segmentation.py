"""Segmentation: normalised text → pieces. The rules are those of `vocabulary`."""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keras_transformer.text import vocabulary
from keras_transformer.text.alphabet import (
    BYTES,
    GAP,
    IDEOGRAPH,
    SYMBOL,
    WORD,
    Alphabet,
)

REMEMBERED = 2**17  # stretches of text between two spaces
_LONGEST_REMEMBERED = 40  # characters


class Stretch(NamedTuple):
    """What stands between two spaces, as ids.

    A character that the vocabulary does not know, and an ideograph, have no space
    beside them: one that stands there is written, as `[SPACE]`.
    """

    ids: tuple[int, ...]
    tight_left: bool
    tight_right: bool


class Segmenter:
    """Cuts text into pieces.

    Args:
        pieces: The vocabulary.
    """

    def __init__(self, pieces: Sequence[str]):
        self._ids = {piece: place for place, piece in enumerate(pieces)}
        alphabet = Alphabet(pieces)
        rows = zip(alphabet.kinds.tolist(), alphabet.ids.tolist(), strict=True)
        codes = map(chr, alphabet.codes.tolist())
        self._known = dict(zip(codes, rows, strict=True))
        self._longest = max(map(len, pieces))
        self._remembered = functools.lru_cache(REMEMBERED)(self._stretch)

    def ids(self, text: str) -> list[int]:
        """The ids of a text.

        Args:
            text: Normalised text.
        """
        found: list[int] = []
        tight = False
        for place, stretch in enumerate(text.split(" ")):
            short = len(stretch) <= _LONGEST_REMEMBERED
            new = (self._remembered if short else self._stretch)(stretch)
            if place and (tight or new.tight_left):
                found.append(vocabulary.SPACE)
            found.extend(new.ids)
            tight = new.tight_right
        return found

    def _stretch(self, text: str) -> Stretch:
        atoms = [*self.atoms(text)]
        ids = itertools.chain.from_iterable(
            self._cut(text[begin:end]) if kind == WORD else found
            for kind, begin, end, found in atoms
        )
        tight = [kind in (BYTES, IDEOGRAPH) for kind, *_ in atoms] or [False]
        return Stretch(tuple(ids), tight[0], tight[-1])

    def atoms(self, text: str) -> Iterator[tuple[int, int, int, Sequence[int]]]:
        """The atoms of a stretch of text without spaces.

        Args:
            text: Normalised text between two spaces.

        Returns:
            For each atom its kind, where it begins and ends, and its ids but for words.
        """
        unknown = (BYTES, ())
        rows = [self._known.get(character, unknown) for character in text]
        kinds = [GAP, *(kind for kind, _ in rows), GAP]
        begin = None
        for place, (kind, forms) in enumerate(rows):
            if kind == WORD:
                begin = place if begin is None else begin
                if kinds[place + 2] != WORD:
                    yield WORD, begin, place + 1, ()
                    begin = None
                continue
            found = -1
            if kind == IDEOGRAPH:
                found = forms[0]
            elif kind == SYMBOL:
                found = forms[_form(kinds[place], kinds[place + 2])]
            if found < 0:  # a symbol in a form that the vocabulary lacks, too
                spelled = text[place].encode()
                ids = [vocabulary.FIRST_BYTE + byte for byte in spelled]
                yield BYTES, place, place + 1, ids
            else:
                yield kind, place, place + 1, (found,)

    def _cut(self, word: str) -> Iterator[int]:
        """The ids of a word's pieces: the longest that fits, again and again."""
        begin, mark = 0, ""
        while begin < len(word):
            end = min(len(word), begin + self._longest)
            while mark + word[begin:end] not in self._ids:
                end -= 1  # it ends: a letter that is known is a piece in both forms
            yield self._ids[mark + word[begin:end]]
            begin, mark = end, vocabulary.SUFFIX


def _form(before: int, after: int) -> int:
    """Which of the `joined_forms` a symbol takes between these neighbours.

    Between two symbols the second carries the mark, so that `...` is three times
    the same piece but for its end.
    """
    return 2 * (before != GAP) + (after not in (GAP, SYMBOL))

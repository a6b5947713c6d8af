"""The vocabulary: which pieces there are and what each of them stands for.

A vocabulary is a tuple of strings; the place of a piece in it is its id.

```
0          [PAD] [START] [END] [UNK] [SPACE]      control
5          <0x00> … <0xFF>                        one piece for every byte
261        ￭.  ￭,  "￭  ￭-￭  …                    symbols, with joiner marks
…          中  国  …                              ideographs, one each
…          a  b  …  ##a  ##b  …                   letters: first, later in a word
…          haus  ##ung  …                         WordPiece over the words
```

Text is cut into four kinds of atom, and the kind decides how spaces are kept:

- a **word** (letters, accents, digits) has a space beside it unless its neighbour
  says otherwise. It is the only kind that WordPiece cuts further.
- a **symbol** (punctuation and the like) carries a joiner mark `￭` on each side
  where no space stood: `Hello ￭, world ￭!` and `twenty ￭-￭ five`. A comma is nearly
  always the same piece and words never change their form, so the marks cost
  nothing to learn, and the model decides itself what the spacing shall be.
- an **ideograph** (Han, kana) has no space beside it; where one stood there is a
  `[SPACE]`.
- any other character is spelled in **bytes**, likewise without spaces.

Nothing is guessed on the way back, so every text survives the round trip. U+FFED
`￭` never occurs in text, because NFKC maps it to another character; `[SPACE]` and
its like cannot occur either, because brackets and letters are never in one atom.

The joiner is that of OpenNMT's Tokenizer (https://github.com/OpenNMT/Tokenizer),
the bytes are those of SentencePiece's `byte_fallback`; WordPiece is Schuster and
Nakajima, "Japanese and Korean Voice Search", ICASSP 2012.
"""

import unicodedata
from collections.abc import Sequence

from keras_transformer.tokens.reserved import UNK

SPACE = UNK + 1
CONTROL = ("[PAD]", "[START]", "[END]", "[UNK]", "[SPACE]")
FIRST_BYTE = len(CONTROL)
RESERVED = CONTROL + tuple(f"<0x{byte:02X}>" for byte in range(256))
JOINER = "\N{HALFWIDTH BLACK SQUARE}"
SUFFIX = "##"

_UNSPACED = ("CJK UNIFIED", "CJK COMPAT", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA")


def kind(character: str) -> str:
    """The kind of atom that a character belongs to.

    Args:
        character: One character of normalised text.

    Returns:
        `"word"`, `"symbol"` or `"ideograph"`.

    Example:
        >>> [kind(character) for character in "ß7,中の"]
        ['word', 'word', 'symbol', 'ideograph', 'ideograph']
    """
    if unicodedata.category(character)[0] not in "LMN":
        return "symbol"
    if unicodedata.name(character, "").startswith(_UNSPACED):
        return "ideograph"
    return "word"


def joined_forms(symbol: str) -> list[str]:
    """A symbol joined on no side, on its right, on its left, on both."""
    return [symbol, symbol + JOINER, JOINER + symbol, JOINER + symbol + JOINER]


def check(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Checks that a vocabulary is one of ours, as after reading it from a file.

    Args:
        vocabulary: The pieces.

    Returns:
        The pieces as a tuple.

    Raises:
        ValueError: If the reserved pieces are not where they belong, a piece occurs
            twice, or is none that `learning` could have made.
    """
    vocabulary = tuple(vocabulary)
    for place, piece in enumerate(RESERVED):
        if vocabulary[place : place + 1] != (piece,):
            raise ValueError(
                f"a vocabulary must begin with the reserved pieces, {piece!r} at "
                f"{place}, got {list(vocabulary[place : place + 1])}"
            )
    seen = set()
    for place, piece in enumerate(vocabulary):
        if piece in seen:
            raise ValueError(
                f"the pieces of a vocabulary must differ, got {piece!r} twice"
            )
        seen.add(piece)
        if place >= len(RESERVED) and not _is_piece(piece):
            raise ValueError(
                "a piece must be one character with or without joiner marks, or "
                f"letters and digits, got {piece!r} at {place}"
            )
    return vocabulary


def _is_piece(piece: str) -> bool:
    letters = piece.removeprefix(SUFFIX)
    is_word = letters != "" and all(kind(letter) == "word" for letter in letters)
    return is_word or len(piece.strip(JOINER)) == 1

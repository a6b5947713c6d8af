"""Learning: which pieces the training text is worth."""

import collections
import itertools
from collections.abc import Mapping, Sequence

from keras_transformer.text import vocabulary, wordpiece
from keras_transformer.text.alphabet import WORD
from keras_transformer.text.normalization import normalize
from keras_transformer.text.segmentation import Segmenter


def count_atoms(
    texts: Sequence[str], case: str, form: str = "NFKC"
) -> collections.Counter:
    """Counts the atoms of the training text.

    Args:
        texts: The text.
        case: `"keep"` or `"lower"`.
        form: `"NFKC"` or `"NFC"`.

    Returns:
        How often each word, each symbol with its joiner marks, and each ideograph
        occurs.

    Example:
        >>> sorted(count_atoms(["Ja, ja!"], "lower").items())
        [('ja', 2), ('￭!', 1), ('￭,', 1)]
    """
    stretches: collections.Counter = collections.Counter()
    for text in texts:
        stretches.update(normalize(text, case, form).split(" "))
    # A vocabulary of everything that occurs, so that nothing goes to bytes.
    characters = sorted(set(itertools.chain.from_iterable(stretches)))
    forms = itertools.chain.from_iterable(map(_forms, characters))
    pieces = [*vocabulary.RESERVED, *forms]
    segmenter = Segmenter(pieces)
    counts: collections.Counter = collections.Counter()
    for stretch, count in stretches.items():
        for kind, begin, end, found in segmenter.atoms(stretch):
            atom = stretch[begin:end] if kind == WORD else pieces[found[0]]
            counts[atom] += count
    return counts


def _forms(character: str) -> list[str]:
    kind = vocabulary.kind(character)
    if kind == "symbol":
        return vocabulary.joined_forms(character)
    return [character, vocabulary.SUFFIX + character][: 1 + (kind == "word")]


def choose_pieces(
    atoms: Mapping[str, int], vocabulary_size: int, minimum_count: int = 2
) -> tuple[str, ...]:
    """Makes a vocabulary of the atoms of the training text.

    Characters come first, the most frequent before the others, then WordPiece
    fills what is left. A character seen less than `minimum_count` times is left to
    the bytes, which so have something to be trained on.

    Args:
        atoms: How often each atom occurs, symbols with their joiner marks.
        vocabulary_size: The size that is not exceeded.
        minimum_count: How often a character must occur to get its own piece.

    Returns:
        The pieces, the reserved ones first. The same atoms give the same pieces,
        whatever order they come in.

    Raises:
        ValueError: If `vocabulary_size` does not exceed the reserved pieces.

    Example:
        >>> choose_pieces({"haus": 2, "￭.": 2}, 300)[261:]
        ('￭.', 'a', 'h', 's', 'u', '##a', '##h', '##s', '##u', 'haus')
    """
    if vocabulary_size <= len(vocabulary.RESERVED):
        raise ValueError(
            f"vocabulary_size must exceed the {len(vocabulary.RESERVED)} reserved "
            f"pieces, got vocabulary_size={vocabulary_size}"
        )
    room = vocabulary_size - len(vocabulary.RESERVED)
    words, units = {}, collections.Counter()
    for atom, count in atoms.items():
        if _kind(atom) == "word":
            words[atom] = count
            for letter in atom:
                units[letter] += count
        else:
            units[atom] += count
    kept = {"word": [], "symbol": [], "ideograph": []}
    for unit, count in sorted(units.items(), key=lambda item: (-item[1], item[0])):
        cost = 2 if _kind(unit) == "word" else 1  # a letter may begin, or go on
        if count >= minimum_count and cost <= room:
            room -= cost
            kept[_kind(unit)].append(unit)
    letters = sorted(kept["word"])
    spelled = {word: n for word, n in words.items() if set(word).issubset(letters)}
    return (
        *vocabulary.RESERVED,
        *kept["symbol"],
        *kept["ideograph"],
        *letters,
        *(vocabulary.SUFFIX + letter for letter in letters),
        *wordpiece.learn(spelled, room, vocabulary.SUFFIX),
    )


def _kind(atom: str) -> str:
    return vocabulary.kind(atom.strip(vocabulary.JOINER)[0])

"""Noise on the tokens of a sentence, so that no sentence is read twice alike."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.text.vocabulary import SUFFIX, UNK
from keras_transformer.tokens.reserved import END


def dropped_words(
    source: np.ndarray, share: float, random: np.random.Generator
) -> np.ndarray:
    """Token ids `[b, s]`, a share of them replaced by `UNK`.

    Args:
        source: Ids, integers `[b, s]`; padding, start and end stay.
        share: How many are replaced, 0 to 1.
        random: Where the draws come from.

    Example:
        >>> dropped_words(np.array([[7, 8, 2, 0]]), 1.0, np.random.default_rng(1))
        array([[3, 3, 2, 0]])
    """
    hidden = (random.random(source.shape) < share) & (source > END)
    return np.where(hidden, UNK, source)


def other_pieces(
    ids: Sequence[int],
    pieces: Sequence[str],
    share: float,
    random: np.random.Generator,
) -> list[int]:
    """The same text in other pieces: some are cut in two.

    Args:
        ids: The pieces of a text.
        pieces: The vocabulary.
        share: How many of the pieces that can be cut are cut, 0 to 1.
        random: Where the draws come from.

    Example:
        >>> pieces = ["[PAD]", "[START]", "[END]", "[UNK]", "ruft", "ruf", "##t"]
        >>> other_pieces([4], pieces, 1.0, np.random.default_rng(1))
        [5, 6]

    Source: Provilkov et al. 2020 (BPE-dropout); Hiraoka 2022 (for WordPiece).
    """
    places = {piece: place for place, piece in enumerate(pieces)}
    found = []
    for token in ids:
        mark = SUFFIX if pieces[token].startswith(SUFFIX) else ""
        letters = pieces[token].removeprefix(mark)
        halves = [
            (mark + letters[:cut], SUFFIX + letters[cut:])
            for cut in range(1, len(letters))
        ]
        halves = [both for both in halves if places.keys() >= set(both)]
        if halves and random.random() < share:
            found += [places[half] for half in halves[random.integers(len(halves))]]
        else:
            found.append(int(token))
    return found

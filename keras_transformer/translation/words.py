"""Which word a token is a part of."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.corpora.corpus import words
from keras_transformer.text import Tokenizer


def word_of_token(letters: Sequence[str], spelled: Sequence[str]) -> list[int]:
    """For each token the index of the word that it is a part of.

    Args:
        letters: What each token of a text writes, as `Tokenizer.letters` says.
        spelled: Words of the text.

    Raises:
        ValueError: If the tokens do not spell the words.

    Example:
        >>> word_of_token(["Ha", "us", "boot", "!"], ["Hausboot", "!"])
        [0, 0, 0, 1]
    """
    if "".join(letters).lower() != "".join(spelled).lower():
        raise ValueError(
            f"tokens must spell the words, got {' '.join(letters)!r} for "
            f"{' '.join(spelled)!r}"
        )
    ends = np.cumsum([len(word) for word in spelled])
    starts = np.cumsum([0, *map(len, letters[:-1])]) if letters else []
    return [int(np.searchsorted(ends, start, side="right")) for start in starts]


def token_words(tokenizer: Tokenizer, ids: Sequence[int], text: str) -> list[int]:
    """For each token of a text the index of its word, as alignments count them.

    Args:
        tokenizer: What the text was encoded by.
        ids: The ids of the text.
        text: The text.

    Raises:
        ValueError: If the tokens do not spell the words: some are spaces, or bytes.
    """
    return word_of_token(tokenizer.letters(ids), words(tokenizer.normalize([text])[0]))

"""Laws of masking: `(ids, vocabulary, mask_id, seed) → (ids to read, labels)`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

VOCABULARY, MASK = 40, 39
IDS = np.random.default_rng(1).integers(3, MASK, (100, 50))
IDS[:, 0], IDS[::2, 40], IDS[::2, 41:] = 1, 2, 0
WORDS = IDS > 2


def masked(candidate: Subject) -> Any:
    """What is read and what is to be guessed, of many sentences."""
    roles = {"ids": IDS, "vocabulary": VOCABULARY, "mask_id": MASK, "seed": 3}
    made = candidate.call(**roles)
    if not isinstance(made, tuple | list) or len(made) != 2:
        raise LawBroken("it should return (ids to read, labels)")
    read, labels = (np.asarray(plain(part)) for part in made)
    if read.shape != IDS.shape or labels.shape != IDS.shape:
        raise LawBroken(
            f"ids of shape {IDS.shape} became {read.shape} and {labels.shape}"
        )
    return read, labels


def _at(place):
    return f"sentence {place[0]}, position {place[1]}"


@law("masking")
def what_is_to_be_guessed_is_what_stood_there(candidate: Subject) -> None:
    """A label is the token that stood there; where there is none, nothing changes."""
    read, labels = masked(candidate)
    chosen = labels != 0
    for wrong, what in (
        (chosen & (labels != IDS), "the label is not the token that stood there"),
        (~chosen & (read != IDS), "a token was changed that is not to be guessed"),
    ):
        if wrong.any():
            raise LawBroken(f"at {_at(np.argwhere(wrong)[0])}, {what}")


@law("masking")
def a_small_share_of_the_words_is_guessed(candidate: Subject) -> None:
    """About 15 % of the words have labels; padding, start and end never have."""
    _, labels = masked(candidate)
    chosen = labels != 0
    if (wrong := chosen & ~WORDS).any():
        place = np.argwhere(wrong)[0]
        raise LawBroken(f"at {_at(place)}, {IDS[tuple(place)]} is no word to guess")
    if not 0.1 < (share := chosen[WORDS].mean()) < 0.2:
        raise LawBroken(
            f"{show(100 * share)} % of the words have a label: a loss would count "
            "what the model sees, or learn from little"
        )


@law("masking")
def not_all_that_is_guessed_is_hidden(candidate: Subject) -> None:
    """Of the words to guess 80 % are hidden, 10 % another word, 10 % as they were."""
    read, labels = masked(candidate)
    chosen = (labels != 0) | (read != IDS)
    hidden, kept = (read == MASK)[chosen].mean(), (read == IDS)[chosen].mean()
    if not 0.72 < hidden < 0.88 or not 0.05 < kept < 0.16:
        raise LawBroken(
            f"of the words to guess {show(100 * hidden)} % are hidden and "
            f"{show(100 * kept)} % as they were, not 80 % and 10 %"
        )
    if not (read[chosen & (read != MASK)] > 2).all():
        raise LawBroken("padding, start or end was drawn as a word")

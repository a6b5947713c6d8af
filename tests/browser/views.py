"""Explanations by hand, for views that need no trained model."""

import numpy as np

from keras_transformer.translation.explanation import Explanation

SOURCE = ["Der", "Mann", "ru", "##ft", "an", "[END]"]
WORDS = [0, 1, 2, 2, 3]
TARGET = {"Der": "The", "Mann": "man", "ru": "calls"}


def explained(hidden=(), heads=2, sharp=6.0):
    """A model of three words: it writes what it sees of them, and looks there."""
    hidden = set(hidden)
    seen = [i for i in range(6) if i == 5 or WORDS[i] not in hidden]
    places = [i for i in seen if SOURCE[i] in TARGET]
    target = [TARGET[SOURCE[i]] for i in places] + ["[END]"]
    target[0] = target[0][0].upper() + target[0][1:]

    def looking(rows, columns, at, kept):
        scores = np.zeros((2, heads, rows, columns), "float32")
        for head in range(heads):
            scores[:, head, range(rows), at] = sharp / (head + 1)
        weights = np.exp(scores) * np.isin(np.arange(columns), kept)
        return weights / weights.sum(-1, keepdims=True)

    written = range(len(target))
    return Explanation(
        translation=" ".join(target[:-1]) + ("." if len(target) > 1 else ""),
        source=SOURCE,
        target=target,
        cross=looking(len(target), 6, [*places, 5], seen),
        encoder=looking(6, 6, [*range(6)], seen),
        decoder=looking(len(target), len(target), [*written], [*written]),
        source_words=WORDS,
        target_words=[*range(len(target) - 1)],
        hiding=lambda words: explained(words, heads, sharp),
    )

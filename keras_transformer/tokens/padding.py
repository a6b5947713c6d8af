"""Sentences of unequal length as one array."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.tokens.reserved import PADDING


def padded(
    sentences: Sequence[Sequence[int]],
    length: int | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Token ids as one array, filled up with padding.

    Args:
        sentences: The ids of each sentence.
        length: Number of columns; that of the longest sentence by default.
        batch_size: Number of rows, the last ones padding only; one a sentence by
            default.

    Returns:
        Int32 `[batch_size, length]`.

    Raises:
        ValueError: If a sentence is longer, or there are more of them.

    Example:
        >>> padded([[5, 6], [7]], length=3).tolist()
        [[5, 6, 0], [7, 0, 0]]
    """
    longest = max(map(len, sentences), default=0)
    length = longest if length is None else length
    batch_size = len(sentences) if batch_size is None else batch_size
    if longest > length or len(sentences) > batch_size:
        raise ValueError(
            f"padding cuts nothing off: length={length}, batch_size={batch_size} must "
            f"hold what comes, got {len(sentences)} sentences of up to {longest} tokens"
        )
    array = np.full((batch_size, length), PADDING, "int32")
    for row, sentence in zip(array, sentences, strict=False):
        row[: len(sentence)] = sentence
    return array

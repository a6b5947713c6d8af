"""Ids that a vocabulary has, and what becomes of those that it has not."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.tokens.reserved import UNK


def known_ids(ids: Any, size: int) -> Any:
    """Ids within a vocabulary; none is ever read as another token.

    Backends differ: beyond the table one raises, one returns NaN, one takes the last
    row, and -1 is the last row for all. Here, numbers that can be looked at are
    refused; inside a compiled program, and on an accelerator, where looking would stop
    it, what is unknown is read as `UNK`.

    Args:
        ids: Integers of any shape.
        size: Size of the vocabulary.

    Returns:
        Int32 of the same shape, from 0 to `size - 1`.

    Raises:
        ValueError: If an id that can be looked at is not in the vocabulary, or no whole
            number.

    Example:
        >>> known_ids([[4, 9]], 7)
        Traceback (most recent call last):
            ...
        ValueError: ids must be whole numbers from 0 to 6, got 9
    """
    values = _looked_at(ids)
    if values is not None:
        wrong = values[(values < 0) | (values >= size) | (values != np.floor(values))]
        if wrong.size:
            raise ValueError(
                f"ids must be whole numbers from 0 to {size - 1}, got {wrong.flat[0]}"
            )
        return ops.cast(ids, "int32")
    ids = ops.cast(ids, "int32")
    return ops.where((ids >= 0) & (ids < size), ids, min(UNK, size - 1))


def _looked_at(ids):
    """The numbers of an array, or `None` where there are none yet, or not here."""
    place = str(getattr(ids, "device", "")).lower()
    if isinstance(ids, keras.KerasTensor) or "gpu" in place or "cuda" in place:
        return None
    try:
        return np.asarray(ops.convert_to_numpy(ids))
    except Exception:  # a placeholder of a program: each backend has its own error
        return None

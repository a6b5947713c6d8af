"""Sentences one behind the other in one array, which need not be in memory."""

import array
import pathlib
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np


class FlatSentences(Sequence):
    """Token ids of many sentences as two arrays: their lengths, and all ids in a row.

    The ids may be mapped from a file, of which the system then reads what is asked for.
    In memory there are 8 bytes a sentence: where each ends.

    Args:
        lengths: Tokens of each sentence, int32.
        ids: The ids of all of them, int32.

    Raises:
        ValueError: If an array is no row of int32, a length is negative, or the lengths
            do not add up to the ids.

    Example:
        >>> lengths, ids = np.array([2, 1], "int32"), np.array([5, 6, 7], "int32")
        >>> [each.tolist() for each in FlatSentences(lengths, ids)]
        [[5, 6], [7]]
    """

    def __init__(self, lengths: np.ndarray, ids: np.ndarray):
        for name, each in (("lengths", lengths), ("ids", ids)):
            if each.dtype != np.int32 or each.ndim != 1:
                raise ValueError(
                    f"{name} must be a row of int32, got {each.dtype} {each.shape}"
                )
        # Not as np.memmap, whose every slice is a new object of Python's.
        self.lengths, self.ids = np.asarray(lengths), np.asarray(ids)
        self._ends = np.cumsum(lengths, dtype="int64")
        total = int(self._ends[-1]) if len(lengths) else 0
        if total != len(ids) or (lengths < 0).any():
            raise ValueError(
                "lengths must be at least 0 and add up to the ids, got a sum of "
                f"{total:,} for {len(ids):,} ids"
            )

    def __len__(self) -> int:
        """Number of sentences."""
        return len(self.lengths)

    def __getitem__(self, place: Any) -> np.ndarray:
        """The ids of one sentence."""
        end = int(self._ends[place])
        return self.ids[end - int(self.lengths[place]) : end]


class SentenceSpool:
    """Sentences that are written to a file as they come, and read when all are there.

    The file has no name: whatever ends the process, nothing is left of it.

    Args:
        folder: On whose disk it is.
    """

    def __init__(self, folder: pathlib.Path):
        self._lengths = array.array("i")
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it stays open

    def append(self, ids: np.ndarray) -> None:
        """Add a sentence.

        Args:
            ids: Its ids, int32.
        """
        self._file.write(ids.tobytes())
        self._lengths.append(len(ids))

    def read(self) -> FlatSentences:
        """All sentences, their ids mapped from the file; nothing is added any more."""
        lengths, ids = np.array(self._lengths, "int32"), np.zeros(0, "int32")
        with self._file as file:  # what is mapped stays
            file.flush()
            if lengths.any():  # nothing cannot be mapped
                ids = np.memmap(file, "int32", "r")
        return FlatSentences(lengths, ids)


def lengths_of(sentences: Sequence[Sequence[int]]) -> np.ndarray:
    """Tokens of each sentence, integers.

    Args:
        sentences: The sentences.
    """
    if isinstance(sentences, FlatSentences):
        return sentences.lengths
    return np.fromiter(map(len, sentences), "int64", len(sentences))

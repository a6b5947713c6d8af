"""Several sentences in a row: batches of one shape, hardly any padding.

Axes: `b` row, `s` source position, `t` target position.
"""

import math
from collections.abc import Sequence

import numpy as np

from keras_transformer.tokens.reserved import END, PADDING, START
from keras_transformer.training.dataset import Batches, hashed


class PackedRows(Batches):
    """Rows of a fixed length that hold as many sentences as fit, or pairs of them.

    Segments tell the sentences of a row apart, for a `LanguageModel`, a
    `MaskedLanguageModel` or, with a source, a `Transformer`: none sees another, the
    positions of each begin at 0, and each costs what it costs alone. Sentences are put
    into the first row that has room, the longest first; the seed decides the order of
    the rows. The last batch is filled up with empty ones.

    Args:
        target: Token ids of each sentence, without start and end.
        source: Source ids of each, where there are pairs.
        length: Tokens that a row has room for, on each side.
        batch_tokens: Positions in a batch, a side.
        seed: Seed of the order.
        **kwargs: As of `Batches`.

    Raises:
        ValueError: If the sides differ in number, there is no sentence, one does not
            fit into a row, or a batch has no room for a row.

    Example:
        >>> batches = PackedRows([[5], [6, 7], [8]], length=5, batch_tokens=10)
        >>> inputs, labels = batches.batch(epoch=0, index=0)
        >>> inputs["ids"].tolist(), labels.tolist()
        ([[1, 6, 7, 1, 5], [1, 8, 0, 0, 0]], [[6, 7, 2, 5, 2], [8, 2, 0, 0, 0]])
        >>> inputs["segments"].tolist()
        [[1, 1, 1, 2, 2], [1, 1, 0, 0, 0]]

    Source: Krell et al. 2021.
    """

    def __init__(
        self,
        target: Sequence[Sequence[int]],
        source: Sequence[Sequence[int]] | None = None,
        length: int = 64,
        batch_tokens: int = 2048,
        seed: int = 0,
        **kwargs: int | bool,
    ):
        super().__init__(**kwargs)
        sides = (target,) if source is None else (target, source)
        if not target or len({len(side) for side in sides}) > 1:
            raise ValueError(
                "rows need as many targets as sources, and at least one, got "
                + ", ".join(str(len(side)) for side in sides)
            )
        self.sizes = np.array([[len(ids) + 1 for ids in side] for side in sides]).T
        if self.sizes.max() > length or batch_tokens < length:
            raise ValueError(
                "a row must have room for every sentence, and a batch for a row, got "
                f"a sentence of {self.sizes.max()} tokens with its end, "
                f"length={length}, batch_tokens={batch_tokens}"
            )
        self.target, self.source = target, source
        self.length = length
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.rows = first_fit(self.sizes, length)

    @property
    def batch_size(self) -> int:
        """Rows of a batch."""
        return self.batch_tokens // self.length

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        return math.ceil(len(self.rows) / self.batch_size)

    def order(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """The batches of an epoch: length and row numbers of each."""
        random = np.random.Generator(np.random.PCG64([self.seed, epoch]))
        shuffled = random.permutation(len(self.rows))
        starts = range(0, len(shuffled), self.batch_size)
        return [(self.length, shuffled[i : i + self.batch_size]) for i in starts]

    def batch(self, epoch: int, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """One batch.

        Args:
            epoch: The epoch, counted from 0.
            index: The batch within the epoch, counted from 0.

        Returns:
            `(inputs, labels)`: of sentences a dict of `"ids"` and `"segments"`; of
            pairs of `"source"`, `"target"`, `"source_segments"` and
            `"target_segments"`; labels int32 `[b, t]`. Each sentence is begun and
            ended as in `LengthBuckets`, padding has the segment 0.
        """
        rows = [self.rows[row] for row in self.order(epoch)[index][1]]
        target, segments = self._filled(rows, self.target, lambda t: [START, *t])
        labels, _ = self._filled(rows, self.target, lambda t: [*t, END])
        if self.source is None:
            return {"ids": target, "segments": segments}, labels
        source, numbers = self._filled(rows, self.source, lambda s: [*s, END])
        inputs = {"source": source, "target": target}
        inputs |= {"source_segments": numbers, "target_segments": segments}
        return inputs, labels

    def _filled(self, rows, side, framed):
        """The sentences of each row one behind the other, and their segments."""
        ids = np.full((self.batch_size, self.length), PADDING, "int32")
        segments = np.zeros_like(ids)
        for row, members in enumerate(rows):
            place = 0
            for segment, member in enumerate(members, start=1):
                sentence = framed(side[member])
                ids[row, place : place + len(sentence)] = sentence
                segments[row, place : place + len(sentence)] = segment
                place += len(sentence)
        return ids, segments

    def fingerprint(self) -> str:
        """A hash of every sentence: equal for equal data in equal order."""
        sides = (self.target,) if self.source is None else (self.source, self.target)
        return hashed(self.sizes, sides)

    def fill(self) -> float:
        """Share of the positions that hold a real token."""
        sides = self.sizes.shape[1]
        return self.sizes.sum() / (len(self) * self.batch_size * self.length * sides)


def first_fit(sizes: np.ndarray, length: int) -> list[list[int]]:
    """Which sentences share a row: each goes to the first with room, longest first.

    Args:
        sizes: Tokens of each sentence, a column for each of its sides, `[n, sides]`.
        length: Tokens that a row has room for, on each side.

    Returns:
        The numbers of the sentences of each row.

    Example:
        >>> first_fit(np.array([[2], [3], [2]]), length=5)
        [[1, 0], [2]]
    """
    room = np.full(sizes.shape, length)
    rows: list[list[int]] = []
    for number in np.argsort(-sizes.max(1), kind="stable"):
        row = int(np.argmax((room[: len(rows) + 1] >= sizes[number]).all(1)))
        room[row] -= sizes[number]
        if row == len(rows):
            rows.append([])
        rows[row].append(int(number))
    return rows

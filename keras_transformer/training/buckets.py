"""Sentences of like length together: batches of few shapes, little padding.

Axes: `b` sentence, `s` source position, `t` target position.
"""

from collections.abc import Sequence

import numpy as np

from keras_transformer.tokens.reserved import END, PADDING, START
from keras_transformer.training.dataset import Batches, hashed
from keras_transformer.training.flat_sentences import lengths_of


class LengthBuckets(Batches):
    """Batches of token ids, grouped by length, in an order that a seed fixes.

    It is what `model.fit` takes: `fit(LengthBuckets(…), validation_data=…)`, see
    `Batches`. `Run` asks for the batches by epoch and place.

    A pair goes to the first bucket that both of its sides fit in. Every batch of a
    bucket has the same shape: a compiler that builds one program a shape builds one
    a bucket. The last batch of a bucket is filled up with empty rows, which weigh
    nothing in a loss over kept tokens. Epoch `e` is a function of the seed and `e`
    alone, so that a run that was interrupted finds its place again.

    Of a pair whose ids are mapped from a file (`FlatSentences`) 40 bytes are in memory:
    where it ends on either side, its length, its bucket and its place in the epoch.

    Args:
        source: Source ids of each pair, without start and end.
        target: Target ids of each pair, without start and end.
        lengths: Length of each bucket in tokens, ascending.
        batch_tokens: Positions in a batch, a side: a bucket of length `n` has
            `batch_tokens // n` rows.
        seed: Seed of the order.
        **kwargs: As of `Batches`.

    Raises:
        ValueError: If the sides differ in number, there is no pair, the lengths do
            not ascend, a batch has no room for one row, or a pair fits no bucket.

    Example:
        >>> batches = LengthBuckets([[5, 6]], [[7]], lengths=(4,), batch_tokens=4)
        >>> inputs, labels = batches.batch(epoch=0, index=0)
        >>> inputs["source"].tolist(), inputs["target"].tolist(), labels.tolist()
        ([[5, 6, 2, 0]], [[1, 7, 0, 0]], [[7, 2, 0, 0]])
    """

    def __init__(
        self,
        source: Sequence[Sequence[int]],
        target: Sequence[Sequence[int]],
        lengths: Sequence[int] = (16, 24, 32, 48),
        batch_tokens: int = 2048,
        seed: int = 0,
        **kwargs: int | bool,
    ):
        super().__init__(**kwargs)
        if len(source) != len(target) or not source:
            raise ValueError(
                "batches need as many targets as sources, and at least one, "
                f"got {len(source)} sources, {len(target)} targets"
            )
        if list(lengths) != sorted(set(lengths)) or not lengths or lengths[0] < 1:
            raise ValueError(f"lengths must ascend from at least 1, got {lengths}")
        if batch_tokens < lengths[-1]:
            raise ValueError(
                "a batch must have room for one row of the longest bucket, got "
                f"batch_tokens={batch_tokens}, lengths={tuple(lengths)}"
            )
        self.source = source
        self.target = target
        self.lengths = tuple(lengths)
        self.batch_tokens = batch_tokens
        self.seed = seed
        # One more than the ids: the source ends with END, the target input begins
        # with START.
        longer = np.maximum(lengths_of(source), lengths_of(target))
        self.pair_lengths = 1 + longer.astype("int64")
        bucket = np.searchsorted(self.lengths, self.pair_lengths)
        if bucket.max() == len(self.lengths):
            pair = int(self.pair_lengths.argmax())
            raise ValueError(
                f"every pair must fit the longest bucket of {self.lengths[-1]} tokens, "
                f"got {self.pair_lengths[pair]} tokens with its end in pair {pair}"
            )
        self.members = [np.flatnonzero(bucket == i) for i in range(len(self.lengths))]
        self._order = (None, None)

    def batch_size(self, length: int) -> int:
        """Rows of a batch of the given length."""
        return self.batch_tokens // length

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        return sum(
            -(-len(members) // self.batch_size(length))
            for length, members in zip(self.lengths, self.members, strict=True)
        )

    def order(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """The batches of an epoch: length and pair indices of each."""
        known, batches = self._order
        if known != epoch:
            random = np.random.Generator(np.random.PCG64([self.seed, epoch]))
            batches = []
            for length, members in zip(self.lengths, self.members, strict=True):
                shuffled = random.permutation(members)
                rows = self.batch_size(length)
                batches += [
                    (length, shuffled[first : first + rows])
                    for first in range(0, len(shuffled), rows)
                ]
            turns = random.permutation(len(batches))
            batches = [batches[turn] for turn in turns]
            self._order = (epoch, batches)
        return batches

    def batch(self, epoch: int, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """One batch.

        Args:
            epoch: The epoch, counted from 0.
            index: The batch within the epoch, counted from 0.

        Returns:
            `(inputs, labels)`: inputs a dict of `"source"`, int32 `[b, s]`, ended
            by `END`, and `"target"`, int32 `[b, t]`, begun by `START`; labels int32
            `[b, t]`, the target ended by `END`. All padded with `PADDING`.
        """
        length, pairs = self.order(epoch)[index]
        shape = (self.batch_size(length), length)
        source = np.full(shape, PADDING, "int32")
        target = np.full(shape, PADDING, "int32")
        labels = np.full(shape, PADDING, "int32")
        for row, pair in enumerate(pairs):
            s, t = self.source[pair], self.target[pair]
            source[row, : len(s)] = s
            source[row, len(s)] = END
            target[row, 0] = START
            target[row, 1 : len(t) + 1] = t
            labels[row, : len(t)] = t
            labels[row, len(t)] = END
        return {"source": source, "target": target}, labels

    def fingerprint(self) -> str:
        """A hash of every pair: equal for equal data in equal order."""
        return hashed(self.pair_lengths, (self.source, self.target))

    def fill(self) -> float:
        """Share of the positions of both sides that hold a real token."""
        positions = sum(
            2
            * length
            * self.batch_size(length)
            * -(-len(members) // self.batch_size(length))
            for length, members in zip(self.lengths, self.members, strict=True)
        )
        tokens = sum(int(lengths_of(s).sum()) for s in (self.source, self.target))
        return (tokens + 2 * len(self.source)) / positions

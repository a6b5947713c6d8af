"""Counting: the language models of before, which neural ones must beat.

Axes: `o` order, `t` position, `v` vocabulary.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np


class Ngrams:
    """An interpolated n-gram model: what followed the last `o - 1` tokens so far.

    `p_o(x | h) = (count(h x) + kinds(h) · p_{o-1}(x | h')) / (count(h) + kinds(h))`

    `kinds(h)` is how many different tokens were seen after the history `h`, `h'` is the
    history without its oldest token, and `p_0` is the same for all tokens. Where a
    history was never seen, the shorter one decides alone.

    Args:
        sequences: What to count: token ids of each sequence.
        order: The longest run that is counted, `n`.
        vocabulary: Number of tokens, `v`.

    Example:
        >>> model = Ngrams([[1, 2, 1]], order=2, vocabulary=3)
        >>> model.bits([1, 2]).round(2).tolist()  # p_1 and p_2 of both tokens
        [[0.91, 1.58], [0.91, 0.58]]

    Source: Witten and Bell 1991, method C; Chen and Goodman 1999, section 2.4.
    """

    def __init__(
        self, sequences: Sequence[Sequence[Hashable]], order: int, vocabulary: int
    ):
        self.order, self.vocabulary = order, vocabulary
        self.followers: dict[tuple, Counter] = defaultdict(Counter)
        for ids in map(tuple, sequences):
            for t, token in enumerate(ids):
                for length in range(min(order - 1, t) + 1):
                    self.followers[ids[t - length : t]][token] += 1
        self.totals = {h: seen.total() for h, seen in self.followers.items()}

    def bits(self, ids: Sequence[int]) -> np.ndarray:
        """What each token costs, float `[o, t]`, a row an order from 1 on.

        Args:
            ids: Token ids of a sequence.
        """
        ids, made = tuple(ids), np.zeros((self.order, len(ids)))
        for t, token in enumerate(ids):
            p = 1 / self.vocabulary
            for length in range(self.order):
                history = ids[max(0, t - length) : t]
                seen = self.followers.get(history)
                if seen and length <= t:
                    kinds = len(seen)
                    p = (seen[token] + kinds * p) / (self.totals[history] + kinds)
                made[length, t] = -math.log2(p)
        return made

    def chances(self, before: Sequence[int]) -> np.ndarray:
        """The probability of each token as the next one, float `[v]`.

        Args:
            before: The tokens so far.
        """
        before = tuple(before)
        p = np.full(self.vocabulary, 1 / self.vocabulary)
        for length in range(min(self.order - 1, len(before)) + 1):
            history = before[len(before) - length :]
            if seen := self.followers.get(history):
                counts = np.zeros(self.vocabulary)
                counts[list(seen)] = list(seen.values())
                p = (counts + len(seen) * p) / (self.totals[history] + len(seen))
        return p

    def __len__(self) -> int:
        """How many numbers are stored: counts of runs of up to `order` tokens."""
        return sum(map(len, self.followers.values()))

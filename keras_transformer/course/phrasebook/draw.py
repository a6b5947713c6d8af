"""Chance for the phrasebook: the same choices on every Python and platform."""

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Draws that depend on nothing but the seed.

    Only `random.Random.random` is promised to give the same numbers in every
    version of Python; `choice` and `shuffle` are therefore built on it here.

    Args:
        seed: Any integer.
    """

    def __init__(self, seed: int):
        self._next = random.Random(seed).random

    def below(self, count: int) -> int:
        """An integer from 0 to `count - 1`."""
        return int(self._next() * count)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._next() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as the others."""
        return items[int(self._next() * len(items))]

    def weigh(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """One of the items, as likely as its weight says."""
        rest = self._next() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            rest -= weight
            if rest < 0:
                return item
        return items[-1]

    def shuffle(self, items: Sequence[Item]) -> list[Item]:
        """The items in a new order."""
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items

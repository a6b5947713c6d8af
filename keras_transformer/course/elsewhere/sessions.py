"""Sessions of choices from worlds whose best possible forecast is known.

Axes: `n` session, `t` place in a session, `v` vocabulary: items are ids from 4 on.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

FIRST = 4  # the id of the first item: those below are reserved


@dataclasses.dataclass(frozen=True)
class Tastes:
    """Each session has a hidden taste, and some items have a sequel.

    Items stand on shelves, on each the first the most popular (as 1/1, 1/2, 1/3, …).
    A session has one favourite shelf, which nobody is told; shelf `z` is it as 1/(1+z).
    A choice is, with `loyalty`, from the favourite shelf, else from any. But the first
    `series` items of a shelf are first parts, each with the sequel `series` places
    further on: `gap` choices after a first part comes its sequel, with `eagerness`.

    Args:
        shelves: Number of shelves.
        items: Items on a shelf.
        loyalty: How often the favourite shelf is chosen from.
        series: First parts on a shelf.
        gap: How many choices later a sequel is due.
        eagerness: How probable it then is.

    Example:
        >>> world = Tastes(shelves=2, items=2, series=0)
        >>> np.round(world.chances(np.array([[4, 4]]))[0, :, 4:], 3).tolist()
        [[0.422, 0.211, 0.244, 0.122], [0.572, 0.286, 0.095, 0.047]]
    """

    shelves: int = 8
    items: int = 12
    loyalty: float = 0.8
    series: int = 3
    gap: int = 3
    eagerness: float = 0.8

    @property
    def vocabulary(self) -> int:
        """Number of ids."""
        return FIRST + self.shelves * self.items

    def _tables(self):
        """How probable each taste is, and each item for each, and what follows whom."""
        popular = 1 / np.arange(1, self.items + 1)
        popular = popular / popular.sum()
        share = self.loyalty * np.eye(self.shelves) + (1 - self.loyalty) / self.shelves
        chosen = (share[:, :, None] * popular).reshape(self.shelves, -1)
        prior = 1 / np.arange(1, self.shelves + 1)
        place = np.arange(self.shelves * self.items)
        first = place % self.items < self.series
        return prior / prior.sum(), chosen, np.where(first, place + self.series, -1)

    def draw(self, sessions: int, length: int, seed: int) -> np.ndarray:
        """Sessions, item ids `[n, t]`.

        Args:
            sessions: How many.
            length: Choices in each.
            seed: Seed of all that is drawn.
        """
        prior, chosen, sequel = self._tables()
        dice = np.random.default_rng(seed)
        taste = dice.choice(self.shelves, size=sessions, p=prior)
        drawn = _draw(dice, chosen[taste], length)
        eager = dice.random((sessions, length)) < self.eagerness
        for t in range(self.gap, length):
            due = sequel[drawn[:, t - self.gap]]
            drawn[:, t] = np.where((due >= 0) & eager[:, t], due, drawn[:, t])
        return drawn + FIRST

    def chances(self, sessions: np.ndarray) -> np.ndarray:
        """The probability of each next item, given all before it: `[n, t, v]`.

        By Bayes' rule: each choice makes the tastes more probable that explain it, and
        the next item is as probable as it is on average over them. No model that sees
        what was chosen, and not the taste, can know more.

        Args:
            sessions: Item ids `[n, t]`. Place `t` forecasts item `t`.
        """
        prior, chosen, sequel = self._tables()
        places = np.asarray(sessions) - FIRST
        rows, belief = np.arange(len(places)), np.tile(prior, (len(places), 1))
        found = np.zeros((*places.shape, self.vocabulary))
        for t in range(places.shape[1]):
            each = np.repeat(chosen[None], len(places), axis=0)  # [n, taste, item]
            if t >= self.gap:
                due = sequel[places[:, t - self.gap]]
                late = due >= 0
                each[late] *= 1 - self.eagerness
                each[rows[late], :, due[late]] += self.eagerness
            found[:, t, FIRST:] = np.einsum("nz,nzi->ni", belief, each)
            belief = belief * each[rows, :, places[:, t]]
            belief /= belief.sum(axis=1, keepdims=True)
        return found


@dataclasses.dataclass(frozen=True)
class Chain:
    """Each choice depends on the one before, and on nothing else.

    After an item one of four may come, with 0.4, 0.3, 0.2 and 0.1.

    Args:
        items: Number of items.
        seed: Seed that decides which four.

    Example:
        >>> world = Chain(items=5)
        >>> sorted(np.round(world.chances(np.array([[4, 5]]))[0, 1, 4:], 2).tolist())
        [0.0, 0.1, 0.2, 0.3, 0.4]
    """

    items: int = 96
    seed: int = 1

    @property
    def vocabulary(self) -> int:
        """Number of ids."""
        return FIRST + self.items

    def _table(self):
        """The probability of each item after each, `[item, item]`."""
        dice = np.random.default_rng(self.seed)
        table = np.zeros((self.items, self.items))
        for row in table:
            row[dice.choice(self.items, 4, replace=False)] = (0.4, 0.3, 0.2, 0.1)
        return table

    def draw(self, sessions: int, length: int, seed: int) -> np.ndarray:
        """Sessions, item ids `[n, t]`; the first item is any.

        Args:
            sessions: How many.
            length: Choices in each.
            seed: Seed of all that is drawn.
        """
        dice, table = np.random.default_rng(seed), self._table()
        drawn = [dice.integers(self.items, size=sessions)]
        while len(drawn) < length:
            drawn.append(_draw(dice, table[drawn[-1]], 1)[:, 0])
        return np.stack(drawn, axis=1) + FIRST

    def chances(self, sessions: np.ndarray) -> np.ndarray:
        """The probability of each next item, given all before it: `[n, t, v]`.

        Args:
            sessions: Item ids `[n, t]`. Place `t` forecasts item `t`.
        """
        places = np.asarray(sessions) - FIRST
        found = np.zeros((*places.shape, self.vocabulary))
        found[:, 0, FIRST:] = 1 / self.items
        found[:, 1:, FIRST:] = self._table()[places[:, :-1]]
        return found


def _draw(dice, chances, count):
    """So many from each row of chances `[n, item]`: places `[n, count]`."""
    sums = np.cumsum(chances, axis=1)[:, None]
    return (dice.random((len(chances), count, 1)) * sums[:, :, -1:] > sums).sum(axis=2)


def hit_rates(
    scores: np.ndarray, items: np.ndarray, ks: Sequence[int] = (1, 5, 10)
) -> list[float]:
    """How often what was chosen is among the k items of the highest scores.

    Args:
        scores: A number for each item, `[n, t, v]`: the higher, the sooner shown.
        items: What was chosen, ids `[n, t]`.
        ks: How many are shown.

    Example:
        >>> hit_rates(np.array([[[0.1, 0.7, 0.2]]]), np.array([[2]]), ks=(1, 2))
        [0.0, 1.0]
    """
    own = np.take_along_axis(scores, items[..., None], axis=-1)
    above = (scores > own).sum(axis=-1) + (
        (scores == own) & (np.arange(scores.shape[-1]) < items[..., None])
    ).sum(axis=-1)  # of equal scores the first is shown first
    return [float((above < k).mean()) for k in ks]

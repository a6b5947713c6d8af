"""Seeds for the parts of a whole."""

import numpy as np


def spread_seed(seed: int | None, count: int) -> list[int | None]:
    """A seed of its own for each of several parts.

    Two dropouts with one seed drop the same units, step for step: what looks like
    independent noise is the same noise twice.

    Args:
        seed: The seed of the whole, at least 0; `None` leaves every part unseeded.
        count: Number of parts.

    Example:
        >>> len(set(spread_seed(7, 4))), spread_seed(None, 2)
        (4, [None, None])
    """
    if seed is None:
        return [None] * count
    state = np.random.SeedSequence(seed).generate_state(count)
    return [int(number) >> 1 for number in state]  # fits a signed 32-bit integer

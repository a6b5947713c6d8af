"""Short pairs, joined to longer ones."""

import numpy as np

from keras_transformer.corpora.corpus import Pairs


def joined_pairs(
    pairs: Pairs, count: int, sizes: tuple = (2, 3), seed: int = 1
) -> Pairs:
    """Pairs, and others that are several of them, one after the other.

    A translator that was trained on short sentences has never seen a position beyond,
    and often stops too early in a long one. Joined pairs show it how it goes on.

    Args:
        pairs: The pairs. What else is known of them, such as alignments, is not kept.
        count: How many pairs to make of each size.
        sizes: How many pairs stand in one.
        seed: Seed of who is joined to whom.

    Returns:
        The pairs, then the joined ones, with a space between their parts.

    Raises:
        ValueError: If a number is below 1.

    Example:
        >>> pairs = Pairs(("ja", "nein"), ("yes", "no"))
        >>> joined_pairs(pairs, count=1, sizes=(2,)).source[2]
        'ja nein'

    Source: Kondo et al. 2021, "Sentence concatenation approach to data augmentation for
    neural machine translation".
    """
    if min(count, *sizes) < 1:
        raise ValueError(
            "count and sizes must be at least 1, got "
            f"count={count}, sizes={tuple(sizes)}"
        )
    sides = [list(pairs.source), list(pairs.target)]
    random, first = np.random.default_rng(seed), len(pairs)
    for size in sizes:
        for chosen in random.integers(first, size=(count, size)):
            for side in sides:
                side.append(" ".join(side[i] for i in chosen))
    return Pairs(*map(tuple, sides))

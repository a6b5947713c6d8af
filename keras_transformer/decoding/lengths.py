"""How long sources are padded to, and how long translations may be."""

from collections.abc import Sequence


def padded_length(tokens: int, lengths: Sequence[int]) -> int:
    """The padded length of a source.

    Args:
        tokens: Its number of tokens, its end included.
        lengths: The padded lengths; beyond the last, the next multiple of it.

    Example:
        >>> [padded_length(tokens, (4, 6)) for tokens in (3, 4, 5, 13)]
        [4, 4, 6, 18]
    """
    for length in lengths:
        if tokens <= length:
            return length
    return -(-tokens // lengths[-1]) * lengths[-1]


def longest_translation(length: int, ratio: float) -> int:
    """How many tokens a translation has at most, its end included.

    Args:
        length: The padded length of its source.
        ratio: Tokens for each token of the source; eight more are free.
    """
    return int(ratio * length) + 8

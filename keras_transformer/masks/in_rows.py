"""A rule for scores of known lengths; a kernel makes the rows that it needs."""

import math
from typing import Any

from keras import ops

from keras_transformer.masks.structure import Mask


class MaskInRows:
    """What every head of a sentence may see, without an array `[b, t, s]`.

    Args:
        rule: A rule that knows the shape of its array.
        query_length: Number of queries, `t`; the last one stands on the last key.
        key_length: Number of keys, `s`.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.masks import CausalMask
        >>> mask = MaskInRows(CausalMask(), 4, 4)
        >>> np.asarray(mask.rows(0, (1, 2), 1, count=2)).astype(int).tolist()
        [[1, 1, 0, 0], [1, 1, 1, 0]]
    """

    def __init__(self, rule: Mask, query_length: int, key_length: int):
        self.rule, self.lengths = rule, (query_length, key_length)
        self.shape = rule.shape_of_array(*self.lengths)

    def rows(self, index: Any, before: tuple, begin: Any, count: int) -> Any:
        """What some queries of one sentence see.

        Args:
            index: Place in the axes before the last two, as if they were one.
            before: Lengths of these axes, the sentences first.
            begin: The first query.
            count: How many queries, `c`.

        Returns:
            Boolean `[c or 1, s]`.
        """
        rule = self.rule
        if self.shape[0] != 1:
            rule = rule.of_sentence(index // math.prod(before[1:]))
        return rule.rows(begin, count, *self.lengths)[0]

    def seen(self) -> Any:
        """Which keys any query sees, boolean `[b, s]`, the first axis possibly 1."""
        return ops.convert_to_tensor(self.rule.seen(*self.lengths))

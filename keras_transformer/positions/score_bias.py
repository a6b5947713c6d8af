"""What the positions that add to the scores have in common.

Axes: `h` head, `t` query position, `s` key position.
"""

from typing import Any

import keras
from keras import ops


class ScoreBias(keras.layers.Layer):
    """Positions that leave queries and keys as they are, and add to the scores.

    A layer of this kind says what it adds: `bias(query_length, key_length, offset=0)`.

    Call arguments:
        scores: Float `[..., h, t, s]`; the keys stand at positions from 0 on.
        offset: Position of the first query, an integer or integer scalar tensor.

    Returns:
        Float `[..., h, t, s]` in the compute dtype.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, scores: Any, offset: Any = 0) -> Any:
        *_, length, key_length = ops.shape(scores)
        return scores + ops.cast(self.bias(length, key_length, offset), scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> tuple:
        return tuple(scores_shape)

    def rotate(self, x: Any, offset: Any = 0) -> Any:
        """Queries or keys as they are."""
        return x

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """What is added to the scores.

        Args:
            query_length: Number of queries, `t`.
            key_length: Number of keys, `s`.
            offset: Position of the first query among the keys.

        Returns:
            Float `[h, t, s]`.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it adds")

"""Relative positions: every distance has a bias that it adds to the score.

Axes: `h` head, `t` query position, `s` key position.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.positions.score_bias import ScoreBias


def distance_bucket(distance: int, buckets: int, max_distance: int) -> int:
    """The bucket of a distance: exact when short, logarithmic when long.

    The first half of the buckets holds one distance each, `0, 1, 2, …`. In the second
    half a bucket holds ever more of them, in equal steps of the logarithm, up to
    `max_distance`; whatever is farther is in the last bucket.

    Args:
        distance: At least 0.
        buckets: Number of buckets.
        max_distance: Distances from here on share the last bucket.

    Returns:
        The bucket, from 0 to `buckets - 1`.

    Example:
        >>> [distance_bucket(d, 8, 32) for d in (0, 3, 4, 6, 7, 11, 12, 31, 32, 900)]
        [0, 3, 4, 4, 5, 5, 6, 7, 7, 7]

    Source: Raffel et al. 2020, section 2.1, and the code published with it.
    """
    exact = buckets // 2
    if distance < exact:
        return distance
    share = math.log(distance / exact) / math.log(max_distance / exact)
    return min(exact + int(share * (buckets - exact)), buckets - 1)


def distances(query_length: Any, key_length: Any, offset: Any = 0) -> Any:
    """How far ahead of each query each key stands.

    Args:
        query_length: Number of queries, `t`.
        key_length: Number of keys, `s`.
        offset: Position of the first query among the keys, an integer or integer
            scalar tensor.

    Returns:
        Int32 `[t, s]`, below 0 for keys before their query.

    Example:
        >>> import numpy as np
        >>> np.asarray(distances(2, 3, offset=1)).tolist()
        [[-1, 0, 1], [-2, -1, 0]]
    """
    query = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    key = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(key, 0) - ops.expand_dims(query, 1)


@keras.saving.register_keras_serializable(package="keras_transformer")
class RelativePositionBias(ScoreBias):
    """Adds to each score a learned number that depends on head and distance.

    `score[h, t, s] += table[bucket(s - t), h]`

    Beyond the trained length: a distance of `max_distance` or more is in the last
    bucket, which training has seen if any of its sequences was so long; a longer one
    asks for nothing new. Buckets of distances that training never had keep their
    initial values, so choose `max_distance` below the trained length.

    Args:
        num_heads: Number of heads, `h`.
        buckets: Number of buckets; with `bidirectional` half of them for the keys
            after the query.
        max_distance: Distances from here on share the last bucket.
        bidirectional: Whether keys after the query have buckets of their own. If not,
            they share the bucket of distance 0, and a causal mask must hide them.
        initializer: Initializer of the table.

    Call arguments:
        scores: Float `[..., h, t, s]`; the keys stand at positions from 0 on.
        offset: Position of the first query, an integer or integer scalar tensor.

    Returns:
        Float `[..., h, t, s]` in the compute dtype.

    Masking:
        None is read and none is made.

    Raises:
        ValueError: If there are too few buckets, or `max_distance` does not exceed the
            number of distances that have a bucket of their own.

    Example:
        >>> import numpy as np
        >>> layer = RelativePositionBias(num_heads=1, buckets=4, max_distance=8)
        >>> layer.build()
        >>> layer.set_weights([np.array([[0.0], [1.0], [2.0], [3.0]])])
        >>> np.asarray(layer(np.zeros((1, 1, 2, 3), "float32"))).tolist()
        [[[[0.0, 3.0, 3.0], [1.0, 0.0, 3.0]]]]

    Source: Raffel et al. 2020, section 2.1; the idea: Shaw et al. 2018.
    """

    def __init__(
        self,
        num_heads: int,
        buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
        initializer: str | dict | keras.initializers.Initializer = "random_normal",
        **kwargs: Any,
    ):
        side = buckets // 2 if bidirectional else buckets
        if side < 2 or (bidirectional and buckets % 2):
            raise ValueError(
                "buckets must be at least 2, and with bidirectional even and at least "
                f"4, got buckets={buckets}, bidirectional={bidirectional}"
            )
        if max_distance <= side // 2:
            raise ValueError(
                f"max_distance must exceed {side // 2}, the distances that have a "
                f"bucket of their own, got max_distance={max_distance}"
            )
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.buckets = buckets
        self.max_distance = max_distance
        self.bidirectional = bidirectional
        self.initializer = keras.initializers.get(initializer)

    def build(self, scores_shape: tuple[int | None, ...] | None = None) -> None:
        self.table = self.add_weight(
            shape=(self.buckets, self.num_heads),
            initializer=self.initializer,
            name="table",
        )
        self.built = True

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """As of `ScoreBias`."""
        ahead = distances(query_length, key_length, offset)
        side = self.buckets // 2 if self.bidirectional else self.buckets
        # Looked up, not computed: the logarithm of a float32 may fall on the wrong
        # side of an edge, and on another side on another backend.
        bucket_of = [
            distance_bucket(distance, side, self.max_distance)
            for distance in range(self.max_distance + 1)
        ]
        distance = ops.abs(ahead) if self.bidirectional else ops.maximum(-ahead, 0)
        distance = ops.minimum(distance, self.max_distance)
        bucket = ops.take(ops.convert_to_tensor(bucket_of, "int32"), distance)
        if self.bidirectional:
            bucket = bucket + side * ops.cast(ahead > 0, "int32")
        return ops.transpose(ops.take(self.table, bucket, axis=0), (2, 0, 1))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            num_heads=self.num_heads,
            buckets=self.buckets,
            max_distance=self.max_distance,
            bidirectional=self.bidirectional,
            initializer=keras.initializers.serialize(self.initializer),
        )
        return config

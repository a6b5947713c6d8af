"""Relative positions: every distance has a vector for keys and one for values.

Axes: `b` batch, `h` head, `t` query position, `s` key position, `d` width of a head.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.positions.relative import distances
from keras_transformer.randomness.seeds import spread_initializer


@keras.saving.register_keras_serializable(package="keras_transformer")
class RelativeVectors(keras.layers.Layer):
    """Adds to each key, and to each value, a learned vector of its distance.

    ```
    c[t, s]      = s - t, not beyond ± max_distance
    score[t, s] += query[t] · key_table[c[t, s]] / √d
    context[t]   = Σ over s of weights[t, s] · (value[s] + value_table[c[t, s]])
    ```

    Unlike a bias, what a distance is worth depends on the query. All heads share the
    vectors. Beyond the trained length: longer distances share the last vector. Memory
    grows with `t · s · d`.

    Args:
        max_distance: Distances from here on share a vector, on each side.
        use_values: Whether values get vectors too.
        initializer: Initializer of the tables, `[2 · max_distance + 1, d]`.

    Call arguments:
        query: Float `[b, h, t, d]`.
        key_length: Number of keys, `s`, from position 0 on; that of the queries by
            default.
        offset: Position of the first query, an integer or integer scalar tensor.

    Returns:
        What is added to the scores, float `[b, h, t, s]` in the compute dtype.

    Masking:
        None is read and none is made.

    Raises:
        ValueError: If `max_distance` is below 1.

    Example:
        >>> import numpy as np
        >>> layer = RelativeVectors(max_distance=1, use_values=False)
        >>> layer.build((1, 1, 2, 1))
        >>> layer.set_weights([np.array([[3.0], [5.0], [7.0]])])  # before, at, after
        >>> np.asarray(layer(np.array([[[[1.0], [10.0]]]], "float32"))).tolist()
        [[[[5.0, 7.0], [30.0, 50.0]]]]

    Source: Shaw et al. 2018, section 3.
    """

    def __init__(
        self,
        max_distance: int = 16,
        use_values: bool = True,
        initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        if max_distance < 1:
            raise ValueError(f"max_distance must be at least 1, got {max_distance}")
        super().__init__(**kwargs)
        self.max_distance = max_distance
        self.use_values = use_values
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, query_shape: tuple[int | None, ...]) -> None:
        shape = (2 * self.max_distance + 1, query_shape[-1])
        first, second = spread_initializer(self.initializer, 2)
        self.key_table = self.add_weight(
            shape=shape, initializer=first, name="key_table"
        )
        if self.use_values:
            self.value_table = self.add_weight(
                shape=shape, initializer=second, name="value_table"
            )
        self.built = True

    def call(self, query: Any, key_length: Any = None, offset: Any = 0) -> Any:
        length = ops.shape(query)[-2]
        vectors = self.key_vectors(
            length, length if key_length is None else key_length, offset
        )
        query = query * (1.0 / math.sqrt(query.shape[-1]))
        return ops.einsum("bhtd,tsd->bhts", query, ops.cast(vectors, query.dtype))

    def compute_output_spec(
        self, query: Any, key_length: Any = None, offset: Any = 0
    ) -> Any:
        length = query.shape[-2] if key_length is None else key_length
        return keras.KerasTensor((*query.shape[:-1], length), self.compute_dtype)

    def rotate(self, x: Any, offset: Any = 0) -> Any:
        """Queries or keys as they are."""
        return x

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> None:
        """Nothing: what scores get depends on the query, see `key_vectors`."""
        return None

    def key_vectors(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """What is added to the keys that each query sees, float `[t, s, d]`."""
        return self._vectors(self.key_table, query_length, key_length, offset)

    def value_vectors(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """What is added to the values, float `[t, s, d]`, or `None`."""
        if not self.use_values:
            return None
        return self._vectors(self.value_table, query_length, key_length, offset)

    def _vectors(self, table, *lengths_and_offset):
        far = self.max_distance
        ahead = ops.clip(distances(*lengths_and_offset), -far, far)
        return ops.take(table, ahead + far, axis=0)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            max_distance=self.max_distance,
            use_values=self.use_values,
            initializer=keras.initializers.serialize(self.initializer),
        )
        return config

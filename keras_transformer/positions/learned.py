"""Learned positions: one vector for each position that training has seen.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.system.devices import only_shapes


@keras.saving.register_keras_serializable(package="keras_transformer")
class LearnedPositions(keras.layers.Layer):
    """Adds a learned vector to each position.

    Args:
        max_length: Number of positions that have a vector. A position beyond has
            none: eager calls and fixed shapes raise, they are never clipped.
        initializer: Initializer of the vectors.

    Call arguments:
        x: Float `[b, t, w]`, `offset + t <= max_length`.
        offset: Position of the first element, an integer or integer scalar tensor; or
            integers `[b, 1]` or `[b, t]`, added to the places in each sentence.

    Returns:
        Float `[b, t, w]` in the compute dtype.

    Masking:
        None is read and none is made; an implicit Keras mask stays with the sequence.

    Raises:
        ValueError: If the sequence is longer than `max_length`.

    Example:
        >>> import numpy as np
        >>> layer = LearnedPositions(max_length=4, initializer="ones")
        >>> np.asarray(layer(np.zeros((1, 2, 1), "float32"))).tolist()
        [[[1.0], [1.0]]]

    Source: Gehring et al. 2017, section 3.1.
    """

    def __init__(
        self,
        max_length: int,
        initializer: str | dict | keras.initializers.Initializer = "uniform",
        **kwargs: Any,
    ):
        if max_length < 1:
            raise ValueError(f"max_length must be at least 1, got {max_length}")
        super().__init__(**kwargs)
        self.max_length = max_length
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        self.table = self.add_weight(
            shape=(self.max_length, x_shape[-1]),
            initializer=self.initializer,
            name="table",
        )
        self.built = True

    def call(self, x: Any, offset: Any = 0) -> Any:
        if not only_shapes(x):  # on PyTorch, a length that is None has a number there
            self._require_vectors(x.shape, offset)
        position = ops.arange(ops.shape(x)[1], dtype="int32")
        position = position + ops.cast(offset, "int32")
        return x + ops.cast(ops.take(self.table, position, axis=0), x.dtype)

    def _require_vectors(self, x_shape, offset=0):
        length = x_shape[1]
        first = offset if isinstance(offset, int) else 0
        # None, or a symbol where only shapes are asked for, cannot be compared.
        if isinstance(length, int) and first + length > self.max_length:
            raise ValueError(
                f"learned positions end at max_length={self.max_length}, "
                f"got positions up to {first + length}"
            )

    def compute_output_shape(self, x_shape: tuple) -> tuple:
        self._require_vectors(x_shape)
        return tuple(x_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            max_length=self.max_length,
            initializer=keras.initializers.serialize(self.initializer),
        )
        return config

"""A learned bias for every pair of positions.

Axes: `h` head, `t` query position, `s` key position.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.positions.score_bias import ScoreBias
from keras_transformer.system.devices import only_shapes


@keras.saving.register_keras_serializable(package="keras_transformer")
class PairBias(ScoreBias):
    """Adds to each score a learned number of its head, its query's place and its key's.

    `score[h, t, s] += table[h, t, s]`

    For sequences whose places mean something, such as the squares of a board. A bias
    that is known beforehand is handed over with each call instead:
    `MultiHeadAttention(…)(x, x, score_bias=bias)`.

    Args:
        num_heads: Number of heads, `h`.
        max_length: Number of positions that have a bias. A position beyond has none:
            eager calls and fixed shapes raise, they are never clipped.
        initializer: Initializer of the table, `[h, max_length, max_length]`.

    Call arguments:
        scores: Float `[..., h, t, s]`; the keys stand at positions from 0 on.
        offset: Position of the first query, an integer or integer scalar tensor.

    Returns:
        Float `[..., h, t, s]` in the compute dtype.

    Masking:
        None is read and none is made.

    Raises:
        ValueError: If `max_length` is below 1, or a sequence is longer.

    Example:
        >>> import numpy as np
        >>> layer = PairBias(num_heads=1, max_length=2)
        >>> layer.build()
        >>> layer.set_weights([np.array([[[1.0, 2.0], [3.0, 4.0]]])])
        >>> np.asarray(layer(np.zeros((1, 1, 2), "float32"), offset=1)).tolist()
        [[[3.0, 4.0]]]

    Source: Tay et al. 2021, "Synthesizer", section 3: a random synthesizer, mixed with
    dot products.
    """

    def __init__(
        self,
        num_heads: int,
        max_length: int,
        initializer: str | dict | keras.initializers.Initializer = "zeros",
        **kwargs: Any,
    ):
        if max_length < 1:
            raise ValueError(f"max_length must be at least 1, got {max_length}")
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.max_length = max_length
        self.initializer = keras.initializers.get(initializer)

    def build(self, scores_shape: tuple[int | None, ...] | None = None) -> None:
        self.table = self.add_weight(
            shape=(self.num_heads, self.max_length, self.max_length),
            initializer=self.initializer,
            name="table",
        )
        self.built = True

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """As of `ScoreBias`."""
        first = offset if isinstance(offset, int) else 0
        query = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
        key = ops.arange(key_length, dtype="int32")
        # On PyTorch, where only shapes are asked for, an unknown length is a number.
        lengths = () if only_shapes(query) else (query_length, key_length)
        for length in lengths:
            if isinstance(length, int) and first + length > self.max_length:
                raise ValueError(
                    f"learned biases end at max_length={self.max_length}, "
                    f"got positions up to {first + length}"
                )
            first = 0
        return ops.take(ops.take(self.table, query, axis=1), key, axis=2)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            num_heads=self.num_heads,
            max_length=self.max_length,
            initializer=keras.initializers.serialize(self.initializer),
        )
        return config

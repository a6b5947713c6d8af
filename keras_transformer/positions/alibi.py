"""ALiBi: every head takes off the score what the distance costs it.

Axes: `h` head, `t` query position, `s` key position.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.positions.relative import distances
from keras_transformer.positions.score_bias import ScoreBias


def alibi_slopes(num_heads: int) -> list[float]:
    """What a step of distance costs each head: the first looks nearest.

    `slope[i] = 2^(-8 (i + 1) / h)`

    Where the number of heads is no power of two: those of the power below it, and
    between them every second one of twice as many.

    Args:
        num_heads: Number of heads, `h`.

    Returns:
        A list of `h` numbers.

    Example:
        >>> alibi_slopes(4)
        [0.25, 0.0625, 0.015625, 0.00390625]
        >>> alibi_slopes(3)
        [0.0625, 0.00390625, 0.25]

    Source: Press et al. 2022, section 3, and the code published with it.
    """
    power = 2 ** (num_heads.bit_length() - 1)
    slopes = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    if power == num_heads:
        return slopes
    return slopes + alibi_slopes(2 * power)[::2][: num_heads - power]


@keras.saving.register_keras_serializable(package="keras_transformer")
class AlibiPositions(ScoreBias):
    """Takes off each score the distance times a slope of its head; has no weights.

    `score[h, t, s] -= slope[h] · |t - s|`

    Nothing is learned and no length is the last: beyond the trained length far keys
    fade, as they did before. Without a causal mask keys before and after a query cost
    alike.

    Args:
        num_heads: Number of heads, `h`.

    Call arguments:
        scores: Float `[..., h, t, s]`; the keys stand at positions from 0 on.
        offset: Position of the first query, an integer or integer scalar tensor.

    Returns:
        Float `[..., h, t, s]` in the compute dtype.

    Masking:
        None is read and none is made.

    Raises:
        ValueError: If there is no head.

    Example:
        >>> import numpy as np
        >>> layer = AlibiPositions(num_heads=2)
        >>> np.asarray(layer(np.zeros((2, 1, 3), "float32"), offset=2)).tolist()
        [[[-0.125, -0.0625, 0.0]], [[-0.0078125, -0.00390625, 0.0]]]

    Source: Press et al. 2022, section 3.
    """

    def __init__(self, num_heads: int, **kwargs: Any):
        if num_heads < 1:
            raise ValueError(f"num_heads must be at least 1, got num_heads={num_heads}")
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, scores_shape: tuple[int | None, ...] | None = None) -> None:
        self.built = True

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> Any:
        """As of `ScoreBias`."""
        far = ops.cast(ops.abs(distances(query_length, key_length, offset)), "float32")
        slopes = ops.convert_to_tensor(alibi_slopes(self.num_heads), "float32")
        return -ops.reshape(slopes, (-1, 1, 1)) * far

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(num_heads=self.num_heads)
        return config

"""Sinusoidal positions: every position is a set of clock hands.

Axes: `b` batch, `t` position, `w` width.
"""

import math
from typing import Any

import keras
from keras import ops


def sinusoidal_positions(
    length: Any, width: int, offset: Any = 0, max_wavelength: float = 10_000.0
) -> Any:
    """The encodings of `length` consecutive positions.

    ```
    encoding[p, 2i]     = sin(p / max_wavelength^(2i / w))
    encoding[p, 2i + 1] = cos(p / max_wavelength^(2i / w))
    ```

    Args:
        length: Number of positions, `t`.
        width: Width of an encoding, `w`; even.
        offset: The first position, an integer or an integer scalar tensor; or integers
            `[b, 1]` or `[b, t]`, which are added to those of each sentence.
        max_wavelength: Sets the slowest frequency, `2π · max_wavelength` positions
            in the limit of a wide encoding.

    Returns:
        Float32 `[t, w]`, of several offsets `[b, t, w]`. Always float32: in bfloat16 a
        position beyond 256 is no longer a whole number, and its sine is wrong.

    Example:
        >>> import numpy as np
        >>> np.asarray(sinusoidal_positions(2, 2)).round(4).tolist()
        [[0.0, 1.0], [0.8415, 0.5403]]

    Source: Vaswani et al. 2017, section 3.5.
    """
    position = ops.arange(length, dtype="int32") + ops.cast(offset, "int32")
    exponent = ops.arange(0, width, 2, dtype="float32") / width
    frequency = ops.exp(-math.log(max_wavelength) * exponent)
    angle = ops.expand_dims(ops.cast(position, "float32"), -1) * frequency
    pairs = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)
    return ops.reshape(pairs, (*ops.shape(position)[:-1], -1, width))


@keras.saving.register_keras_serializable(package="keras_transformer")
class SinusoidalPositions(keras.layers.Layer):
    """Adds sinusoidal encodings to a sequence; has no weights, knows no last position.

    Args:
        max_wavelength: See `sinusoidal_positions`.

    Call arguments:
        x: Float `[b, t, w]`, `w` even.
        offset: Position of the first element, an integer or integer scalar tensor; or
            integers `[b, 1]` or `[b, t]`, added to the places in each sentence.

    Returns:
        Float `[b, t, w]` in the compute dtype.

    Masking:
        None is read and none is made; an implicit Keras mask stays with the sequence.

    Raises:
        ValueError: If the width is odd.

    Example:
        >>> import numpy as np
        >>> x = np.zeros((1, 2, 2), "float32")
        >>> np.asarray(SinusoidalPositions()(x)).round(4).tolist()
        [[[0.0, 1.0], [0.8415, 0.5403]]]

    Source: Vaswani et al. 2017, section 3.5.
    """

    def __init__(self, max_wavelength: float = 10_000.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.supports_masking = True

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        if x_shape[-1] % 2:
            raise ValueError(
                f"sinusoidal positions need an even width, got width={x_shape[-1]}"
            )
        self.built = True

    def call(self, x: Any, offset: Any = 0) -> Any:
        table = sinusoidal_positions(
            ops.shape(x)[1], x.shape[-1], offset, self.max_wavelength
        )
        return x + ops.cast(table, x.dtype)

    def compute_output_shape(self, x_shape: tuple) -> tuple:
        return tuple(x_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(max_wavelength=self.max_wavelength)
        return config

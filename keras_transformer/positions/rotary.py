"""Rotary positions: a query and a key are turned by their position.

Axes: `t` position, `d` width of a head; whatever stands before them (batch, heads) is
carried along.
"""

import math
from typing import Any

import keras
from keras import ops


def rotate(x: Any, offset: Any = 0, max_wavelength: float = 10_000.0) -> Any:
    """Turn every pair of numbers by an angle that grows with the position.

    ```
    angle[p, i]      = p / max_wavelength^(2i / d)          for i < d/2
    out[p, i]        = x[p, i] cos angle[p, i] - x[p, i + d/2] sin angle[p, i]
    out[p, i + d/2]  = x[p, i] sin angle[p, i] + x[p, i + d/2] cos angle[p, i]
    ```

    The pair of `i` is `i + d/2`: the vector is split into halves. The paper pairs
    neighbours, `2i` and `2i + 1`. That is the same up to an order of the `d` numbers,
    which the projection before learns anyhow; weights of a model that pairs neighbours
    must have the columns of their query and key projections put into this order.

    Args:
        x: Float `[..., t, d]`, `d` even.
        offset: Position of the first element, an integer or integer scalar tensor.
        max_wavelength: Sets the slowest frequency, as for sinusoidal positions.

    Returns:
        Float `[..., t, d]` in the dtype of `x`; the angles are float32.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
        >>> np.asarray(rotate(x)).round(4).tolist()
        [[1.0, 0.0], [0.5403, 0.8415]]

    Source: Su et al. 2021, equation 34.
    """
    x = ops.convert_to_tensor(x)
    width = x.shape[-1]
    position = ops.arange(ops.shape(x)[-2], dtype="int32") + ops.cast(offset, "int32")
    exponent = ops.arange(0, width, 2, dtype="float32") / width
    frequency = ops.exp(-math.log(max_wavelength) * exponent)
    angle = ops.expand_dims(ops.cast(position, "float32"), 1) * frequency
    cosine, sine = ops.cos(angle), ops.sin(angle)
    first, second = ops.split(ops.cast(x, "float32"), 2, axis=-1)
    turned = ops.concatenate(
        [first * cosine - second * sine, first * sine + second * cosine], axis=-1
    )
    return ops.cast(turned, x.dtype)


@keras.saving.register_keras_serializable(package="keras_transformer")
class RotaryPositions(keras.layers.Layer):
    """Turns queries and keys by their position; has no weights.

    Turned by their positions, a query at `p` and a key at `q` have a dot product that
    depends on `p - q` alone. Nothing is added to the sequence, and no length is the
    last: beyond the trained length only distances are new that no training sequence
    had. For self-attention with a score made of dot products; `Additive` and `Linear`
    see turned vectors, but not by distance alone.

    Args:
        max_wavelength: See `rotate`.

    Call arguments:
        x: Queries or keys, float `[..., t, d]`, `d` even.
        offset: Position of the first element, an integer or integer scalar tensor.

    Returns:
        Float `[..., t, d]` in the compute dtype.

    Masking:
        None is read and none is made: masks are explicit in this package.

    Raises:
        ValueError: If the width is odd.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
        >>> np.asarray(RotaryPositions()(x)).round(4).tolist()
        [[1.0, 0.0], [0.5403, 0.8415]]

    Source: Su et al. 2021, section 3.2.
    """

    def __init__(self, max_wavelength: float = 10_000.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        if x_shape[-1] % 2:
            raise ValueError(
                f"rotary positions need an even width, got width={x_shape[-1]}"
            )
        self.built = True

    def call(self, x: Any, offset: Any = 0) -> Any:
        return rotate(x, offset, self.max_wavelength)

    def rotate(self, x: Any, offset: Any = 0) -> Any:
        """Queries or keys `[b, h, t, d]`, turned; the first stands at `offset`."""
        return self(x, offset=offset)

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> None:
        """Nothing: the scores get no bias."""
        return None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(max_wavelength=self.max_wavelength)
        return config

"""Rotary positions: a query and a key are turned by their position.

Axes: `t` position, `d` width of a head; whatever stands before them (batch, heads) is
carried along.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.system.precision import at_least_float32

SCALINGS = ("linear", "ntk")


def rotate(
    x: Any, offset: Any = 0, max_wavelength: float = 10_000.0, stretch: float = 1.0
) -> Any:
    """Turn every pair of numbers by an angle that grows with the position.

    ```
    angle[p, i]      = p / stretch / max_wavelength^(2i / d)          for i < d/2
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
        stretch: What positions are divided by.

    Returns:
        Float `[..., t, d]` in the dtype of `x`; the angles are float32, or float64.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
        >>> np.asarray(rotate(x)).round(4).tolist()
        [[1.0, 0.0], [0.5403, 0.8415]]

    Source: Su et al. 2021, equation 34.
    """
    x = ops.convert_to_tensor(x)
    width, dtype = x.shape[-1], at_least_float32(x.dtype)
    position = ops.arange(ops.shape(x)[-2], dtype="int32") + ops.cast(offset, "int32")
    exponent = ops.arange(0, width, 2, dtype=dtype) / width
    frequency = ops.exp(-math.log(max_wavelength) * exponent)
    if stretch != 1:
        frequency = frequency / stretch
    angle = ops.expand_dims(ops.cast(position, dtype), 1) * frequency
    cosine, sine = ops.cos(angle), ops.sin(angle)
    first, second = ops.split(ops.cast(x, dtype), 2, axis=-1)
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

    Turned may be a part of a head only, the first `share` of it: the other features
    compare by content alone. And a trained model may be asked for sequences that are
    `stretch` times as long, with hardly any training at such lengths: `"linear"`
    divides all positions by it, so that no distance is new; `"ntk"` slows the slowest
    frequency by it and leaves the fastest, which tell neighbours apart:
    `max_wavelength · stretch^(d / (d - 2))`.

    Args:
        max_wavelength: See `rotate`.
        share: How much of a head is turned, in (0, 1].
        scaling: `"linear"` or `"ntk"`.
        stretch: How many times as long as in training sequences are, at least 1.

    Call arguments:
        x: Queries or keys, float `[..., t, d]`, `d` even.
        offset: Position of the first element, an integer or integer scalar tensor.

    Returns:
        Float `[..., t, d]` in the compute dtype.

    Masking:
        None is read and none is made; an implicit Keras mask stays with the sequence.

    Raises:
        ValueError: If what is turned is odd, `share` is not in (0, 1], `scaling` is
            unknown, or `stretch` is below 1.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 0.0], [1.0, 0.0]], "float32")
        >>> np.asarray(RotaryPositions()(x)).round(4).tolist()
        [[1.0, 0.0], [0.5403, 0.8415]]

    Source: Su et al. 2021, section 3.2; a part: Black et al. 2022, section 2.1.1;
    linear: Chen et al. 2023; NTK: bloc97 2023, told in Peng et al. 2024, section 3.1.
    """

    def __init__(
        self,
        max_wavelength: float = 10_000.0,
        share: float = 1.0,
        scaling: str = "linear",
        stretch: float = 1.0,
        **kwargs: Any,
    ):
        if scaling not in SCALINGS:
            raise ValueError(f"scaling must be one of {SCALINGS}, got {scaling!r}")
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got share={share}")
        if not stretch >= 1:
            raise ValueError(f"stretch must be at least 1, got stretch={stretch}")
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength
        self.share = share
        self.scaling = scaling
        self.stretch = stretch
        self.supports_masking = True

    def build(self, x_shape: tuple[int | None, ...]) -> None:
        turned = round(self.share * x_shape[-1])
        if turned % 2:
            raise ValueError(f"rotary positions need an even width, got width={turned}")
        if self.scaling == "ntk" and turned < 4:
            raise ValueError(
                f"scaling 'ntk' needs a width of at least 4, got width={turned}"
            )
        self.built = True

    def measures(self, width: int) -> tuple[int, float, float]:
        """How many features of a head are turned, and how.

        Args:
            width: Width of a head, `d`.

        Returns:
            Their number, and `max_wavelength` and `stretch` as `rotate` takes them.
        """
        turned, stretch = round(self.share * width), self.stretch
        if self.scaling == "ntk":
            slowed = self.max_wavelength * stretch ** (turned / (turned - 2))
            return turned, slowed, 1.0
        return turned, self.max_wavelength, stretch

    def call(self, x: Any, offset: Any = 0) -> Any:
        width, wavelength, stretch = self.measures(x.shape[-1])
        turned = rotate(x[..., :width], offset, wavelength, stretch)
        if width == x.shape[-1]:
            return turned
        return ops.concatenate([turned, x[..., width:]], axis=-1)

    def rotate(self, x: Any, offset: Any = 0) -> Any:
        """Queries or keys `[b, h, t, d]`, turned; the first stands at `offset`."""
        return self(x, offset=offset)

    def bias(self, query_length: Any, key_length: Any, offset: Any = 0) -> None:
        """Nothing: the scores get no bias."""
        return None

    def compute_output_shape(self, x_shape: tuple) -> tuple:
        return tuple(x_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            max_wavelength=self.max_wavelength,
            share=self.share,
            scaling=self.scaling,
            stretch=self.stretch,
        )
        return config

"""Rotary positions, turned by sliders."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.plots.table import table
from keras_transformer.plots.views.view import View


def rotary_view(
    query: Sequence[float],
    key: Sequence[float],
    max_wavelength: float = 10_000.0,
    last: int = 24,
    title: str = "",
) -> View:
    """Turn a query and a key by their positions: the score keeps to the distance.

    ```
    angle[p, i] = p / max_wavelength^(2i / d)        the pair of i is i + d/2
    ```

    Args:
        query: A query `[d]` before it is turned, `d` even.
        key: A key `[d]` before it is turned.
        max_wavelength: Sets the slowest frequency, as for `RotaryPositions`.
        last: The last position of the key, and the largest distance.
        title: A line above.

    Raises:
        ValueError: If query and key are not of one even width.

    Example:
        >>> rotary_view([1.0, 0.0], [1.0, 0.0], last=2)
        distance  score
        --------  -----
               0   1.00
               1   0.54
               2  -0.42
    """
    vectors = np.asarray([query, key], "float64")
    width = vectors.shape[-1]
    if vectors.ndim != 2 or width % 2 or not width:
        raise ValueError(
            "rotary positions need a query and a key of one even width, got "
            f"{np.shape(query)} and {np.shape(key)}"
        )
    frequencies = max_wavelength ** (-np.arange(0, width, 2) / width)
    # A pair of numbers as one complex number: to turn it is to multiply.
    turning = vectors[:, : width // 2] + 1j * vectors[:, width // 2 :]
    rows = []
    for distance in range(last + 1):
        turned = turning[0] * np.exp(1j * distance * frequencies)
        score = float(np.sum(turned * turning[1].conj()).real)
        rows.append({"distance": distance, "score": score})
    pairs = np.stack([turning.real, turning.imag], axis=-1)
    data = {
        "title": title,
        "query": pairs[0].tolist(),
        "key": pairs[1].tolist(),
        "frequencies": frequencies.tolist(),
        "last": last,
    }
    return View("rotary", data, [table(rows, formats={"score": ".2f"})])

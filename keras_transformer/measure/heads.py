"""What a model loses with one head of its attention.

Axes: `b` batch, `t` query position, `h` head, `d` width of a head, `w` width.
"""

import contextlib
from collections.abc import Iterator

from keras import ops

from keras_transformer.attention import MultiHeadAttention


@contextlib.contextmanager
def without_head(attention: MultiHeadAttention, head: int) -> Iterator[None]:
    """Within this block one head of a layer says nothing; afterwards it is back.

    The heads stand side by side before the output projection `[w, w]`, so that the
    rows `head · d … (head + 1) · d - 1` of its matrix read this head alone. They are
    set to 0 meanwhile; all other weights stay, and nothing is compiled anew.

    Args:
        attention: A built `MultiHeadAttention`.
        head: Which one, from 0.

    Raises:
        ValueError: If there is no such head.

    Example:
        >>> import numpy as np
        >>> layer = MultiHeadAttention(num_heads=2, width=6)
        >>> x = np.ones((1, 3, 6), "float32")
        >>> whole = np.asarray(layer(x, x))
        >>> with without_head(layer, 1):
        ...     part = np.asarray(layer(x, x))
        >>> bool(np.allclose(whole, part)), bool(np.allclose(whole, layer(x, x)))
        (False, True)

    Source: Michel et al. 2019, section 3.1.
    """
    if not 0 <= head < attention.num_heads:
        raise ValueError(
            f"head must be from 0 to {attention.num_heads - 1}, got {head}"
        )
    kernel = attention.output_projection.kernel
    before = ops.convert_to_numpy(kernel).copy()
    silent = before.copy()
    silent[head * attention.head_width : (head + 1) * attention.head_width] = 0
    kernel.assign(silent)
    try:
        yield
    finally:
        kernel.assign(before)

"""Tasks on short sequences of tokens: for each token read, one to write.

Axes: `n` example, `t` position.
"""

import numpy as np

KINDS = ("neighbour", "larger", "difference")


def token_task(
    kind: str,
    examples: int,
    length: int = 8,
    values: int = 8,
    shortest: int | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Random tokens, and what is to be written below each.

    ```
    "neighbour"    y[t] = x[t-1]
    "larger"       y[t] = max(x[t-1], x[t])
    "difference"   y[t] = |x[t-1] - x[t]|, and `values` for a difference of 0
    ```

    The first token has no neighbour to its left, and takes the last one. Tokens are
    the numbers 1 to `values`; 0 is padding.

    Args:
        kind: `"neighbour"`, `"larger"` or `"difference"`.
        examples: Number of examples, `n`.
        length: Number of positions, `t`.
        values: Number of different tokens.
        shortest: If given, sequences have any length from this one to `length`, all
            equally likely, and padding behind them.
        seed: Seed of everything that is drawn.

    Returns:
        What is read and what is to be written, int32 `[n, t]`.

    Raises:
        ValueError: If the kind is unknown, a number is below 1, or the shortest
            sequence is longer than `length`.

    Example:
        >>> x, y = token_task("difference", examples=1, length=4, values=5, seed=3)
        >>> x.tolist(), y.tolist()
        ([[5, 1, 1, 2]], [[3, 4, 5, 1]])
    """
    shortest = length if shortest is None else shortest
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
    sizes = {"examples": examples, "length": length, "values": values}
    for name, size in {**sizes, "shortest": shortest}.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {name}={size}")
    if shortest > length:
        raise ValueError(
            "the shortest sequence must fit into the length, "
            f"got shortest={shortest}, length={length}"
        )
    generator = np.random.default_rng(seed)
    x = generator.integers(1, values + 1, size=(examples, length))
    lengths = generator.integers(shortest, length + 1, size=(examples, 1))
    left = np.roll(x, 1, axis=1)
    left[:, :1] = np.take_along_axis(x, lengths - 1, axis=1)
    apart = np.abs(left - x)
    answers = {
        "neighbour": left,
        "larger": np.maximum(left, x),
        "difference": np.where(apart == 0, values, apart),
    }
    y = answers[kind]
    kept = np.arange(length) < lengths
    return (x * kept).astype("int32"), (y * kept).astype("int32")

"""A task that attention alone can solve: find the value that belongs to a query.

Axes: `n` example, `t` query position (there is one), `s` key position, `d` width.
"""

import numpy as np


def retrieval_task(
    examples: int,
    width: int,
    keys: int = 16,
    value_width: int = 8,
    noise: float = 0.3,
    seed: int = 0,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Random keys with random values, and a query that is nearly one of the keys.

    ```
    key, value  independent, normal, of variance 1, new in every example
    query[n]    = (key[n, i] + noise · ε) / √(1 + noise²)     i drawn for each example
    wanted[n]   = value[n, i]
    ```

    Nothing can be learned by heart. Who always answers 0 has a mean squared error of
    1, who takes a value at random has one of 2.

    Args:
        examples: Number of examples, `n`.
        width: Width of query and key, `d`.
        keys: Number of keys, `s`.
        value_width: Width of the values.
        noise: Size of what is added to the key.
        seed: Seed of everything that is drawn.

    Returns:
        The inputs `{"query": [n, 1, d], "key": [n, s, d], "value": [n, s, v]}` and the
        wanted values `[n, 1, v]`, float32.

    Raises:
        ValueError: If a number is below 1, or the noise is negative.

    Example:
        >>> inputs, wanted = retrieval_task(2, width=5, keys=3, value_width=4)
        >>> {name: array.shape for name, array in inputs.items()}
        {'query': (2, 1, 5), 'key': (2, 3, 5), 'value': (2, 3, 4)}
        >>> wanted.shape
        (2, 1, 4)
    """
    sizes = {"examples": examples, "width": width, "keys": keys}
    for name, size in {**sizes, "value_width": value_width}.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {name}={size}")
    if noise < 0:
        raise ValueError(f"noise must be at least 0, got noise={noise}")
    generator = np.random.default_rng(seed)
    key = generator.normal(size=(examples, keys, width))
    value = generator.normal(size=(examples, keys, value_width))
    chosen = generator.integers(keys, size=examples)
    row = np.arange(examples)
    disturbed = key[row, chosen] + noise * generator.normal(size=(examples, width))
    inputs = {
        "query": disturbed[:, None] / np.sqrt(1 + noise**2),
        "key": key,
        "value": value,
    }
    wanted = value[row, chosen][:, None]
    return (
        {name: array.astype("float32") for name, array in inputs.items()},
        wanted.astype("float32"),
    )

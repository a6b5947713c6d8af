"""A task for which a model must know order, asked in two ways.

Axes: `n` example, `t` position.
"""

import numpy as np

from keras_transformer.tokens.reserved import PADDING


def order_task(
    examples: int,
    longest: int,
    shortest: int | None = None,
    symbols: int = 16,
    places: int = 2,
    seed: int = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Random tokens, and at each position two questions about where tokens stand.

    ```
    wanted["back"][n, t]  = ids[n, t - places]    relative: so many places before
    wanted["start"][n, t] = ids[n, places]        absolute: so many from the start
    ```

    Both are asked at the positions from `places` on. A model that is blind to order can
    do no better than name one of the sentence's tokens.

    Args:
        examples: Number of examples, `n`.
        longest: Most tokens of an example, `t`.
        shortest: Fewest tokens of an example; `longest` by default.
        symbols: Number of different tokens, from 1 on; 0 is padding.
        places: How far back, and how far from the start.
        seed: Seed of everything that is drawn.

    Returns:
        Token ids, int32 `[n, t]`, padded at the end, and the wanted tokens by question,
        `"back"` and `"start"`, int32 `[n, t]`, 0 where nothing is asked.

    Raises:
        ValueError: If a number is below 1, or the shortest example is not longer than
            `places`, or longer than the longest.

    Example:
        >>> ids, wanted = order_task(1, longest=5)
        >>> ids.tolist()
        [[14, 11, 9, 5, 5]]
        >>> wanted["back"].tolist(), wanted["start"].tolist()
        ([[0, 0, 14, 11, 9]], [[0, 0, 9, 9, 9]])
    """
    shortest = longest if shortest is None else shortest
    sizes = {"examples": examples, "symbols": symbols, "places": places}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {name}={size}")
    if not places < shortest <= longest:
        raise ValueError(
            "places < shortest <= longest must hold, got "
            f"places={places}, shortest={shortest}, longest={longest}"
        )
    generator = np.random.default_rng(seed)
    position = np.arange(longest)
    length = generator.integers(shortest, longest + 1, size=(examples, 1))
    drawn = generator.integers(1, symbols + 1, size=(examples, longest))
    asked = (position >= places) & (position < length)
    back = np.roll(drawn, places, axis=1)
    wanted = {"back": back, "start": drawn[:, [places]]}
    return (
        np.where(position < length, drawn, PADDING).astype("int32"),
        {
            name: np.where(asked, tokens, PADDING).astype("int32")
            for name, tokens in wanted.items()
        },
    )

"""Seeds for the parts of a whole."""

import keras
import numpy as np


def spread_seed(seed: int | None, count: int) -> list[int | None]:
    """A seed of its own for each of several parts.

    Two dropouts with one seed drop the same units, step for step: what looks like
    independent noise is the same noise twice.

    Args:
        seed: The seed of the whole, at least 0; `None` leaves every part unseeded.
        count: Number of parts.

    Example:
        >>> len(set(spread_seed(7, 4))), spread_seed(None, 2)
        (4, [None, None])
    """
    if seed is None:
        return [None] * count
    state = np.random.SeedSequence(seed).generate_state(count)
    return [int(number) >> 1 for number in state]  # fits a signed 32-bit integer


def spread_initializer(
    initializer: keras.initializers.Initializer, count: int
) -> list[keras.initializers.Initializer]:
    """An initializer of its own for each of several matrices.

    An instance that is used twice, and a copy of a seeded one, give the same numbers
    again: heads whose queries, keys and values begin alike. Here each copy of a seeded
    initializer has a seed of its own, which follows from the given one.

    Args:
        initializer: The initializer of the whole.
        count: Number of matrices.

    Example:
        >>> one, two = spread_initializer(keras.initializers.GlorotUniform(seed=3), 2)
        >>> bool((one((2, 2)) == two((2, 2)))[0, 0])
        False
    """
    config = initializer.get_config()
    if not isinstance(config.get("seed"), int):
        return [initializer.clone() for _ in range(count)]
    return [
        type(initializer).from_config({**config, "seed": seed})
        for seed in spread_seed(config["seed"], count)
    ]


def copies(layer: keras.layers.Layer | None, count: int) -> list:
    """Copies of a layer that share no weight with it, nor with one another.

    A copy is made from the layer's config, so that weights begin anew. Seeds in the
    config become seeds of its own for each copy.

    Args:
        layer: The layer; of `None` every copy is `None`.
        count: Number of copies.

    Example:
        >>> layer = keras.layers.Dropout(0.5, seed=3)
        >>> one, two = copies(layer, 2)
        >>> one.rate == two.rate, one.seed == two.seed
        (True, False)
    """
    if layer is None:
        return [None] * count
    config = layer.get_config()
    return [
        type(layer).from_config(_with_own_seeds(config, index, count))
        for index in range(count)
    ]


def _with_own_seeds(config, index, count):
    if isinstance(config, list | tuple):
        return type(config)(_with_own_seeds(part, index, count) for part in config)
    if not isinstance(config, dict):
        return config
    return {
        name: spread_seed(value, count)[index]
        if name == "seed" and isinstance(value, int)
        else _with_own_seeds(value, index, count)
        for name, value in config.items()
    }

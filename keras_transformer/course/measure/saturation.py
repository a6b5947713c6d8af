"""What large scores do to a softmax: the entropy and the slope of its weights.

Axes: `t` query position, `s` key position.
"""

import numpy as np


def entropy(weights: np.ndarray) -> np.ndarray:
    """How spread out attention weights are.

    `H[t] = - Σ over s of weights[t, s] · ln weights[t, s]`

    Args:
        weights: Float `[..., t, s]`, at least 0, each row of sum 1.

    Returns:
        Float64 `[..., t]` in nats: 0 where one key has everything, `ln s` where all
        `s` keys have the same. A weight of 0 adds nothing.

    Example:
        >>> entropy(np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]])).tolist()
        [1.3862943611198906, 0.0]

    Source: Shannon 1948, section 6.
    """
    weights = np.asarray(weights, "float64")
    logarithms = np.log(np.where(weights > 0, weights, 1.0))
    return np.abs(-np.sum(weights * logarithms, axis=-1))  # no negative zero


def softmax_slope(weights: np.ndarray) -> np.ndarray:
    """How far softmax weights move when their scores move a little.

    ```
    ∂weights[i] / ∂scores[j] = weights[i] · ([i = j] - weights[j])
    slope[t]                 = the Frobenius norm of this [s, s] matrix
                             = √(Σ w² - 2 · Σ w³ + (Σ w²)²)
    ```

    Backpropagation multiplies by this matrix on its way to the scores: where the slope
    is 0, queries and keys learn nothing.

    Args:
        weights: Softmax weights, float `[..., t, s]`.

    Returns:
        Float64 `[..., t]`: 0 where one key has everything, `√(s - 1) / s` where all `s`
        keys have the same, at most 0.5, for two keys that share equally.

    Example:
        >>> softmax_slope(np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])).tolist()
        [0.5, 0.0]

    Source: Vaswani et al. 2017, section 3.2.1, which says that it gets small.
    """
    weights = np.asarray(weights, "float64")
    # The sum of squares itself, first on the diagonal, where 1 - w[i] is the sum of the
    # others, then beside it: the short formula takes nearly equal numbers from each
    # other, and is 0 long before the slope is.
    squares = weights**2
    diagonal = np.sum(squares * _sum_of_others(weights) ** 2, axis=-1)
    beside = np.sum(squares * _sum_of_others(squares), axis=-1)
    return np.sqrt(diagonal + beside)


def _sum_of_others(values):
    """For each place the sum of all other places, without subtraction."""
    before = np.cumsum(values, axis=-1)
    after = np.cumsum(values[..., ::-1], axis=-1)[..., ::-1]
    zero = np.zeros_like(values[..., :1])
    return np.concatenate([zero, before[..., :-1]], axis=-1) + np.concatenate(
        [after[..., 1:], zero], axis=-1
    )


def weights_of_normal_scores(
    variance: float, keys: int, rows: int = 4000, seed: int = 0
) -> np.ndarray:
    """Softmax weights of scores that are independent and normal: a prediction.

    The dot product of two vectors of `d` independent components of variance 1 is
    nearly normal with variance `d`. What a softmax makes of such scores follows from
    the variance alone, whatever the vectors were.

    Args:
        variance: Variance of the scores.
        keys: Number of keys, `s`.
        rows: Number of rows to draw.
        seed: Seed of the draws.

    Returns:
        Float64 `[rows, s]`, each row of sum 1.

    Raises:
        ValueError: If the variance is negative.

    Example:
        >>> weights_of_normal_scores(0.0, keys=4, rows=1).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    if variance < 0:
        raise ValueError(f"a variance is at least 0, got {variance}")
    generator = np.random.default_rng(seed)
    scores = np.sqrt(variance) * generator.normal(size=(rows, keys))
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

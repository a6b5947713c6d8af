"""How good is an estimate of the gradient that a drawn key does not have?

Axes: `n` draw, `s` key position.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_transformer.attention import reinforce_loss
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.roles import assign
from keras_transformer.randomness.log_probability import log_probabilities


class Quality(NamedTuple):
    """How far estimates are from the truth, on average and one by one."""

    bias: float  # ‖mean of the estimates - exact‖
    chance: float  # the bias that so many unbiased estimates would show by chance
    variance: float  # of one estimate, summed over the keys


def exact_gradient(scores: np.ndarray, loss: Callable) -> np.ndarray:
    """The gradient of the expected loss when one key is drawn from the softmax.

    Every choice is tried, so that nothing is left to chance:

    ```
    J        = Σ over i of p[i] · loss(only key i)        p = softmax(scores)
    ∂J/∂a[s] = p[s] · (loss(only key s) - J)
    ```

    Args:
        scores: The score of each key, float `[s]`.
        loss: A function of the weights, `[n, s] → [n]`.

    Returns:
        Float64 `[s]`.

    Raises:
        ValueError: If the scores have another number of axes, or the loss does not
            give one number a row.

    Example:
        >>> price = np.array([[1.0], [3.0]], "float32")
        >>> exact_gradient(np.zeros(2), lambda w: (w @ price)[:, 0]).tolist()
        [-0.5, 0.5]
    """
    scores = _checked(scores).astype("float64")
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    choices = np.eye(len(scores), dtype="float32")
    losses = loss(ops.convert_to_tensor(choices))
    losses = ops.convert_to_numpy(_one_each(losses, len(scores))).astype("float64")
    return chances * (losses - chances @ losses)


def gradient_estimates(
    weighting: Callable,
    scores: np.ndarray,
    loss: Callable,
    draws: int = 1,
    baseline: float = 0.0,
) -> np.ndarray:
    """What backpropagation through a weighting says of the scores, draw by draw.

    Args:
        weighting: A layer or a function `(scores) → weights`, such as `Softmax()`,
            `TopK(1)` or `Sampled(estimator="gumbel")`; a layer is called with
            `training=True`. What `"reinforce"` draws is rated by `reinforce_loss`.
        scores: The score of each key, float `[s]`.
        loss: A function of the weights, `[n, s] → [n]`.
        draws: Number of estimates, each with a draw of its own.
        baseline: What `"reinforce"` subtracts from the loss.

    Returns:
        Float32 `[n, s]`, an estimate a row.

    Raises:
        ValueError: If there is no draw, the scores have another number of axes, or the
            loss does not give one number a row.

    Example:
        >>> from keras_transformer.attention import TopK
        >>> price = np.array([[1.0], [3.0]], "float32")
        >>> paid = lambda weights: (weights @ price)[:, 0]
        >>> gradient_estimates(TopK(1), np.zeros(2), paid).tolist()
        [[0.0, 0.0]]
    """
    scores = _checked(scores)
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got draws={draws}")
    layer = weighting if isinstance(weighting, keras.layers.Layer) else None

    def rated(rows):
        roles = {"scores": ops.expand_dims(rows, 1), "training": True}
        arguments, keywords = assign(weighting, roles)
        with log_probabilities() as drawn:
            weights = weighting(*arguments, **keywords)[:, 0]
        losses = _one_each(loss(weights), draws)
        log_probability = drawn.total()
        if log_probability is not None:
            # The mean over the draws; each row asks for its own gradient.
            losses = draws * reinforce_loss(losses, log_probability, baseline)
        return ops.reshape(losses, (-1, 1))

    rows = np.repeat(scores[None], draws, axis=0)
    direction = np.ones((1, 1), "float32")
    (estimates,), _ = gradients(rated, [rows], direction, layer)
    return estimates


def quality(estimates: np.ndarray, exact: np.ndarray) -> Quality:
    """Bias and variance of estimates of a gradient.

    Args:
        estimates: Float `[n, s]`, an estimate a row.
        exact: The gradient that they estimate, float `[s]`.

    Returns:
        The norm of the bias; the norm that unbiased estimates of this variance would
        have on average, `√(variance / n)`: a bias well above it is no accident; and the
        variance.

    Raises:
        ValueError: If there are fewer than two estimates, or the shapes disagree.

    Example:
        >>> quality(np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([1.0, 0.0]))
        Quality(bias=1.0, chance=1.0, variance=2.0)
    """
    estimates = np.asarray(estimates, "float64")
    exact = np.asarray(exact, "float64")
    if estimates.ndim != 2 or len(estimates) < 2 or estimates.shape[1:] != exact.shape:
        raise ValueError(
            "quality needs at least two estimates [n, s] of a gradient [s], got "
            f"shapes {estimates.shape} and {exact.shape}"
        )
    variance = float(estimates.var(axis=0, ddof=1).sum())
    bias = float(np.linalg.norm(estimates.mean(axis=0) - exact))
    return Quality(bias, float(np.sqrt(variance / len(estimates))), variance)


def _checked(scores):
    scores = np.asarray(scores, "float32")
    if scores.ndim != 1 or not len(scores):
        raise ValueError(f"scores must have the axis [s], got shape {scores.shape}")
    return scores


def _one_each(losses, count):
    if tuple(losses.shape) != (count,):
        raise ValueError(
            "a loss must give one number for each of the rows, "
            f"[{count}], got shape {tuple(losses.shape)}"
        )
    return losses

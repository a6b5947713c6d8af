"""What backpropagation says of the scores, when a weighting chooses or draws.

Axes: `n` draw, `s` key position.
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_transformer.attention import reinforce_loss
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.roles import assign
from keras_transformer.randomness.log_probability import log_probabilities


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

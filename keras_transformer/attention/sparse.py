"""Sparse weightings: weights of exactly 0, with a gradient.

Axes: `t` query position, `s` key position; whatever stands before them (batch, heads)
is carried along.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.masks import hide
from keras_transformer.system.precision import at_least_float32

HALVINGS = 24
"""After so many the threshold is known to the last bit of a float32."""


def entmax(scores: Any, mask: Any = None, alpha: float = 1.5) -> Any:
    """Weights that sum to 1, those of low scores exactly 0.

    ```
    weights[s] = max(0, (alpha - 1) · scores[s] - threshold) ^ (1 / (alpha - 1))
    threshold:   the number with which the weights of the visible keys sum to 1
    ```

    With `alpha=2` it is the point of the simplex that is nearest to the scores,
    sparsemax; near 1 it is a softmax. Which keys get 0 is decided by the scores, a
    softmax has none.

    The threshold is found by halving, without a sort. A last step of Newton's method
    is differentiated: the gradient is that of the exact solution. A key of weight 0
    gets none.

    Args:
        scores: Float `[..., t, s]`.
        mask: Boolean, broadcastable to the scores, `True` = keep.
        alpha: Above 1, at most 2; the larger, the more keys get 0.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[1.0, 0.5, -1.0]], "float32")
        >>> np.asarray(entmax(scores, alpha=2.0)).tolist()
        [[0.75, 0.25, 0.0]]

    Source: Peters et al. 2019, equation 8 and section 4; sparsemax: Martins and
    Astudillo 2016.
    """
    scores = ops.convert_to_tensor(scores)
    x = ops.cast(scores, at_least_float32(scores.dtype)) * (alpha - 1)
    x = x if mask is None else hide(x, mask)
    highest = ops.max(x, axis=-1, keepdims=True, initial=-math.inf)
    x = x - ops.stop_gradient(highest)  # so that the threshold is in [-1, 0)
    threshold = ops.stop_gradient(_threshold(ops.stop_gradient(x), alpha))
    # One step from where the sum is 1 changes nothing but the gradient.
    total, slope = _sum_and_slope(x, threshold, alpha)
    threshold = threshold + (total - 1) / ops.stop_gradient(slope)
    weights = _power(x - threshold, alpha)
    weights = weights if mask is None else ops.where(mask, weights, 0.0)
    return ops.cast(weights, scores.dtype)


def _power(x, alpha):
    x = ops.relu(x)
    return (
        x if alpha == 2 else ops.square(x) if alpha == 1.5 else x ** (1 / (alpha - 1))
    )


def _sum_and_slope(x, threshold, alpha):
    """The sum of the weights, and how fast it falls while the threshold rises."""
    above = ops.relu(x - threshold)
    each = (
        ops.cast(above > 0, x.dtype) if alpha == 2 else above ** (1 / (alpha - 1) - 1)
    )
    slope = ops.sum(each, axis=-1, keepdims=True) / (alpha - 1)
    return ops.sum(_power(x - threshold, alpha), axis=-1, keepdims=True), slope


def _threshold(x, alpha):
    low = -ops.ones_like(x[..., :1])
    step = 1.0
    for _ in range(HALVINGS):
        step = step / 2
        sum_there = ops.sum(_power(x - (low + step), alpha), axis=-1, keepdims=True)
        low = ops.where(sum_there >= 1, low + step, low)
    total, slope = _sum_and_slope(x, low, alpha)
    return low + (total - 1) / slope


@keras.saving.register_keras_serializable(package="keras_transformer")
class Sparsemax(keras.layers.Layer):
    """The weights nearest to the scores: soft, and of most keys exactly 0.

    `weights[t] = argmin over the simplex of Σ over s (weights[t, s] - scores[t, s])²`

    Differences of the scores are differences of the weights, as long as both are above
    0; a key that scores 1 below the best gets nothing. The gradient passes to all keys
    that have a weight.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores; a row sums to 1.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Raises:
        ValueError: If a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[1.0, 0.5, -1.0]], "float32")
        >>> np.asarray(Sparsemax()(scores)).tolist()
        [[0.75, 0.25, 0.0]]

    Source: Martins and Astudillo 2016.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        return entmax(scores, attention_mask, alpha=2.0)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        # Written out: Keras derives no config for a layer that was given a policy.
        return super().get_config()


@keras.saving.register_keras_serializable(package="keras_transformer")
class Entmax(keras.layers.Layer):
    """Between softmax and sparsemax: soft, and of low scores exactly 0.

    `weights[t, s] = max(0, (alpha - 1) scores[t, s] - threshold[t])^(1 / (alpha - 1))`

    with the threshold that makes a row sum to 1, see `entmax`.

    Args:
        alpha: Above 1, at most 2: `1.5` for the usual, `2` is sparsemax.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores; a row sums to 1.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Raises:
        ValueError: If `alpha` is not above 1 and at most 2, or a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[2.0, 2.0, -1.0]], "float32")
        >>> np.asarray(Entmax()(scores)).tolist()
        [[0.5, 0.5, 0.0]]

    Source: Peters et al. 2019, section 4; adaptively sparse Transformers: Correia et
    al. 2019.
    """

    def __init__(self, alpha: float = 1.5, **kwargs: Any):
        if not 1 < alpha <= 2:
            raise ValueError(f"alpha must be above 1 and at most 2, got alpha={alpha}")
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        return entmax(scores, attention_mask, self.alpha)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(alpha=self.alpha)
        return config

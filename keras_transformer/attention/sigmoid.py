"""Sigmoid weights: every key is weighed alone.

Axes: `t` query position, `s` key position; whatever stands before them (batch, heads)
is carried along.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.weightings import visible_keys
from keras_transformer.masks import hide
from keras_transformer.system.precision import at_least_float32


@keras.saving.register_keras_serializable(package="keras_transformer")
class Sigmoid(keras.layers.Layer):
    """Sigmoid attention: a key's weight is between 0 and 1, whatever the others get.

    `weights[t, s] = 1 / (1 + exp(-scores[t, s] - bias))`

    Keys do not compete: a query may take all, or none. The bias keeps the sum of a row
    near 1 when training begins: for `n` keys it is `-log n`. The paper counts all keys
    of a sequence, here those that the query sees are counted, so that neither padding
    nor an empty place in a cache counts.

    Args:
        bias: A number that is added to every score; `None` stands for `-log n`, `n` the
            number of keys that a query sees.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Raises:
        ValueError: If a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.0, 0.0, 0.0]], "float32")
        >>> np.asarray(Sigmoid(bias=0.0)(scores)).tolist()
        [[0.5, 0.5, 0.5]]
        >>> np.asarray(Sigmoid()(scores)).round(4).tolist()  # 1 / (1 + 3)
        [[0.25, 0.25, 0.25]]

    Source: Ramapuram et al. 2025, "Theory, analysis, and best practices for sigmoid
    self-attention", section 2 and appendix E.
    """

    def __init__(self, bias: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.bias = bias
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        logits = ops.cast(scores, at_least_float32(scores.dtype))
        bias = self.bias
        if bias is None:
            seen = ops.cast(visible_keys(scores, attention_mask), logits.dtype)
            count = ops.sum(seen, axis=-1, keepdims=True)
            bias = -ops.log(ops.maximum(count, 1))
        weights = logits + bias
        if attention_mask is not None:
            # Before the sigmoid too: of a hidden NaN its gradient would be NaN.
            weights = hide(weights, attention_mask)
        weights = ops.sigmoid(weights)
        if attention_mask is not None:
            weights = ops.where(attention_mask, weights, 0.0)
        return ops.cast(weights, scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(bias=self.bias)
        return config

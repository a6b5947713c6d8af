"""Softmax at another temperature.

Axes: `t` query position, `s` key position; whatever stands before them (batch, heads)
is carried along.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.masks import masked_softmax
from keras_transformer.system.precision import at_least_float32


@keras.saving.register_keras_serializable(package="keras_transformer")
class TemperedSoftmax(keras.layers.Layer):
    """Softmax of scores that are divided by a temperature.

    `weights[t] = softmax(scores[t] / temperature)`

    Below 1 the best keys get more, near 0 the best takes all; above 1 the weights come
    closer to each other. For a temperature that is learned see `LearnedTemperature`.

    Args:
        temperature: Above 0.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores; a row sums to 1.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Raises:
        ValueError: If the temperature is not above 0, or a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.log(np.array([[1.0, 2.0, 7.0]], "float32"))
        >>> weights = TemperedSoftmax(0.5)(scores)
        >>> np.asarray(weights).round(4).tolist()  # 1, 4 and 49 of 54
        [[0.0185, 0.0741, 0.9074]]

    Source: Hinton et al. 2015, section 2.
    """

    def __init__(self, temperature: float, **kwargs: Any):
        if not temperature > 0:
            raise ValueError(
                f"temperature must be above 0, got temperature={temperature}"
            )
        super().__init__(**kwargs)
        self.temperature = temperature
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        # Not in half precision: divided by a small number, scores would overflow.
        logits = ops.cast(scores, at_least_float32(scores.dtype)) / self.temperature
        return ops.cast(masked_softmax(logits, attention_mask), scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(temperature=self.temperature)
        return config

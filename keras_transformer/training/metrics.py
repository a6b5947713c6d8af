"""Metrics over the tokens that count.

Axes: `b` batch, `t` target position, `v` vocabulary.
"""

import keras
from keras import ops

from keras_transformer.training.cross_entropy import (
    Tensor,
    kept_tokens,
    token_losses,
    token_weights,
)


@keras.saving.register_keras_serializable(package="keras_transformer")
class TokenAccuracy(keras.metrics.Mean):
    """Share of kept tokens whose most likely prediction is the label.

    Where `n` tokens are the most likely ones and the label is among them, it counts
    `1 / n`: as often as a guess among them would be right.

    Args:
        padding_id: The label that marks padding.
        name: Name of the metric.
        dtype: Dtype of the result.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`. Where Keras hands a mask on with them, what
            it hides does not count.
        sample_weight: Optional weights `[b]` or `[b, t]`.

    Returns:
        Float scalar in [0, 1].

    Example:
        >>> import numpy as np
        >>> metric = TokenAccuracy()
        >>> metric.update_state(
        ...     np.array([[2, 1, 0]]), np.eye(3, dtype="float32")[None, [2, 2, 2]]
        ... )
        >>> float(metric.result())  # one of two; the third is padding
        0.5
    """

    def __init__(
        self,
        padding_id: int = 0,
        name: str = "token_accuracy",
        dtype: str | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.padding_id = padding_id

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        kept = kept_tokens(y_true, y_pred, self.padding_id)
        y_true = ops.where(kept, ops.cast(y_true, "int32"), 0)
        label = ops.take_along_axis(y_pred, ops.expand_dims(y_true, -1), axis=-1)
        # Not argmax: on a CPU it took 9 % of a step of training, and of equal logits,
        # which half precision makes often, it takes the first.
        largest = ops.max(y_pred, axis=-1, keepdims=True)
        equals = ops.sum(ops.cast(ops.equal(y_pred, largest), "float32"), axis=-1)
        hit = ops.cast(ops.squeeze(ops.equal(label, largest), -1), "float32")
        hit = hit / ops.maximum(equals, 1.0)  # none equals NaN
        weights = token_weights(kept, sample_weight)
        super().update_state(*_flat(hit, weights))

    def get_config(self) -> dict:
        return {
            "padding_id": self.padding_id,
            "name": self.name,
            "dtype": self.dtype,
        }


@keras.saving.register_keras_serializable(package="keras_transformer")
class TokenCrossEntropy(keras.metrics.Mean):
    """Cross-entropy a kept token, without smoothing, over a whole epoch.

    Keras averages a loss over batches; here every token weighs the same. Its
    exponential is the perplexity.

    Args:
        padding_id: The label that marks padding.
        name: Name of the metric.
        dtype: Dtype of the result.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`. Where Keras hands a mask on with them, what
            it hides does not count.
        sample_weight: Optional weights `[b]` or `[b, t]`.

    Returns:
        Float scalar, in nats.

    Example:
        >>> import numpy as np
        >>> metric = TokenCrossEntropy()
        >>> metric.update_state(np.array([[2, 0]]), np.zeros((1, 2, 4), "float32"))
        >>> round(float(metric.result()), 4)
        1.3863
    """

    def __init__(
        self,
        padding_id: int = 0,
        name: str = "token_cross_entropy",
        dtype: str | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.padding_id = padding_id

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        kept = kept_tokens(y_true, y_pred, self.padding_id)
        losses = token_losses(y_true, y_pred, kept)
        weights = token_weights(kept, sample_weight)
        super().update_state(*_flat(losses, weights))

    def get_config(self) -> dict:
        return {
            "padding_id": self.padding_id,
            "name": self.name,
            "dtype": self.dtype,
        }


def _flat(values, weights):
    # `Mean` first takes the mean of each row, padding included: a token in a wide
    # batch would weigh less than one in a narrow batch.
    return ops.reshape(ops.cast(values, "float32"), (-1,)), ops.reshape(weights, (-1,))

"""Keras losses over the tokens that count.

Axes: `b` sentence, `t` target position, `v` vocabulary.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.training.cross_entropy import (
    Tensor,
    kept_tokens,
    token_losses,
    token_weights,
)

MEAN = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
REDUCTIONS = (*MEAN, "sum", "none", None)


@keras.saving.register_keras_serializable(package="keras_transformer")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Label-smoothed cross-entropy, averaged over the kept tokens.

    A Keras loss divides by the number of all positions; here padding neither adds
    to the sum nor to the count, so the loss does not depend on how much padding a
    batch happens to hold. Nor does it matter what is predicted there, not even NaN.

    Args:
        label_smoothing: Share of probability spread over the vocabulary, in [0, 1).
        padding_id: The label that marks padding.
        reduction: `"sum_over_batch_size"`, `"mean"` and `"mean_with_sample_weight"`
            are one here: the mean over the kept tokens, weighted where there are
            weights. `"sum"` adds them up; `"none"`, or `None`, keeps them.
        name: Name of the loss.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`. Where Keras hands a mask on with them, what
            it hides is not kept.
        sample_weight: Optional weights `[b]` or `[b, t]`; the loss is then the
            weighted mean over the kept tokens.

    Returns:
        Float32 scalar, in nats a token; 0 for a batch of padding only. Without
        reduction, and from `call`, `[b, t]`, with 0 at padding.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), the reduction is unknown,
            or the weights are neither `[b]` nor `[b, t]`.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[2, 0]])  # the second is padding
        >>> logits = np.zeros((1, 2, 4), "float32")
        >>> round(float(SmoothedCrossEntropy()(labels, logits)), 4)
        1.3863

    Source: Vaswani et al. 2017, section 5.4.
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        padding_id: int = 0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "smoothed_cross_entropy",
        **kwargs: Any,
    ):
        _require_known(label_smoothing, reduction)
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.label_smoothing = label_smoothing
        self.padding_id = padding_id

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        kept = kept_tokens(y_true, y_pred, self.padding_id)
        return token_losses(y_true, y_pred, kept, self.label_smoothing)

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        kept = kept_tokens(y_true, y_pred, self.padding_id)
        weights = token_weights(kept, sample_weight)
        losses = token_losses(y_true, y_pred, kept, self.label_smoothing)
        return _reduce(losses * weights, weights, self.reduction)

    def get_config(self) -> dict:
        config = super().get_config()
        config.update(label_smoothing=self.label_smoothing, padding_id=self.padding_id)
        return config


@keras.saving.register_keras_serializable(package="keras_transformer")
class SentenceCrossEntropy(keras.losses.Loss):
    """Label-smoothed cross-entropy, one number a sentence: the mean over its tokens.

    `Reinforce` needs the loss of each example, so that the draws of a sentence are
    rated by that sentence's loss.

    Args:
        label_smoothing: Share of probability spread over the vocabulary, in [0, 1).
        padding_id: The label that marks padding.
        reduction: As of `SmoothedCrossEntropy`, over sentences: a row of padding is
            none, and weighs nothing in a mean.
        name: Name of the loss.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`. Where Keras hands a mask on with them, what
            it hides is not kept.
        sample_weight: Optional weights `[b]` or `[b, t]`. A sentence weighs what its
            kept tokens weigh on average.

    Returns:
        Float32 scalar, in nats a token. Without reduction, and from `call`, `[b]`, with
        0 for a row of padding.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1), the reduction is unknown,
            or the weights are neither `[b]` nor `[b, t]`.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[2, 0], [0, 0]])  # one token, and a row of padding
        >>> losses = SentenceCrossEntropy().call(labels, np.zeros((2, 2, 4), "float32"))
        >>> [round(float(loss), 4) for loss in losses]
        [1.3863, 0.0]

    Source: Xu et al. 2015, section 4.1 (the log-likelihood that rates a draw).
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        padding_id: int = 0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "sentence_cross_entropy",
        **kwargs: Any,
    ):
        _require_known(label_smoothing, reduction)
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.label_smoothing = label_smoothing
        self.padding_id = padding_id

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self._weighed(y_true, y_pred)[0]

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        return _reduce(*self._weighed(y_true, y_pred, sample_weight), self.reduction)

    def _weighed(self, y_true, y_pred, sample_weight=None):
        """The weight of each sentence times its loss, and its weight; both `[b]`."""
        kept = kept_tokens(y_true, y_pred, self.padding_id)
        losses = token_losses(y_true, y_pred, kept, self.label_smoothing)
        weights = token_weights(kept, sample_weight)
        tokens = ops.sum(ops.cast(kept, "float32"), axis=-1)
        return (
            ops.divide_no_nan(ops.sum(losses * weights, axis=-1), tokens),
            ops.divide_no_nan(ops.sum(weights, axis=-1), tokens),
        )

    def get_config(self) -> dict:
        config = super().get_config()
        config.update(label_smoothing=self.label_smoothing, padding_id=self.padding_id)
        return config


def _require_known(label_smoothing, reduction):
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            f"label_smoothing must be in [0, 1), got label_smoothing={label_smoothing}"
        )
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"reduction must be one of {REDUCTIONS}, got reduction={reduction!r}"
        )


def _reduce(weighed, weights, reduction):
    if reduction in ("none", None):
        return weighed
    total = ops.sum(weighed)
    return ops.divide_no_nan(total, ops.sum(weights)) if reduction in MEAN else total

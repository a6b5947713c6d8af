"""Cross-entropy over the tokens that count.

Axes: `b` batch, `t` target position, `v` vocabulary.
"""

import keras
from keras import ops


def smoothed_cross_entropy(labels, logits, label_smoothing=0.0):
    """Cross-entropy of each token against a smoothed one-hot distribution.

    ```
    loss = -(1 - ε) · log p[label] - ε · mean over v of log p[v]
    ```

    Args:
        labels: Token ids, integers `[b, t]`.
        logits: Float `[b, t, v]`; read as float32.
        label_smoothing: The share `ε` spread evenly over the vocabulary, in [0, 1).

    Returns:
        Float32 `[b, t]`, in nats.

    Example:
        >>> import numpy as np
        >>> logits = np.zeros((1, 1, 4), "float32")
        >>> loss = smoothed_cross_entropy(np.array([[2]]), logits)
        >>> round(float(loss[0, 0]), 4)  # log 4: all four tokens are equally likely
        1.3863

    Source: Szegedy et al. 2016, section 7; Vaswani et al. 2017, section 5.4.
    """
    logits = ops.cast(logits, "float32")
    normalizer = ops.logsumexp(logits, axis=-1)
    # log p[v] = logits[v] - normalizer: no [b, t, v] array of probabilities is made.
    indices = ops.expand_dims(ops.cast(labels, "int32"), -1)
    label_logit = ops.squeeze(ops.take_along_axis(logits, indices, axis=-1), -1)
    loss = normalizer - (1.0 - label_smoothing) * label_logit
    if label_smoothing:
        loss = loss - label_smoothing * ops.mean(logits, axis=-1)
    return loss


@keras.saving.register_keras_serializable(package="keras_transformer")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Label-smoothed cross-entropy, averaged over the kept tokens.

    A Keras loss divides by the number of all positions; here padding neither adds
    to the sum nor to the count, so the loss does not depend on how much padding a
    batch happens to hold.

    Args:
        label_smoothing: Share of probability spread over the vocabulary, in [0, 1).
        padding_id: The label that marks padding.
        name: Name of the loss.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`.
        sample_weight: Optional weights `[b]` or `[b, t]`; the loss is then the
            weighted mean over the kept tokens.

    Returns:
        Float32 scalar, in nats a token; 0 for a batch of padding only.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1).

    Example:
        >>> import numpy as np
        >>> labels = np.array([[2, 0]])  # the second is padding
        >>> logits = np.zeros((1, 2, 4), "float32")
        >>> round(float(SmoothedCrossEntropy()(labels, logits)), 4)
        1.3863

    Source: Vaswani et al. 2017, section 5.4.
    """

    def __init__(
        self, label_smoothing=0.0, padding_id=0, name="smoothed_cross_entropy", **kwargs
    ):
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                "label_smoothing must be in [0, 1), "
                f"got label_smoothing={label_smoothing}"
            )
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing
        self.padding_id = padding_id

    def call(self, y_true, y_pred):
        return smoothed_cross_entropy(y_true, y_pred, self.label_smoothing)

    def __call__(self, y_true, y_pred, sample_weight=None):
        losses = self.call(y_true, y_pred)
        weights = token_weights(y_true, self.padding_id, sample_weight)
        total = ops.sum(losses * weights)
        return ops.divide_no_nan(total, ops.sum(weights))

    def get_config(self):
        config = super().get_config()
        config.update(label_smoothing=self.label_smoothing, padding_id=self.padding_id)
        return config


def token_weights(labels, padding_id=0, sample_weight=None):
    """The weight of each label: 0 for padding, else 1 or the given weight.

    Args:
        labels: Integers `[b, t]`.
        padding_id: The label that marks padding.
        sample_weight: Optional `[b]` or `[b, t]`.

    Returns:
        Float32 `[b, t]`.
    """
    weights = ops.cast(ops.not_equal(labels, padding_id), "float32")
    if sample_weight is None:
        return weights
    sample_weight = ops.cast(sample_weight, "float32")
    if len(sample_weight.shape) == 1:
        sample_weight = ops.expand_dims(sample_weight, -1)
    return weights * sample_weight

"""Cross-entropy of whole sentences, for training that rates each one.

Axes: `b` sentence, `t` target position, `v` vocabulary.
"""

import keras
from keras import ops

from keras_transformer.training.losses import smoothed_cross_entropy, token_weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class SentenceCrossEntropy(keras.losses.Loss):
    """Label-smoothed cross-entropy, one number a sentence: the mean over its tokens.

    `Reinforce` needs the loss of each example, so that the draws of a sentence are
    rated by that sentence's loss.

    Args:
        label_smoothing: Share of probability spread over the vocabulary, in [0, 1).
        padding_id: The label that marks padding.
        name: Name of the loss.

    Call arguments:
        y_true: Labels, integers `[b, t]`.
        y_pred: Logits, float `[b, t, v]`.

    Returns:
        `call` gives float32 `[b]`, in nats a token; 0 for a row of padding.

    Raises:
        ValueError: If `label_smoothing` is not in [0, 1).

    Example:
        >>> import numpy as np
        >>> labels = np.array([[2, 0], [0, 0]])  # one token, and a row of padding
        >>> losses = SentenceCrossEntropy().call(labels, np.zeros((2, 2, 4), "float32"))
        >>> [round(float(loss), 4) for loss in losses]
        [1.3863, 0.0]

    Source: Xu et al. 2015, section 4.1 (the log-likelihood that rates a draw).
    """

    def __init__(
        self, label_smoothing=0.0, padding_id=0, name="sentence_cross_entropy", **kwargs
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
        losses = smoothed_cross_entropy(y_true, y_pred, self.label_smoothing)
        weights = token_weights(y_true, self.padding_id)
        return ops.divide_no_nan(
            ops.sum(losses * weights, axis=-1), ops.sum(weights, axis=-1)
        )

    def get_config(self):
        config = super().get_config()
        config.update(label_smoothing=self.label_smoothing, padding_id=self.padding_id)
        return config

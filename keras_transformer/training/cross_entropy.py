"""Cross-entropy of tokens, and which tokens count: functions of arrays.

Axes: `b` batch, `t` target position, `v` vocabulary.
"""

from typing import Any

from keras import ops

# Keras has no public name for the mask that a layer hands on with its output.
from keras.src.backend import get_keras_mask

from keras_transformer.tokens.known import known_ids

Tensor = Any
"""What the backend computes with, or an array of NumPy."""


def smoothed_cross_entropy(
    labels: Tensor, logits: Tensor, label_smoothing: float = 0.0
) -> Tensor:
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
    indices = ops.expand_dims(known_ids(labels, logits.shape[-1]), -1)
    label_logit = ops.squeeze(ops.take_along_axis(logits, indices, axis=-1), -1)
    loss = normalizer - (1.0 - label_smoothing) * label_logit
    if label_smoothing:
        loss = loss - label_smoothing * ops.mean(logits, axis=-1)
    return loss


def kept_tokens(labels: Tensor, logits: Tensor, padding_id: int = 0) -> Tensor:
    """Which tokens count: labels that are no padding, where no mask hides them.

    Args:
        labels: Integers `[b, t]`.
        logits: Float `[b, t, v]`; the mask `[b, t]` that Keras hands on with the
            output of a model is that of `Embedding(mask_zero=True)`, say.
        padding_id: The label that marks padding.

    Returns:
        Booleans `[b, t]`.

    Raises:
        ValueError: If the labels, or the mask, are not of the shape `[b, t]`.
    """
    mask, labels = get_keras_mask(logits), ops.cast(labels, "int32")
    if len(labels.shape) + 1 != len(logits.shape):
        raise ValueError(
            "labels [b, t] stand beside logits [b, t, v], got shapes "
            f"{tuple(labels.shape)} and {tuple(logits.shape)}"
        )
    kept = ops.not_equal(labels, padding_id)
    if mask is None:
        return kept
    if len(mask.shape) != len(labels.shape):
        raise ValueError(
            "the mask of logits [b, t, v] is [b, t], got shapes "
            f"{tuple(logits.shape)} and {tuple(mask.shape)}"
        )
    return ops.logical_and(kept, ops.cast(mask, "bool"))


def token_losses(
    labels: Tensor, logits: Tensor, kept: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """`smoothed_cross_entropy` of the kept tokens, and 0 for all others.

    What stands elsewhere, NaN or a label that is no token, reaches neither the losses
    nor the gradient.

    Args:
        labels: Token ids, integers `[b, t]`.
        logits: Float `[b, t, v]`; read as float32.
        kept: What `kept_tokens` returned.
        label_smoothing: Share of probability spread over the vocabulary.

    Returns:
        Float32 `[b, t]`, in nats.
    """
    # Not only behind the loss: the gradient of what is not chosen there would be 0
    # times that of NaN, which is NaN.
    logits = ops.where(ops.expand_dims(kept, -1), ops.cast(logits, "float32"), 0.0)
    labels = ops.where(kept, ops.cast(labels, "int32"), 0)
    losses = smoothed_cross_entropy(labels, logits, label_smoothing)
    return ops.where(kept, losses, 0.0)


def token_weights(kept: Tensor, sample_weight: Tensor | None = None) -> Tensor:
    """The weight of each token: 0 for what is not kept, else 1 or the given weight.

    Args:
        kept: What `kept_tokens` returned.
        sample_weight: Optional `[b]` or `[b, t]`.

    Returns:
        Float32 `[b, t]`.

    Raises:
        ValueError: If the weights have another rank.
    """
    if sample_weight is None:
        return ops.cast(kept, "float32")
    sample_weight = ops.cast(sample_weight, "float32")
    if len(sample_weight.shape) == 1:
        sample_weight = ops.expand_dims(sample_weight, -1)
    if len(sample_weight.shape) != len(kept.shape):
        raise ValueError(
            "sample_weight is [b] or [b, t], "
            f"got the shape {tuple(sample_weight.shape)} for labels {tuple(kept.shape)}"
        )
    return ops.where(kept, sample_weight, 0.0)

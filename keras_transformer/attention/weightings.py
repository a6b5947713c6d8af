"""Weightings: how much of each value does a query take?

Axes: `t` query position, `s` key position; whatever stands before them (batch,
heads) is carried along. `Sampled`, which draws the keys, has a file of its own.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.masks import masked_softmax, require_boolean
from keras_transformer.system.precision import at_least_float32


@keras.saving.register_keras_serializable(package="keras_transformer")
class Softmax(keras.layers.Layer):
    """Soft attention: weights between 0 and 1 that sum to 1 over the visible keys.

    `weights[t, s] = exp(scores[t, s]) / Σ over visible s' of exp(scores[t, s'])`

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.0, 0.0, 5.0]], "float32")
        >>> mask = np.array([[True, True, False]])
        >>> np.asarray(Softmax()(scores, mask)).tolist()
        [[0.5, 0.5, 0.0]]

    Source: Bahdanau et al. 2015, equation 6.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        return masked_softmax(scores, attention_mask)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        # Written out: Keras derives no config for a layer that was given a policy.
        return super().get_config()


def visible_keys(scores: Any, mask: Any = None) -> Any:
    """The mask in the full shape of the scores.

    Args:
        scores: Float `[..., t, s]`.
        mask: Boolean, broadcastable to the scores; `None` keeps all.

    Returns:
        Boolean `[..., t, s]`.
    """
    everything = ops.ones_like(scores, dtype="bool")
    if mask is None:
        return everything
    require_boolean(mask)
    return ops.logical_and(everything, mask)


FEW = 8


def largest(scores: Any, visible: Any, k: int) -> Any:
    """Mark the `k` largest visible scores of every query.

    Among equal scores the earlier key wins, so that exactly `k` are marked, on every
    backend the same ones.

    Args:
        scores: Float `[..., t, s]`.
        visible: Boolean `[..., t, s]`.
        k: How many to mark; where fewer keys are visible, all of them are marked.

    Returns:
        Boolean `[..., t, s]`; no gradient passes.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[3.0, 5.0, 3.0, 9.0]], "float32")
        >>> visible = np.array([[True, True, True, False]])
        >>> np.asarray(largest(scores, visible, 2)).tolist()
        [[True, True, False, False]]
    """
    exact = at_least_float32(scores.dtype)
    values = ops.stop_gradient(ops.cast(scores, exact))
    # To an argmax on TensorFlow -0.0 is less than 0.0; here they are a tie.
    values = ops.where(values == 0, 0.0, values)
    # Infinity is safe here: no gradient passes, and nothing is subtracted.
    values = ops.where(visible, values, -math.inf)
    if values.shape[-1] and k <= FEW:
        return _largest_one_by_one(values, visible, k)
    # With k more keys that nobody chooses there are always k, whatever the length.
    extra = [(0, 0)] * (len(values.shape) - 1) + [(0, k)]
    padded = ops.pad(values, extra, constant_values=-math.inf)
    threshold = ops.top_k(padded, k)[0][..., -1:]
    above = values > threshold
    tied = ops.logical_and(values == threshold, visible)
    room = k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
    place = ops.cumsum(ops.cast(tied, "int32"), axis=-1)  # 1 for the first of them
    return ops.logical_or(above, ops.logical_and(tied, place <= room))


def _largest_one_by_one(values, visible, k):
    """`largest` for a few keys, without a sort and without a running sum.

    XLA on a CPU is slow at both: a training step of a recurrent translator that looks
    at its best key takes half the time this way.
    """
    marked = ops.zeros_like(visible)
    for _ in range(k):
        # The first of the largest; once all visible keys are marked, any key.
        best = ops.one_hot(ops.argmax(values, axis=-1), values.shape[-1], dtype="bool")
        marked = ops.logical_or(marked, best)
        values = ops.where(best, -math.inf, values)
    return ops.logical_and(marked, visible)


@keras.saving.register_keras_serializable(package="keras_transformer")
class TopK(keras.layers.Layer):
    """Hard attention: the `k` best keys count fully, the others not at all.

    ```
    weights[t, s] = 1 if s is among the k visible keys with the largest scores[t, s],
                    else 0
    renormalize:    softmax over these k keys only
    ```

    Gradient: the weights of 1 and 0 are constant almost everywhere, so the scores get
    a gradient of exactly 0: whatever computes the scores is not trained through this
    layer, only the values are. With `renormalize` the gradient is that of the softmax
    over the chosen keys; the choice itself still gets none, a key that is not chosen
    gets 0, and with `k=1` everything is 0 again.

    Args:
        k: Number of keys.
        renormalize: Whether the `k` weights are a softmax that sums to 1; otherwise
            each is 1 and the context is the sum of `k` values.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores. Among equal scores the
        earlier key is chosen.

    Masking:
        A hidden key gets exactly 0. Where fewer than `k` keys are visible all of them
        are chosen; a query with no visible key gets zeros.

    Raises:
        ValueError: If `k` is below 1, or a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[1.0, 4.0, 2.0, 4.0]], "float32")
        >>> np.asarray(TopK(3)(scores)).tolist()
        [[0.0, 1.0, 1.0, 1.0]]
        >>> np.asarray(TopK(2, renormalize=True)(scores)).tolist()
        [[0.0, 0.5, 0.0, 0.5]]

    Source: hard attention, Xu et al. 2015, section 4; the k largest: Shazeer et al.
    2017, section 2.1.
    """

    def __init__(self, k: int, renormalize: bool = False, **kwargs: Any):
        if k < 1:
            raise ValueError(f"k must be at least 1, got k={k}")
        super().__init__(**kwargs)
        self.k = k
        self.renormalize = renormalize
        self.supports_masking = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        chosen = largest(scores, visible_keys(scores, attention_mask), self.k)
        if self.renormalize:
            return masked_softmax(scores, chosen)
        return ops.cast(chosen, scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(k=self.k, renormalize=self.renormalize)
        return config

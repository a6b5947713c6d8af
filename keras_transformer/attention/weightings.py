"""Weightings: how much of each value does a query take?

Axes: `t` query position, `s` key position; whatever stands before them (batch,
heads) is carried along. `Sampled`, which draws the keys, has a file of its own.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.largest import largest
from keras_transformer.masks import masked_softmax, require_boolean


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

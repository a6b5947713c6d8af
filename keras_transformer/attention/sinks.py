"""Softmax with a sink: a query may look at nothing.

Axes: `b` batch, `h` head, `t` query position, `s` key position.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.per_head import count_heads, one_for_each_head
from keras_transformer.masks import hide, masked_softmax
from keras_transformer.system.precision import at_least_float32


@keras.saving.register_keras_serializable(package="keras_transformer")
class SinkSoftmax(keras.layers.Layer):
    """Softmax in which a part of the weight may go nowhere.

    `weights[t, s] = exp(scores[t, s]) / (exp(sink) + Σ visible s' exp(scores[t, s']))`

    As if there were one key more, whose value is 0: what the sink takes is missing from
    the sum. With a softmax a head that has nothing to say must look somewhere, and
    learns to look at the first token. The score of the sink is learned, one for each
    head; or it is fixed at 0, and the sum in the denominator begins with 1: "softmax
    off by one".

    Args:
        learned: Whether the score of the sink is learned; otherwise it is 0.
        initializer: Initializer of the learned scores, `[h]`.

    Call arguments:
        scores: Float `[b, h, t, s]`, or without heads `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.

    Returns:
        Weights in the shape and dtype of the scores; a row sums to less than 1.

    Masking:
        A hidden key gets exactly 0; a query with no visible key gets zeros.

    Raises:
        ValueError: If the number of heads is unknown, or a mask is not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.0, 0.0, 0.0]], "float32")
        >>> np.asarray(SinkSoftmax(learned=False)(scores)).tolist()
        [[0.25, 0.25, 0.25]]

    Source: learned, OpenAI 2025, "gpt-oss-120b & gpt-oss-20b model card", section 2.2;
    off by one, Miller 2023, "Attention is off by one"; sinks: Xiao et al. 2024.
    """

    def __init__(self, learned: bool = True, initializer: Any = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.learned = learned
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, scores_shape: tuple) -> None:
        if self.learned:
            self.sink = self.add_weight(
                shape=(count_heads(scores_shape),),
                initializer=self.initializer,
                name="sink",
            )
        self.built = True

    def call(self, scores: Any, attention_mask: Any = None) -> Any:
        logits = ops.cast(scores, at_least_float32(scores.dtype))
        if attention_mask is not None:
            logits = hide(logits, attention_mask)
        sink = ops.zeros((*ops.shape(logits)[:-1], 1), logits.dtype)
        if self.learned:
            sink = sink + ops.cast(one_for_each_head(self.sink, scores), logits.dtype)
        weights = masked_softmax(ops.concatenate([logits, sink], axis=-1))[..., :-1]
        if attention_mask is not None:
            weights = ops.where(attention_mask, weights, 0.0)
        return ops.cast(weights, scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            learned=self.learned,
            initializer=keras.initializers.serialize(self.initializer),
        )
        return config

"""Attention in three steps: score, weigh, sum."""

import math

import keras
from keras import ops

from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import (
    SCORES_AT_ONCE as MANY_SCORES_OF_ALL_HEADS,
)
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.weightings import Softmax
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.system.devices import accelerated, only_shapes

# From so many pairs of query and key on, an array of all scores costs more than to make
# a block of scores at a time, and to make it twice for the gradient. On a processor;
# a GPU would rather make them all, as long as there is memory for those of all heads.
MANY_SCORES = 1024 * 1024


@keras.saving.register_keras_serializable(package="keras_transformer")
class Attention(keras.layers.Layer):
    """Attention = a score rule and a weighting.

    ```
    scores  = score(query, key) + score_bias       [..., t, s]
    weights = weighting(scores, attention_mask)    [..., t, s]
    context = weights · value                      [..., t, v]
    ```

    Args:
        score: A layer `(query, key) → scores`; `ScaledDot()` by default.
        weighting: A layer `(scores, attention_mask) → weights`; `Softmax()` by default.
        dropout: Share of the weights that training sets to 0, in [0, 1).
        seed: Seed of the dropout.

    Call arguments:
        query: Float `[..., t, d]`.
        value: Float `[..., s, v]`.
        key: Float `[..., s, d]`; the value by default.
        attention_mask: Boolean, broadcastable to `[..., t, s]`, `True` = keep.
        return_weights: Whether to return the weights too.
        score_bias: Float, broadcastable to `[..., t, s]`, added to the scores: what
            distance alone says, for example. `None` adds nothing.
        key_projected: Whether the key is what `project_key` returned.

    Returns:
        The context, float `[..., t, v]`; with `return_weights` the pair
        `(context, weights)`, the weights as they were before dropout.

    A product score and `Softmax`, with neither weights asked for nor dropped, and with
    very many pairs of query and key: the same is computed for a block of queries at a
    time, see `attention_in_blocks`, on a GPU `attention_in_wide_blocks`, and memory
    grows linearly with the length.

    Masking:
        Only the explicit `attention_mask` counts. A query with no visible key yields 0.

    Raises:
        ValueError: If query and key, or key and value, do not fit together, or
            `dropout` is not in [0, 1).

    Example:
        >>> import numpy as np
        >>> query = np.array([[[1.0, 0.0]]], "float32")
        >>> value = np.array([[[2.0, 0.0], [2.0, 8.0]]], "float32")
        >>> context, weights = Attention()(query, value, return_weights=True)
        >>> np.asarray(weights).tolist(), np.asarray(context).tolist()
        ([[[0.5, 0.5]]], [[[2.0, 4.0]]])

    Source: Bahdanau et al. 2015, section 3.1; Vaswani et al. 2017, section 3.2.
    """

    def __init__(self, score=None, weighting=None, dropout=0.0, seed=None, **kwargs):
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got dropout={dropout}")
        super().__init__(**kwargs)
        self.score = ScaledDot(dtype=self.dtype_policy) if score is None else score
        self.weighting = (
            Softmax(dtype=self.dtype_policy) if weighting is None else weighting
        )
        self.dropout = dropout
        self.seed = seed
        self.weight_dropout = Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        if not self.score.built:
            self.score.build(query_shape, key_shape)
        scores_shape = (*query_shape[:-1], value_shape[-2])
        for child in (self.weighting, self.weight_dropout):
            if not child.built:
                child.build(scores_shape)
        self.built = True

    def project_key(self, key):
        """What the score makes of the keys whatever the query, to do it once.

        Args:
            key: Float `[..., s, d]`.

        Returns:
            The key for a call with `key_projected`; `None` if the score has no
            projection of keys.
        """
        project = getattr(self.score, "project_key", None)
        return None if project is None else project(key)

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_weights=False,
        score_bias=None,
        key_projected=False,
        training=None,
    ):
        key = value if key is None else key
        if key.shape[-2] != value.shape[-2]:
            raise ValueError(
                "every key needs one value, got "
                f"{key.shape[-2]} keys, {value.shape[-2]} values"
            )
        if not return_weights and self._in_blocks(query, key, score_bias, training):
            query, key = self.score.factors(query, key)
            if accelerated():
                return attention_in_wide_blocks(query, key, value, attention_mask)
            return attention_in_blocks(query, key, value, attention_mask)
        options = {"projected": True} if key_projected else {}
        scores = self.score(query, key, **options)
        if score_bias is not None:
            scores = scores + ops.cast(score_bias, scores.dtype)
        weights = ops.cast(self.weighting(scores, attention_mask), value.dtype)
        dropped = self.weight_dropout(weights, training=training)
        context = ops.einsum("...ts,...sv->...tv", dropped, value)
        return (context, weights) if return_weights else context

    def _in_blocks(self, query, key, score_bias, training):
        """Whether the array of all scores is large, and nobody has to see it."""
        if score_bias is not None or (self.dropout and training):
            return False
        if type(self.weighting) is not Softmax or not hasattr(self.score, "factors"):
            return False
        dtypes = {self.score.compute_dtype, self.weighting.compute_dtype}
        if dtypes != {keras.backend.standardize_dtype(query.dtype)}:
            return False
        # What is None will be known when it runs, as in TensorFlow; with a symbol, as
        # in JAX, nothing runs: only shapes are asked for.
        known = all(n is None or isinstance(n, int) for n in query.shape)
        length, keys = query.shape[-2], key.shape[-2]
        if not (known and isinstance(length, int) and isinstance(keys, int)):
            return False
        if only_shapes(query):
            return False
        if not accelerated():
            return length * keys >= MANY_SCORES
        heads = math.prod(n or 1 for n in query.shape[:-2])
        return heads * length * keys > MANY_SCORES_OF_ALL_HEADS

    def compute_output_spec(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_weights=False,
        score_bias=None,
        key_projected=False,
        training=None,
    ):
        leading = tuple(query.shape[:-1])
        context = keras.KerasTensor((*leading, value.shape[-1]), self.compute_dtype)
        if not return_weights:
            return context
        return context, keras.KerasTensor(
            (*leading, value.shape[-2]), self.compute_dtype
        )

    def get_config(self):
        config = super().get_config()
        config.update(
            score=keras.saving.serialize_keras_object(self.score),
            weighting=keras.saving.serialize_keras_object(self.weighting),
            dropout=self.dropout,
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for part in ("score", "weighting"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)

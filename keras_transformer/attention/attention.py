"""Attention in three steps: score, weigh, sum."""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.asked_rows import asked_rows, rows_of
from keras_transformer.attention.call_masks import (
    mask_of_scores,
    require_fit,
    require_mask_of_scores,
    visible,
)
from keras_transformer.attention.kernels import attention_in_blocks
from keras_transformer.attention.kernels.choose import kernel_for
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.shapes import broadcast_leading, scores_shape
from keras_transformer.attention.weightings import Softmax
from keras_transformer.masks import Mask, seen_keys, without_padding, without_unseen
from keras_transformer.masks.in_rows import MaskInRows
from keras_transformer.randomness.dropout import Dropout


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
        query_mask: Boolean `[..., t]`, `True` = keep: which queries are no padding.
        value_mask: Boolean `[..., s]`, likewise of the values.
        key_mask: Boolean `[..., s]`, likewise of the keys. Of these three Keras fills
            in the implicit masks, where a sequence comes from
            `Embedding(mask_zero=True)`.
        attention_mask: Boolean, broadcastable to `[..., t, s]`, `True` = keep; or a
            rule such as `CausalMask()`, see `keras_transformer.masks`.
        return_weights: Whether to return the weights too; or a list of positions of
            queries, whose weights are returned alone.
        score_bias: Float, broadcastable to `[..., t, s]`, added to the scores: what
            distance alone says, for example. `None` adds nothing.
        value_bias: Float `[t, s, v]`, added to the values that each query sees.
        key_projected: Whether the key is what `project_key` returned.
        hidden_finite: Whether what is hidden is known to be finite, which saves a copy
            of keys and values.

    Returns:
        The context, float `[..., t, v]`; with `return_weights` the pair
        `(context, weights)`, the weights `[..., t, s]` as they were before dropout, or
        those of the asked positions, in the asked order.

    A product score and `Softmax`, with neither a bias, nor dropout in training, nor the
    weights of every query asked for, are computed by the fastest kernel there is:
    PyTorch's fused attention, cuDNN's, or a block of queries at a time, with which
    memory grows linearly with the length. `kernel_for` in `attention/kernels` says
    which, and where. Weights of a few positions are then computed beside it. All else
    is computed in the three steps above.

    Masking:
        A key is visible if all masks keep it. A query with no visible key yields 0, and
        so does a query of padding; no other query feels its `query_mask`. What no query
        sees may be anything, NaN and infinity included: it reaches no context and no
        gradient. An implicit mask of the query stays with the context.

    Raises:
        ValueError: If query and key, key and value, or a mask and what it masks do not
            fit together, a mask is not boolean, `return_weights` is no position of a
            query, or `dropout` is not in [0, 1).

    Example:
        >>> import numpy as np
        >>> query = np.array([[[1.0, 0.0]]], "float32")
        >>> value = np.array([[[2.0, 0.0], [2.0, 8.0]]], "float32")
        >>> context, weights = Attention()(query, value, return_weights=True)
        >>> np.asarray(weights).tolist(), np.asarray(context).tolist()
        ([[[0.5, 0.5]]], [[[2.0, 4.0]]])

    Source: Bahdanau et al. 2015, section 3.1; Vaswani et al. 2017, section 3.2.
    """

    def __init__(
        self,
        score: Any = None,
        weighting: Any = None,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got dropout={dropout}")
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.score = ScaledDot(dtype=policy, name="score") if score is None else score
        self.weighting = (
            Softmax(dtype=policy, name="weighting") if weighting is None else weighting
        )
        self.dropout = dropout
        self.seed = seed
        self.weight_dropout = Dropout(dropout, seed=seed, dtype=policy, name="dropout")
        self.supports_masking = True

    def build(
        self, query_shape: tuple, value_shape: tuple, key_shape: tuple | None = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        if not self.score.built:
            self.score.build(query_shape, key_shape)
        for child in (self.weighting, self.weight_dropout):
            if not child.built:
                child.build(scores_shape(query_shape, key_shape))
        self.built = True

    def project_key(self, key: Any) -> Any:
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
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_weights: bool | list[int] = False,
        score_bias: Any = None,
        value_bias: Any = None,
        key_projected: bool = False,
        hidden_finite: bool = False,
        training: bool | None = None,
    ) -> Any:
        key = value if key is None else key
        shapes = (query.shape, value.shape, key.shape)
        require_fit(*shapes, query_mask, value_mask, key_mask)
        lengths = (ops.shape(x)[-2] for x in (query, key))
        wanted = (*scores_shape(query.shape, key.shape)[:-2], *lengths)
        biased = score_bias is not None or value_bias is not None
        rows = asked_rows(return_weights, query.shape[-2])
        all_weights = biased or (self.dropout and training) or return_weights is True
        kernel = None
        if not all_weights and self._is_a_softmax_of_products(query):
            kernel = kernel_for(query, key, value)
        cut = kernel is attention_in_blocks and rows is None
        mask = attention_mask
        if not (cut and isinstance(mask, MaskInRows)):  # which holds masks of keys
            mask = visible(mask_of_scores(mask, wanted), value_mask, key_mask)
        if not hidden_finite:
            query = without_padding(query, query_mask)
            seen = None if mask is None else seen_keys(mask)
            key, value = without_unseen(seen, key, value)
        if kernel is not None:
            factors = self.score.factors(query, key)
            context = without_padding(kernel(*factors, value, mask), query_mask)
            if rows is None:
                return context
            few, kept = rows_of(query, rows), rows_of(query_mask, rows, axis=-1)
            weights = self._weights(few, key, rows_of(mask, rows))
            weights = without_padding(weights, kept)
            return context, ops.cast(weights, value.dtype)
        options = {"projected": True} if key_projected else {}
        weights = self._weights(query, key, mask, score_bias, **options)
        weights = ops.cast(without_padding(weights, query_mask), value.dtype)
        dropped = self.weight_dropout(weights, training=training)
        context = ops.einsum("...ts,...sv->...tv", dropped, value)
        if value_bias is not None:
            more = ops.cast(value_bias, dropped.dtype)
            # Named one by one: of "..." TensorFlow 2.21 makes a product that is wrong
            # for one query in 16 bits, on processors that multiply in 16 bits.
            axes = "abcdefgh"[: len(dropped.shape) - 2]
            context = context + ops.einsum(f"{axes}ts,tsv->{axes}tv", dropped, more)
        if rows is not None:
            weights = ops.take(weights, rows, axis=-2)
        return context if return_weights is False else (context, weights)

    def _weights(self, query, key, mask, bias=None, **options):
        scores = self.score(query, key, **options)
        if bias is not None:
            scores = scores + ops.cast(bias, scores.dtype)
        return self.weighting(scores, mask)

    def _is_a_softmax_of_products(self, query):
        """Whether `masked_softmax(query · key) · value` is all that is computed."""
        if type(self.weighting) is not Softmax or not hasattr(self.score, "factors"):
            return False
        dtypes = {self.score.compute_dtype, self.weighting.compute_dtype}
        return dtypes == {keras.backend.standardize_dtype(query.dtype)}

    def compute_output_shape(
        self, query_shape: tuple, value_shape: tuple, key_shape: tuple | None = None
    ) -> Any:
        key_shape = value_shape if key_shape is None else key_shape
        leading = broadcast_leading(query_shape, value_shape, key_shape)
        return (*leading, query_shape[-2], value_shape[-1])

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_weights: bool | list[int] = False,
        score_bias: Any = None,
        value_bias: Any = None,
        key_projected: bool = False,
        hidden_finite: bool = False,
        training: bool | None = None,
    ) -> Any:
        shapes = [x.shape for x in (query, value, value if key is None else key)]
        require_fit(*shapes, query_mask, value_mask, key_mask)
        scores = scores_shape(shapes[0], shapes[2])
        if not isinstance(attention_mask, Mask):
            require_mask_of_scores(attention_mask, scores)
        rows = asked_rows(return_weights, scores[-2])
        if rows is not None:
            scores = (*scores[:-2], len(rows), scores[-1])
        made = (self.compute_output_shape(*shapes), scores)
        context, weights = (keras.KerasTensor(x, self.compute_dtype) for x in made)
        return context if return_weights is False else (context, weights)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            score=keras.saving.serialize_keras_object(self.score),
            weighting=keras.saving.serialize_keras_object(self.weighting),
            dropout=self.dropout,
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        for part in ("score", "weighting"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)

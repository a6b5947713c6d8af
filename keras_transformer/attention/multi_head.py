"""Multi-head attention: split, attend, merge.

Axes: `b` batch, `t` query position, `s` key position, `h` head, `g` key/value head,
`d` width of a head, `w` width of the model.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.attention.asked_rows import spec_of_asked
from keras_transformer.attention.attention import Attention
from keras_transformer.attention.cache import KeyValueCache, side_by_side, write
from keras_transformer.attention.call_masks import (
    mask_of_heads,
    require_fit,
    visible_to_heads,
    without_rules,
)
from keras_transformer.attention.heads import (
    attend_in_heads,
    merge_heads,
    project_alike,
    sizes_of_heads,
    split_heads,
)
from keras_transformer.attention.projections import gates, projections
from keras_transformer.attention.shapes import require_sequences
from keras_transformer.masks import causal_mask, without_padding, without_unseen

_PLAIN = ("num_heads", "width", "num_key_value_heads", "head_dim")
_PLAIN += ("dropout", "use_bias", "seed", "head_gates")


@keras.saving.register_keras_serializable(package="keras_transformer")
class MultiHeadAttention(keras.layers.Layer):
    """Several attentions side by side, each in its own part of the width.

    ```
    head_i  = attention(query · Wq_i, key · Wk_i, value · Wv_i)
    output  = [head_1; …; head_h] · Wo
    ```

    The heads share the width, so `h` heads cost what one head costs. One score layer
    serves all heads: they differ by their projections, and in a number each has for
    itself where it has one. Grouped: with fewer key/value heads, `g`, each serves
    `h / g` neighbouring heads. The cache is smaller by that factor; `g = 1` is
    multi-query attention.

    Args:
        num_heads: Number of heads, `h`; divides `width`, if there is no `head_dim`.
        width: Width of the output, `w`.
        score: Score rule of every head; `ScaledDot()` by default.
        weighting: Weighting of every head; `Softmax()` by default.
        positions: Positions inside the attention, such as `RotaryPositions()`, see
            `keras_transformer.positions`; `None` has none.
        num_key_value_heads: Number of key/value heads, `g`; divides `h`, its default.
        dropout: Share of the weights that training sets to 0, in [0, 1).
        use_bias: Whether the four projections add a bias.
        kernel_initializer: Initializer of the four projection matrices.
        seed: Seed of the dropout.
        head_dim: Width of a head, `d`; `w / h` by default.
        head_gates: Whether contexts are multiplied by `sigmoid(query · Wg_i + b_i)`.

    Call arguments:
        query: Float `[b, t, …]`; with `positions` the first query and the first key
            stand at position 0. Cached steps use `project` and `attend`.
        value: Float `[b, s, …]`; give the query itself for self-attention.
        key: Float `[b, s, …]`; the value by default.
        query_mask: Boolean `[b, t]`, `True` = keep: which queries are no padding.
        value_mask: Boolean `[b, s]`, likewise of the values.
        key_mask: Boolean `[b, s]`, likewise of the keys. In these three Keras fills the
            implicit masks, where a sequence comes from `Embedding(mask_zero=True)`.
        attention_mask: Boolean `[t, s]`, `[b, t, s]`, or with a mask for each head
            `[b, h, t, s]`, any axis of length 1 standing for all; `True` = keep. Or a
            rule such as `CausalMask()`, see `keras_transformer.masks`.
        return_weights: Whether to return the weights too; or positions of queries.
        use_causal_mask: Whether a query sees no later key, as `causal_mask(t, s)` says:
            the last query stands on the last key.
        score_bias: Float `[h, t, s]` or `[b, h, t, s]`, added to the scores.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights float `[b, h, t, s]`, or those of the asked positions.

    Masking:
        A key is visible if all masks keep it. A query with no visible key yields the
        bias of the output projection, and so does a query of padding; no other query
        feels its `query_mask`. What no query sees may be anything, NaN included. An
        implicit mask of the query stays with the output.

    Raises:
        ValueError: If `num_heads` does not divide `width`, `num_key_value_heads` not
            `num_heads`, `dropout` is not in [0, 1), a bias is for other heads, query,
            value or key have other axes, or a mask does not fit them.

    Example:
        >>> import numpy as np
        >>> layer = MultiHeadAttention(num_heads=2, width=6)
        >>> x = np.ones((1, 3, 6), "float32")
        >>> output, weights = layer(x, x, return_weights=True)
        >>> tuple(output.shape), tuple(weights.shape)
        ((1, 3, 6), (1, 2, 3, 3))

    Source: Vaswani et al. 2017; grouped: Ainslie et al. 2023; gates: Qiu et al. 2025.
    """

    def __init__(
        self,
        num_heads: int,
        width: int,
        score: Any = None,
        weighting: Any = None,
        positions: Any = None,
        num_key_value_heads: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        seed: int | None = None,
        head_dim: int | None = None,
        head_gates: bool = False,
        **kwargs: Any,
    ):
        sizes = sizes_of_heads(num_heads, width, num_key_value_heads, head_dim)
        super().__init__(**kwargs)
        self.num_heads, self.width = num_heads, width
        self.num_key_value_heads = num_key_value_heads
        self.positions, self.use_bias = positions, use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dropout, self.seed, self.head_gates = dropout, seed, head_gates
        self.groups, self.head_dim = sizes
        policy = self.dtype_policy
        own = {"seed": seed, "dtype": policy, "name": "attention"}
        self.attention = Attention(score, weighting, dropout, **own)
        asking, shared = num_heads * self.head_dim, self.groups * self.head_dim
        units = {"query": asking, "key": shared, "value": shared, "output": width}
        made = projections(units, self.kernel_initializer, use_bias, policy)
        self.query_projection, self.key_projection = made[:2]
        self.value_projection, self.output_projection = made[2:]
        self.gates = gates(num_heads, policy) if head_gates else None
        self.supports_masking = True

    def build(
        self, query_shape: tuple, value_shape: tuple, key_shape: tuple | None = None
    ) -> None:
        require_sequences(query=query_shape, value=value_shape, key=key_shape)
        key_shape = value_shape if key_shape is None else key_shape
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape)
        self.value_projection.build(value_shape)
        head = (query_shape[0], self.num_heads, query_shape[1], self.head_dim)
        if self.positions is not None and not self.positions.built:
            self.positions.build(head)
        self.attention.build(head, (*head[:2], value_shape[1], self.head_dim))
        self.output_projection.build((*head[::2], self.num_heads * self.head_dim))
        if self.head_gates:
            self.gates.build(query_shape)
        self.built = True

    def _rotate(self, x, offset):
        return x if self.positions is None else self.positions.rotate(x, offset)

    def _gate(self, x):
        """What each head lets through, `[b, h, t, 1]`, or `None`."""
        return split_heads(self.gates(x), self.num_heads) if self.head_gates else None

    def project(self, value: Any, key: Any = None, offset: Any = 0) -> KeyValueCache:
        """Keys and values of a sequence, ready to be attended to, or cached.

        Args:
            value: Float `[b, s, …]`.
            key: Float `[b, s, …]`; the value by default.
            offset: Position of the first key, an integer or integer scalar tensor:
                with `positions`, the number of positions that are already cached.

        Returns:
            `KeyValueCache` of `[b, g, s, d]`.
        """
        key = self.key_projection(value if key is None else key)
        key = self._rotate(split_heads(key, self.groups), offset)
        value = split_heads(self.value_projection(value), self.groups)
        return KeyValueCache(key, value)

    def attend(
        self,
        query: Any,
        memory: Any,
        attention_mask: Any = None,
        offset: Any = 0,
        query_mask: Any = None,
        **asked: Any,
    ) -> Any:
        """Attend to keys and values that `project` made.

        Args:
            query: Float `[b, t, …]`.
            memory: `KeyValueCache` of `[b, g, s, d]`, its first key at position 0; what
                is hidden in it is finite.
            attention_mask: As of a call.
            offset: Position of the first query, as of `project`; needed with
                `positions` when the queries do not begin at 0.
            query_mask: As of a call.
            **asked: `return_weights`, `training` and `score_bias` of a call.

        Returns:
            As a call.
        """
        gate = self._gate(query)
        query = split_heads(self.query_projection(query), self.num_heads)
        shape = (*query.shape[:2], *(ops.shape(x)[2] for x in (query, memory.key)))
        mask = mask_of_heads(attention_mask, shape, offset)
        query = self._rotate(query, offset)
        return self._attend(gate, query, memory, mask, offset, 1, query_mask, **asked)

    def _attend(self, gate, *parts, **asked):
        inner = (self.attention, self.positions, gate)
        context, *weights = attend_in_heads(*inner, *parts, **asked)
        output = self.output_projection(merge_heads(context))
        return (output, *weights) if weights else output

    def step(
        self, query: Any, past: KeyValueCache, position: Any, mask: Any = None
    ) -> tuple[Any, Any]:
        """One more position of a causal self-attention, from cached keys and values.

        Args:
            query: Float `[n, 1, …]`, the position to add, of each hypothesis.
            past: The cache `[b, g, s·k, d]`; positions before `position` are filled.
            position: Integer scalar: how many positions are filled.
            mask: `own_past` where a sentence has several hypotheses, `n = b·k`.

        Returns:
            The output `[b, k, w]` and the cache with the new position written.
        """
        gate = self._gate(query)
        own = (self.query_projection, self.key_projection, self.value_projection)
        query, key, value = project_alike(own, query, self.num_heads, self.groups)
        query, key = self._rotate(query, position), self._rotate(key, position)
        batch, places = ops.shape(past.key)[::2]
        beside = (side_by_side(x, batch) for x in (query, key, value, gate))
        (query, key, value, gate), count = beside, ops.shape(query)[0] // batch
        past = write(past, KeyValueCache(key, value), position * count)
        mask = causal_mask(1, places, offset=position) if mask is None else mask
        asked = (past, ops.expand_dims(mask, 1), position, count)
        return self._attend(gate, query, *asked, training=False), past

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
        training: bool | None = None,
        use_causal_mask: bool = False,
        score_bias: Any = None,
    ) -> Any:
        key = value if key is None else key
        shapes = (query.shape, value.shape, key.shape)
        require_sequences(query=shapes[0], value=shapes[1], key=shapes[2])
        require_fit(*shapes, query_mask, value_mask, key_mask)
        lengths = (ops.shape(x)[1] for x in (query, key))
        scores_shape = (query.shape[0], self.num_heads, *lengths)
        masks = (attention_mask, value_mask, key_mask, use_causal_mask)
        mask, seen = visible_to_heads(scores_shape, *masks)
        key, value = without_unseen(seen, key, value)
        memory, query = self.project(value, key), without_padding(query, query_mask)
        asked = {"return_weights": return_weights, "score_bias": score_bias}
        asked |= {"training": training, "query_mask": query_mask}
        return self.attend(query, memory, mask, **asked)

    def compute_output_shape(
        self, query_shape: tuple, value_shape: tuple, key_shape: tuple | None = None
    ) -> Any:
        require_sequences(query=query_shape, value=value_shape, key=key_shape)
        return (*query_shape[:-1], self.width)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        # Of the call itself: it may return weights, and refuses what does not fit.
        return spec_of_asked(self, *args, **without_rules(kwargs))

    def get_config(self) -> dict[str, Any]:
        parts, initializer = self.attention.get_config(), self.kernel_initializer
        config = super().get_config()
        config |= {name: getattr(self, name) for name in _PLAIN}
        config |= {"score": parts["score"], "weighting": parts["weighting"]}
        config["positions"] = keras.saving.serialize_keras_object(self.positions)
        config["kernel_initializer"] = keras.initializers.serialize(initializer)
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        parts = ("score", "weighting", "positions")
        made = {p: keras.saving.deserialize_keras_object(config[p]) for p in parts}
        return adapt(cls, {**config, **made})

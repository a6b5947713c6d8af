"""Multi-head attention: split, attend, merge.

Axes: `b` batch, `t` query position, `s` key position, `h` head, `g` key/value head,
`r` query heads for each key/value head, `d` width of a head, `w` width of the model.
"""

import keras
from keras import ops

from keras_transformer.attention.attention import Attention
from keras_transformer.attention.cache import KeyValueCache, side_by_side, write
from keras_transformer.attention.projections import (
    group_heads,
    mask_of_heads,
    merge_heads,
    project_together,
    split_heads,
    ungroup_heads,
)
from keras_transformer.masks import causal_mask
from keras_transformer.randomness.seeds import spread_initializer


@keras.saving.register_keras_serializable(package="keras_transformer")
class MultiHeadAttention(keras.layers.Layer):
    """Several attentions side by side, each in its own part of the width.

    ```
    head_i  = attention(query · Wq_i, key · Wk_i, value · Wv_i)
    output  = [head_1; …; head_h] · Wo
    ```

    The heads share the width, so `h` heads cost what one head costs. One score layer
    serves all heads: what it learns is shared, the heads differ by their projections.

    Grouped: with fewer key/value heads, `g`, each serves `h / g` neighbouring query
    heads. The cache is smaller by that factor; `g = 1` is multi-query attention.

    Args:
        num_heads: Number of heads, `h`; divides `width`.
        width: Width of projections and output, `w = h · d`.
        score: Score rule of every head; `ScaledDot()` by default.
        weighting: Weighting of every head; `Softmax()` by default.
        positions: Positions inside the attention: `RotaryPositions()`,
            `RelativePositionBias(num_heads)`, or any layer with their two methods, see
            `keras_transformer.positions`. `None` has none.
        num_key_value_heads: Number of key/value heads, `g`; divides `num_heads`, which
            it is by default.
        dropout: Share of the weights that training sets to 0, in [0, 1).
        use_bias: Whether the four projections add a bias.
        kernel_initializer: Initializer of the four projection matrices.
        seed: Seed of the dropout.

    Call arguments:
        query: Float `[b, t, …]`; with `positions` the first query and the first key
            stand at position 0. Cached steps use `project` and `attend`.
        value: Float `[b, s, …]`; give the query itself for self-attention.
        key: Float `[b, s, …]`; the value by default.
        attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
        return_weights: Whether to return the weights too.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights float `[b, h, t, s]`.

    Masking:
        Only the explicit `attention_mask` counts; an implicit Keras mask is not read.
        A query with no visible key yields the bias of the output projection.

    Raises:
        ValueError: If `num_heads` does not divide `width`, `num_key_value_heads` does
            not divide `num_heads`, `dropout` is not in [0, 1), `positions` has a bias
            for another number of heads, or a mask has an axis of heads.

    Example:
        >>> import numpy as np
        >>> layer = MultiHeadAttention(num_heads=2, width=6)
        >>> x = np.ones((1, 3, 6), "float32")
        >>> output, weights = layer(x, x, return_weights=True)
        >>> tuple(output.shape), tuple(weights.shape)
        ((1, 3, 6), (1, 2, 3, 3))

    Source: Vaswani et al. 2017, section 3.2.2; grouped: Ainslie et al. 2023.
    """

    def __init__(
        self,
        num_heads,
        width,
        score=None,
        weighting=None,
        positions=None,
        num_key_value_heads=None,
        dropout=0.0,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        seed=None,
        **kwargs,
    ):
        if num_heads < 1 or width % num_heads:
            raise ValueError(
                f"num_heads must divide width, got num_heads={num_heads}, width={width}"
            )
        groups = num_heads if num_key_value_heads is None else num_key_value_heads
        if groups < 1 or num_heads % groups:
            raise ValueError(
                "num_key_value_heads must divide num_heads, got "
                f"num_key_value_heads={num_key_value_heads}, num_heads={num_heads}"
            )
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.width = width
        self.positions = positions
        self.num_key_value_heads = num_key_value_heads
        self.dropout = dropout
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed = seed
        self.groups = groups
        self.head_width = width // num_heads
        self.attention = Attention(
            score,
            weighting,
            dropout,
            seed=seed,
            dtype=self.dtype_policy,
            name="attention",
        )
        shared = groups * self.head_width
        kernels = iter(spread_initializer(self.kernel_initializer, 4))
        self.query_projection = self._projection("query", width, next(kernels))
        self.key_projection = self._projection("key", shared, next(kernels))
        self.value_projection = self._projection("value", shared, next(kernels))
        self.output_projection = self._projection("output", width, next(kernels))

    def _projection(self, name, units, kernel_initializer):
        return keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape)
        self.value_projection.build(value_shape)
        head = (query_shape[0], self.num_heads, query_shape[1], self.head_width)
        if self.positions is not None and not self.positions.built:
            self.positions.build(head)
        self.attention.build(head, (*head[:2], value_shape[1], self.head_width))
        self.output_projection.build((*query_shape[:-1], self.width))
        self.built = True

    def _score_bias(self, query, key, offset, count):
        if self.positions is None:
            return None
        lengths = (ops.shape(x)[-2] // count for x in (query, key))
        bias = self.positions.bias(*lengths, offset)
        if bias is not None and bias.shape[0] != self.num_heads:
            raise ValueError(
                "positions must have a bias for each head, got a bias for "
                f"{bias.shape[0]} heads, num_heads={self.num_heads}"
            )
        return bias if bias is None else ops.repeat(bias, count, axis=-1)

    def _rotate(self, x, offset):
        return x if self.positions is None else self.positions.rotate(x, offset)

    def _project_alike(self, x, offset=0):
        """The query, and keys and values, of one sequence, by one matrix product."""
        # Where a gradient is taken, three products are as fast, on JAX faster.
        parts = (self.query_projection, self.key_projection, self.value_projection)
        together = project_together(parts, x)
        heads = split_heads(together, self.num_heads + 2 * self.groups)
        ends = [self.num_heads, self.num_heads + self.groups]
        query, key, value = ops.split(heads, ends, axis=1)
        query, key = self._rotate(query, offset), self._rotate(key, offset)
        return query, KeyValueCache(key, value)

    def project(self, value, key=None, offset=0) -> KeyValueCache:
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
        query,
        memory,
        attention_mask=None,
        return_weights=False,
        training=None,
        offset=0,
    ):
        """Attend to keys and values that `project` made.

        Args:
            query: Float `[b, t, …]`.
            memory: `KeyValueCache` of `[b, g, s, d]`, its first key at position 0.
            attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
            return_weights: Whether to return the weights too.
            training: Whether dropout is active.
            offset: Position of the first query, an integer or integer scalar tensor;
                needed with `positions` when the queries do not begin at 0.

        Returns:
            As a call.
        """
        query = split_heads(self.query_projection(query), self.num_heads)
        query, attend = self._rotate(query, offset), self._attend
        return attend(query, memory, attention_mask, return_weights, training, offset)

    def _attend(self, query, memory, mask, return_weights, training, offset, count=1):
        bias = self._score_bias(query, memory.key, offset, count)
        mask = mask_of_heads(mask)  # b 1 t s
        key, value = memory.key, memory.value
        grouped = self.groups != self.num_heads
        if grouped:
            query = group_heads(query, self.groups)
            bias = None if bias is None else group_heads(bias, self.groups)
            # b g s d → b g 1 s d, and the mask to b 1 1 t s: both serve every r
            key, value = ops.expand_dims(key, 2), ops.expand_dims(value, 2)
            mask = None if mask is None else ops.expand_dims(mask, axis=-3)
        asked = {"return_weights": return_weights, "training": training}
        attended = self.attention(query, value, key, mask, score_bias=bias, **asked)
        context, *weights = attended if return_weights else (attended,)
        if grouped:
            context, *weights = (ungroup_heads(x) for x in (context, *weights))
        output = self.output_projection(merge_heads(context))
        return (output, *weights) if return_weights else output

    def step(self, query, past: KeyValueCache, position, mask=None):
        """One more position of a causal self-attention, from cached keys and values.

        Args:
            query: Float `[n, 1, …]`, the position to add, of each hypothesis.
            past: The cache `[b, g, s·k, d]`; positions before `position` are filled.
            position: Integer scalar: how many positions are filled.
            mask: `own_past` where a sentence has several hypotheses, `n = b·k`.

        Returns:
            The output `[b, k, w]` and the cache with the new position written.
        """
        query, new = self._project_alike(query, position)
        batch, _, places, _ = ops.shape(past.key)
        query, *new = (side_by_side(x, batch) for x in (query, *new))
        count = ops.shape(query)[2]
        past = write(past, KeyValueCache(*new), position * count)
        mask = causal_mask(1, places, offset=position) if mask is None else mask
        return self._attend(query, past, mask, False, False, position, count), past

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_weights=False,
        training=None,
    ):
        memory = self.project(value, key)
        return self.attend(query, memory, attention_mask, return_weights, training)

    def get_config(self):
        config = super().get_config()
        parts = self.attention.get_config()
        config.update(
            num_heads=self.num_heads,
            width=self.width,
            **{name: parts[name] for name in ("score", "weighting")},
            positions=keras.saving.serialize_keras_object(self.positions),
            num_key_value_heads=self.num_key_value_heads,
            dropout=self.dropout,
            use_bias=self.use_bias,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for part in ("score", "weighting", "positions"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)

"""Multi-head attention: split, attend, merge.

Axes: `b` batch, `t` query position, `s` key position, `h` head, `g` key/value head,
`r` query heads for each key/value head, `d` width of a head, `w` width of the model.
"""

import keras
from keras import ops

from keras_transformer.attention.attention import Attention
from keras_transformer.attention.cache import KeyValue
from keras_transformer.attention.seeds import spread_initializer


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
            not divide `num_heads`, `dropout` is not in [0, 1), or `positions` has a
            bias for another number of heads.

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
            score, weighting, dropout, seed=seed, dtype=self.dtype_policy
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

    def _split(self, x, heads):
        # b t w → b h t d
        batch, length = ops.shape(x)[:2]
        x = ops.reshape(x, (batch, length, heads, self.head_width))
        return ops.transpose(x, (0, 2, 1, 3))

    def _grouped(self, x):
        # … h t d → … g r t d: each key/value head beside the query heads it serves
        shape = ops.shape(x)
        repeats = self.num_heads // self.groups
        return ops.reshape(x, (*shape[:-3], self.groups, repeats, *shape[-2:]))

    def _score_bias(self, query_length, key_length, offset):
        if self.positions is None:
            return None
        bias = self.positions.bias(query_length, key_length, offset)
        if bias is not None and bias.shape[0] != self.num_heads:
            raise ValueError(
                "positions must have a bias for each head, got a bias for "
                f"{bias.shape[0]} heads, num_heads={self.num_heads}"
            )
        return bias

    def project(self, value, key=None, offset=0) -> KeyValue:
        """Keys and values of a sequence, ready to be attended to, or cached.

        Args:
            value: Float `[b, s, …]`.
            key: Float `[b, s, …]`; the value by default.
            offset: Position of the first key, an integer or integer scalar tensor:
                with `positions`, the number of positions that are already cached.

        Returns:
            `KeyValue` of `[b, g, s, d]`.
        """
        key = self.key_projection(value if key is None else key)
        key = self._split(key, self.groups)
        if self.positions is not None:
            key = self.positions.rotate(key, offset)
        return KeyValue(key, self._split(self.value_projection(value), self.groups))

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
            memory: `KeyValue` of `[b, g, s, d]`, its first key at position 0.
            attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
            return_weights: Whether to return the weights too.
            training: Whether dropout is active.
            offset: Position of the first query, an integer or integer scalar tensor;
                needed with `positions` when the queries do not begin at 0.

        Returns:
            As a call.
        """
        query = self._split(self.query_projection(query), self.num_heads)
        batch, _, length, _ = ops.shape(query)
        key_length = ops.shape(memory.key)[-2]
        if self.positions is not None:
            query = self.positions.rotate(query, offset)
        bias = self._score_bias(length, key_length, offset)
        if attention_mask is not None:
            attention_mask = ops.expand_dims(attention_mask, axis=-3)  # b 1 t s
        key, value = memory.key, memory.value
        grouped = self.groups != self.num_heads
        if grouped:
            query = self._grouped(query)
            bias = None if bias is None else self._grouped(bias)
            # b g s d → b g 1 s d, and the mask to b 1 1 t s: both serve every r
            key, value = ops.expand_dims(key, 2), ops.expand_dims(value, 2)
            if attention_mask is not None:
                attention_mask = ops.expand_dims(attention_mask, axis=-3)
        context, weights = self.attention(
            query,
            value,
            key,
            attention_mask,
            return_weights=True,
            score_bias=bias,
            training=training,
        )
        if grouped:
            heads = (batch, self.num_heads, length)
            context = ops.reshape(context, (*heads, self.head_width))
            weights = ops.reshape(weights, (*heads, key_length))
        context = ops.transpose(context, (0, 2, 1, 3))  # b h t d → b t h d
        output = self.output_projection(
            ops.reshape(context, (batch, length, self.width))
        )
        return (output, weights) if return_weights else output

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
        attention = self.attention.get_config()
        config.update(
            num_heads=self.num_heads,
            width=self.width,
            score=attention["score"],
            weighting=attention["weighting"],
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

"""The encoder: every position looks at every position.

Axes: `b` batch, `s` source position, `w` width, `h` head.
"""

import keras

from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.mechanism import Mechanism, with_layers
from keras_transformer.models.residual import Residual, final_norm
from keras_transformer.randomness.seeds import spread_seed


@keras.saving.register_keras_serializable(package="keras_transformer")
class EncoderBlock(keras.layers.Layer):
    """Self-attention, then a feed-forward network, each inside a residual.

    Args:
        width: Width of the sequence, `w`.
        num_heads: Number of heads; divides `width`.
        hidden_width: Hidden width of the feed-forward network.
        dropout: Dropout after each sub-layer.
        attention_dropout: Dropout on the attention weights.
        hidden_dropout: Dropout on the hidden layer of the feed-forward network.
        norm: `"pre"` or `"post"`.
        activation: Activation of the feed-forward network.
        score: Score rule of the attention; `ScaledDot()` by default. This
            layer and the next two are patterns: the block gets copies, with
            weights of its own.
        weighting: Weighting of the attention; `Softmax()` by default.
        positions: Positions inside the self-attention, such as `RotaryPositions()`;
            `None` has none.
        num_key_value_heads: Number of key/value heads; `num_heads` by default.
        seed: Seed from which every dropout gets one of its own.

    Call arguments:
        x: Float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, s, s]`, `True` = keep.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, s, w]`; with `return_weights` the pair `(output, weights)`, the
        weights float `[b, h, s, s]`.

    Masking:
        A hidden position changes no other position's output.

    Example:
        >>> import numpy as np
        >>> block = EncoderBlock(width=8, num_heads=2, hidden_width=16)
        >>> tuple(block(np.ones((1, 3, 8), "float32")).shape)
        (1, 3, 8)

    Source: Vaswani et al. 2017, section 3.1.
    """

    def __init__(
        self,
        width,
        num_heads,
        hidden_width,
        dropout=0.0,
        attention_dropout=0.0,
        hidden_dropout=0.0,
        norm="pre",
        activation="relu",
        score=None,
        weighting=None,
        positions=None,
        num_key_value_heads=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.width = width
        self.num_heads = num_heads
        self.hidden_width = hidden_width
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.hidden_dropout = hidden_dropout
        self.norm = norm
        self.activation = keras.activations.get(activation)
        self.mechanism = Mechanism(score, weighting, positions, num_key_value_heads)
        self.seed = seed
        policy = self.dtype_policy
        seeds = iter(spread_seed(seed, 4))
        self.attention = self.mechanism.spread(1)[0].attention(
            num_heads, width, attention_dropout, next(seeds), policy
        )
        self.attention_residual = Residual(
            norm, dropout, seed=next(seeds), dtype=policy
        )
        self.feed_forward = FeedForward(
            width,
            hidden_width,
            self.activation,
            hidden_dropout,
            seed=next(seeds),
            dtype=policy,
        )
        self.feed_forward_residual = Residual(
            norm, dropout, seed=next(seeds), dtype=policy
        )

    def build(self, x_shape):
        self.attention_residual.build(x_shape)
        self.attention.build(x_shape, x_shape)
        self.feed_forward_residual.build(x_shape)
        self.feed_forward.build(x_shape)
        self.built = True

    def call(self, x, attention_mask=None, return_weights=False, training=None):
        inner = self.attention_residual.enter(x)
        attended = self.attention(
            inner,
            inner,
            attention_mask=attention_mask,
            return_weights=return_weights,
            training=training,
        )
        if return_weights:
            attended, weights = attended
        x = self.attention_residual.leave(x, attended, training)
        inner = self.feed_forward_residual.enter(x)
        processed = self.feed_forward(inner, training=training)
        x = self.feed_forward_residual.leave(x, processed, training)
        return (x, weights) if return_weights else x

    def get_config(self):
        config = super().get_config()
        config.update(
            width=self.width,
            num_heads=self.num_heads,
            hidden_width=self.hidden_width,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            hidden_dropout=self.hidden_dropout,
            norm=self.norm,
            activation=keras.activations.serialize(self.activation),
            **self.mechanism.get_config(),
            seed=self.seed,
        )
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**with_layers(config))


@keras.saving.register_keras_serializable(package="keras_transformer")
class Encoder(keras.layers.Layer):
    """A stack of encoder blocks; a pre-norm stack ends with a normalisation.

    Args:
        blocks: The `EncoderBlock`s, lowest first.

    Call arguments:
        x: Float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, s, s]`, `True` = keep.
        return_weights: Whether to return the attention weights too.

    Returns:
        The memory, float `[b, s, w]`; with `return_weights` the pair
        `(memory, weights)`, the weights a list of `[b, h, s, s]`, one a block.

    Masking:
        A hidden position changes no other position's output.

    Raises:
        ValueError: If there is no block.

    Example:
        >>> import numpy as np
        >>> encoder = Encoder([EncoderBlock(8, 2, 16), EncoderBlock(8, 2, 16)])
        >>> tuple(encoder(np.ones((1, 3, 8), "float32")).shape)
        (1, 3, 8)

    Source: Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, blocks, **kwargs):
        if not blocks:
            raise ValueError("an encoder needs at least one block, got none")
        super().__init__(**kwargs)
        self.blocks = list(blocks)
        self.final_norm = final_norm(self.blocks, self.dtype_policy)

    def build(self, x_shape):
        for block in self.blocks:
            if block.built:
                continue  # it was loaded, with its weights
            block.build(x_shape)
        if self.final_norm is not None:
            self.final_norm.build(x_shape)
        self.built = True

    def call(self, x, attention_mask=None, return_weights=False, training=None):
        weights = []
        for block in self.blocks:
            x = block(
                x, attention_mask, return_weights=return_weights, training=training
            )
            if return_weights:
                x, block_weights = x
                weights.append(block_weights)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return (x, weights) if return_weights else x

    def get_config(self):
        config = super().get_config()
        config.update(
            blocks=[keras.saving.serialize_keras_object(b) for b in self.blocks]
        )
        return config

    @classmethod
    def from_config(cls, config):
        blocks = [
            keras.saving.deserialize_keras_object(block) for block in config["blocks"]
        ]
        return cls(**{**config, "blocks": blocks})

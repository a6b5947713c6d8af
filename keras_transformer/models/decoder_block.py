"""A decoder block: every position looks back, and at the source.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `t` target position, `s`
source position, `w` width, `h` head, `g` key/value head, `d` width of a head.
"""

import dataclasses
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_transformer.attention import KeyValueCache
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.mechanism import Mechanism, with_layers
from keras_transformer.models.residual import Residual
from keras_transformer.randomness.seeds import spread_seed


class DecoderWeights(NamedTuple):
    """Attention weights of one block: `[b, h, t, t]` and `[b, h, t, s]`."""

    self_attention: Any
    cross_attention: Any


@keras.saving.register_keras_serializable(package="keras_transformer")
class DecoderBlock(keras.layers.Layer):
    """Causal self-attention, cross-attention, feed-forward, each inside a residual.

    Args:
        width: Width of the sequence, `w`.
        num_heads: Number of heads; divides `width`.
        hidden_width: Hidden width of the feed-forward network.
        dropout: Dropout after each sub-layer.
        attention_dropout: Dropout on the attention weights.
        hidden_dropout: Dropout on the hidden layer of the feed-forward network.
        norm: `"pre"` or `"post"`.
        activation: Activation of the feed-forward network.
        score: Score rule of both attentions; `ScaledDot()` by default. This layer and
            the next two are patterns: each attention gets copies, with weights of its
            own.
        weighting: Weighting of both attentions; `Softmax()` by default.
        positions: Positions inside the self-attention, such as `RotaryPositions()`;
            `None` has none. The cross-attention never has: a position of the target
            has no distance to one of the source.
        num_key_value_heads: Number of key/value heads of both attentions; `num_heads`
            by default.
        seed: Seed from which every dropout gets one of its own.

    Call arguments:
        x: Float `[b, t, w]`.
        memory: The encoder's output, float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, `True` = keep: what a
            target position may see of the target. Causality is the caller's.
        cross_attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights a `DecoderWeights`.

    Masking:
        Only the explicit masks count.

    Example:
        >>> import numpy as np
        >>> block = DecoderBlock(width=8, num_heads=2, hidden_width=16)
        >>> x, memory = np.ones((1, 3, 8), "float32"), np.ones((1, 5, 8), "float32")
        >>> tuple(block(x, memory).shape)
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
        seeds = iter(spread_seed(seed, 6))
        back, across = self.mechanism.spread(2)
        across = dataclasses.replace(across, positions=None)
        self.self_attention = back.attention(
            num_heads, width, attention_dropout, next(seeds), policy
        )
        self.self_residual = Residual(norm, dropout, seed=next(seeds), dtype=policy)
        self.cross_attention = across.attention(
            num_heads, width, attention_dropout, next(seeds), policy
        )
        self.cross_residual = Residual(norm, dropout, seed=next(seeds), dtype=policy)
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

    def build(self, x_shape, memory_shape):
        for residual in (
            self.self_residual,
            self.cross_residual,
            self.feed_forward_residual,
        ):
            residual.build(x_shape)
        self.self_attention.build(x_shape, x_shape)
        self.cross_attention.build(x_shape, memory_shape)
        self.feed_forward.build(x_shape)
        self.built = True

    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        return_weights=False,
        training=None,
    ):
        inner = self.self_residual.enter(x)
        attended = self.self_attention(
            inner,
            inner,
            attention_mask=attention_mask,
            return_weights=return_weights,
            training=training,
        )
        memory = self.cross_attention.project(memory)
        return self._after_self_attention(
            x, attended, memory, cross_attention_mask, return_weights, training
        )

    def step(
        self,
        x,
        past: KeyValueCache,
        memory: KeyValueCache,
        position,
        cross_attention_mask=None,
        own_past=None,
    ):
        """One more target position, from cached keys and values.

        Args:
            x: Float `[n, 1, w]`, the position to add, of each hypothesis.
            past: The cache `[b, g, t·k, d]`, the hypotheses of a sentence side by
                side, or `[n, g, t, d]`; positions before `position` are filled.
            memory: The projected memory `[b, g, s, d]`, which the hypotheses of a
                sentence share.
            position: Integer scalar: how many positions are filled.
            cross_attention_mask: Boolean, broadcastable to `[b, 1, s]`.
            own_past: What a hypothesis sees of the cache, boolean `[b, k, t·k]`;
                `None` where each has one of its own.

        Returns:
            The output `[n, 1, w]` and the cache with the new position written.
        """
        inner = self.self_residual.enter(x)
        attended, past = self.self_attention.step(inner, past, position, own_past)
        # The hypotheses of a sentence are queries side by side, n 1 w → b k w.
        batch = ops.shape(memory.key)[0]
        x, attended = (ops.reshape(y, (batch, -1, self.width)) for y in (x, attended))
        x = self._after_self_attention(x, attended, memory, cross_attention_mask)
        return ops.reshape(x, (-1, 1, self.width)), past

    def _after_self_attention(
        self, x, attended, memory, mask, return_weights=False, training=None
    ):
        if return_weights:
            attended, self_weights = attended
        x = self.self_residual.leave(x, attended, training)
        attended = self.cross_attention.attend(
            self.cross_residual.enter(x), memory, mask, return_weights, training
        )
        if return_weights:
            attended, cross_weights = attended
        x = self.cross_residual.leave(x, attended, training)
        processed = self.feed_forward(
            self.feed_forward_residual.enter(x), training=training
        )
        x = self.feed_forward_residual.leave(x, processed, training)
        if return_weights:
            return x, DecoderWeights(self_weights, cross_weights)
        return x

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

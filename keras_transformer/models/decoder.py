"""The decoder: a stack of decoder blocks.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `t` target position, `s`
source position, `w` width, `g` key/value head, `d` width of a head.
"""

import keras

from keras_transformer.attention import KeyValueCache
from keras_transformer.attention.cache import allocate
from keras_transformer.models.residual import final_norm


@keras.saving.register_keras_serializable(package="keras_transformer")
class Decoder(keras.layers.Layer):
    """A stack of decoder blocks; a pre-norm stack ends with a normalisation.

    Args:
        blocks: The `DecoderBlock`s, lowest first.

    Call arguments:
        x: Float `[b, t, w]`.
        memory: The encoder's output, float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, `True` = keep.
        cross_attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights a list of `DecoderWeights`, one a block.

    Masking:
        Only the explicit masks count.

    Raises:
        ValueError: If there is no block.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.models import DecoderBlock
        >>> decoder = Decoder([DecoderBlock(8, 2, 16), DecoderBlock(8, 2, 16)])
        >>> x, memory = np.ones((1, 3, 8), "float32"), np.ones((1, 5, 8), "float32")
        >>> tuple(decoder(x, memory).shape)
        (1, 3, 8)

    Source: Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, blocks, **kwargs):
        if not blocks:
            raise ValueError("a decoder needs at least one block, got none")
        super().__init__(**kwargs)
        self.blocks = list(blocks)
        self.final_norm = final_norm(self.blocks, self.dtype_policy)

    def build(self, x_shape, memory_shape):
        for block in self.blocks:
            if block.built:
                continue  # it was loaded, with its weights
            block.build(x_shape, memory_shape)
        if self.final_norm is not None:
            self.final_norm.build(x_shape)
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
        weights = []
        for block in self.blocks:
            x = block(
                x,
                memory,
                attention_mask,
                cross_attention_mask,
                return_weights=return_weights,
                training=training,
            )
            if return_weights:
                x, block_weights = x
                weights.append(block_weights)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return (x, weights) if return_weights else x

    def allocate(self, batch, length: int, dtype) -> tuple[KeyValueCache, ...]:
        """An empty cache for each block.

        Args:
            batch: Number of sequences.
            length: Number of target positions that a cache has room for.
            dtype: Dtype of the caches.
        """
        attentions = [block.self_attention for block in self.blocks]
        return tuple(
            allocate(batch, a.groups, length, a.head_dim, dtype) for a in attentions
        )

    def project(self, memory) -> tuple[KeyValueCache, ...]:
        """The memory's keys and values for each block, computed once a sentence."""
        return tuple(block.cross_attention.project(memory) for block in self.blocks)

    def step(self, x, past, memory, position, cross_attention_mask=None, own_past=None):
        """One more target position through every block.

        Args:
            x: Float `[n, 1, w]`.
            past: A cache `[b, g, t·k, d]` or `[n, g, t, d]` for each block.
            memory: Projected memory `[b, g, s, d]` for each block.
            position: Integer scalar: how many positions the caches hold.
            cross_attention_mask: Boolean, broadcastable to `[b, 1, s]`.
            own_past: What a hypothesis sees of a cache, boolean `[b, k, t·k]`;
                `None` where each has one of its own.

        Returns:
            The output `[n, 1, w]` and the caches with the new position written.
        """
        written = []
        for block, block_past, block_memory in zip(
            self.blocks, past, memory, strict=True
        ):
            x, block_past = block.step(
                x, block_past, block_memory, position, cross_attention_mask, own_past
            )
            written.append(block_past)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return x, tuple(written)

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

"""A stack: blocks in a row.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `t` position, `s`
position of the memory, `w` width, `g` key/value head, `d` width of a head.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention import KeyValueCache
from keras_transformer.attention.cache import allocate
from keras_transformer.attention.kernels.choose import causal_for
from keras_transformer.masks import combine_masks
from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.models.residual import final_norm


@keras.saving.register_keras_serializable(package="keras_transformer")
class Stack(keras.layers.Layer):
    """Blocks in a row, and a normalisation at the end, but after post-norm blocks.

    Args:
        blocks: The `Block`s, lowest first.

    Call arguments:
        x: Float `[b, t, w]`.
        memory: What the cross-attentions read, float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, `True` = keep.
        cross_attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
        mask: Real positions of `x`, boolean `[b, t]`; or the same as `x_mask`.
        x_mask: See `mask`.
        memory_mask: Real positions of the memory, boolean `[b, s]`.
        use_causal_mask: Whether later positions of `x` are hidden.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights a list with a dict for each block, see `Block`.

    Masking:
        As in each of its blocks.

    Raises:
        ValueError: If there is no block.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.attention import MultiHeadAttention
        >>> from keras_transformer.models import Block, FeedForward
        >>> encoder = Stack(
        ...     [Block(MultiHeadAttention(2, 8), FeedForward(8, 16)) for _ in range(3)]
        ... )
        >>> tuple(encoder(np.ones((1, 5, 8), "float32")).shape)
        (1, 5, 8)

    Source: Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, blocks: Any, **kwargs: Any):
        if not blocks:
            raise ValueError("a stack needs at least one block, got none")
        super().__init__(**kwargs)
        self.supports_masking = True
        self.blocks = list(blocks)
        self.final_norm = final_norm(self.blocks)

    def build(self, x_shape: tuple, memory_shape: tuple | None = None) -> None:
        for block in self.blocks:
            if not block.built:
                block.build(x_shape, memory_shape)
        if self.final_norm is not None:
            self.final_norm.build(x_shape)
        self.built = True

    def call(
        self,
        x: Any,
        memory: Any = None,
        attention_mask: Any = None,
        cross_attention_mask: Any = None,
        mask: Any = None,
        x_mask: Any = None,
        memory_mask: Any = None,
        use_causal_mask: bool = False,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Any:
        if use_causal_mask:  # made once, for all blocks
            causal = causal_for(self.blocks[0], ops.shape(x)[1])
            attention_mask = combine_masks(attention_mask, causal)
        weights, asked = [], {"training": training}
        if return_weights:  # else not said: JAX traces what it rematerialises with
            asked["return_weights"] = True
        for block in self.blocks:
            # Rematerialisation takes no None among positional arguments.
            x = block(
                *((x,) if memory is None else (x, memory)),
                attention_mask=attention_mask,
                cross_attention_mask=cross_attention_mask,
                mask=x_mask if mask is None else mask,
                memory_mask=memory_mask,
                **asked,
            )
            if return_weights:
                x, block_weights = x
                weights.append(block_weights)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return (x, weights) if return_weights else x

    def allocate(
        self, batch: int, length: int, dtype: Any
    ) -> tuple[KeyValueCache, ...]:
        """An empty cache for each block.

        Args:
            batch: Number of sequences.
            length: Number of positions that a cache has room for.
            dtype: Dtype of the caches.
        """
        attentions = [block.self_attention for block in self.blocks]
        return tuple(
            allocate(batch, a.groups, length, a.head_dim, dtype) for a in attentions
        )

    def project(self, memory: Any) -> tuple[KeyValueCache, ...]:
        """The memory's keys and values for each block, computed once a sentence."""
        return tuple(block.cross_attention.project(memory) for block in self.blocks)

    def prefill(self, x: Any, past: Any, attention_mask: Any) -> tuple[Any, Any]:
        """The first positions through every block at once, and into the caches.

        Args:
            x: Float `[b, t, w]`.
            past: An empty cache `[b, g, s, d]` for each block, `s >= t`.
            attention_mask: Boolean, broadcastable to `[b, t, t]`, with what causality
                hides.

        Returns:
            The output `[b, t, w]` and the caches with positions up to `t` written.
        """
        written = []
        for block, own in zip(self.blocks, past, strict=True):
            x, own = block.prefill(x, own, attention_mask)
            written.append(own)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return x, tuple(written)

    def step(
        self,
        x: Any,
        past: Any,
        position: Any,
        memory: Any = None,
        cross_attention_mask: Any = None,
        own_past: Any = None,
    ) -> tuple[Any, Any]:
        """One more position through every block, under a causal mask.

        Args:
            x: Float `[n, 1, w]`.
            past: A cache `[b, g, t·k, d]` or `[n, g, t, d]` for each block.
            position: Integer scalar: how many positions the caches hold.
            memory: Projected memory `[b, g, s, d]` for each block, of blocks with a
                cross-attention.
            cross_attention_mask: Boolean, broadcastable to `[b, 1, s]`.
            own_past: What a hypothesis sees of a cache, boolean `[b, k, t·k]`;
                `None` where each has one of its own.

        Returns:
            The output `[n, 1, w]` and the caches with the new position written.
        """
        memory = [None] * len(self.blocks) if memory is None else memory
        written, shown = [], (cross_attention_mask, own_past)
        for block, own, across in zip(self.blocks, past, memory, strict=True):
            x, own = block.step(x, own, position, across, *shown)
            written.append(own)
        if self.final_norm is not None:
            x = self.final_norm(x)
        return x, tuple(written)

    def compute_output_shape(
        self, x_shape: tuple, memory_shape: tuple | None = None
    ) -> Any:
        return tuple(x_shape)

    def compute_output_spec(
        self,
        x: Any,
        memory: Any = None,
        *masks: Any,
        return_weights: bool = False,
        **_: Any,
    ) -> Any:
        output = keras.KerasTensor(x.shape, self.compute_dtype)
        if not return_weights:
            return output
        ask = {"memory": memory, "return_weights": True}
        return output, [b.compute_output_spec(x, **ask)[1] for b in self.blocks]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(blocks=[serialized(block) for block in self.blocks])
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        blocks = [deserialized(block) for block in config["blocks"]]
        return cls(**{**config, "blocks": blocks})

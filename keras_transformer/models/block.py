"""A block: sub-layers, each inside a residual connection.

Axes: `b` batch, `t` position, `s` position of the memory, `w` width, `h` head.
"""

import types
from typing import Any

import keras
from keras import ops

from keras_transformer.attention.kernels.choose import causal_for
from keras_transformer.masks import combine_masks
from keras_transformer.models import cached_block
from keras_transformer.models.implicit_masks import explicit
from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.models.residual import Residual
from keras_transformer.randomness.seeds import spread_seed


@keras.saving.register_keras_serializable(package="keras_transformer")
class Block(keras.layers.Layer):
    """Self-attention, then a feed-forward network, each inside a residual connection.

    ```
    x ← x + self_attention(x)
    x ← x + cross_attention(x, memory)       where it is given
    x ← x + feed_forward(x)
    ```

    With a normalisation in each line, before or after, see `Residual`. The parts decide
    what it is: without a mask a block of an encoder; with a causal mask one of a
    language model; with a causal mask and a second attention one of a decoder.

    Parallel, both sub-layers read the same, and share a normalisation and a dropout:

    `x ← x + self_attention(x) + feed_forward(x)`

    Args:
        self_attention: A `MultiHeadAttention`, or a layer that is called like it.
        feed_forward: A `FeedForward`, or any layer from `[b, t, w]` to `[b, t, w]`.
        cross_attention: A second attention, whose keys and values are the memory's.
        norm: `"pre"`, `"post"` or `"both"`.
        dropout: Dropout after each sub-layer.
        seed: Seed from which each of these dropouts gets one of its own; or a list of
            theirs, of which a parallel block takes the first.
        normalization: A pattern of the normalisations, see `Residual`.
        parallel: Whether the two sub-layers stand side by side.

    Call arguments:
        x: Float `[b, t, w]`.
        memory: What the cross-attention reads, float `[b, s, w]`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, `True` = keep.
        cross_attention_mask: Boolean, broadcastable to `[b, t, s]`, `True` = keep.
        mask: Real positions of `x`, boolean `[b, t]`. Keras hands over the implicit
            mask of `x` here or as `x_mask`, which means the same.
        x_mask: See `mask`.
        memory_mask: Real positions of the memory, boolean `[b, s]`.
        use_causal_mask: Whether later positions of `x` are hidden.
        return_weights: Whether to return the attention weights too.

    Returns:
        Float `[b, t, w]`; with `return_weights` the pair `(output, weights)`, the
        weights a dict: `"self_attention"` `[b, h, t, t]`, and with a memory
        `"cross_attention"` `[b, h, t, s]`.

    Masking:
        A position is hidden from all others where any of the masks says so, an implicit
        Keras mask included; the latter goes on to the output. A hidden position
        computes like any other, and nobody reads it.

    Raises:
        ValueError: If `norm` is unknown, a parallel block is given a cross-attention, a
            memory comes without a cross-attention or is missing for one, or an
            implicit mask is not `[b, t]`.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.attention import MultiHeadAttention
        >>> from keras_transformer.models import FeedForward
        >>> x, memory = np.ones((1, 3, 8), "float32"), np.ones((1, 5, 8), "float32")
        >>> block = Block(MultiHeadAttention(2, 8), FeedForward(8, 16))
        >>> tuple(block(x, use_causal_mask=True).shape)
        (1, 3, 8)
        >>> reader = Block(
        ...     MultiHeadAttention(2, 8),
        ...     FeedForward(8, 16),
        ...     cross_attention=MultiHeadAttention(2, 8),
        ... )
        >>> tuple(reader(x, memory).shape)
        (1, 3, 8)

    Source: Vaswani et al. 2017, section 3.1; parallel: Wang and Komatsuzaki 2021
    (GPT-J); Chowdhery et al. 2022 (PaLM), section 2.
    """

    def __init__(
        self,
        self_attention: Any,
        feed_forward: Any,
        cross_attention: Any = None,
        norm: str = "pre",
        dropout: float = 0.0,
        seed: int | None = None,
        normalization: Any = None,
        parallel: bool = False,
        **kwargs: Any,
    ):
        if parallel and cross_attention is not None:
            raise ValueError("a parallel block has no cross_attention, got one")
        super().__init__(**kwargs)
        self.supports_masking = True
        self.norm = norm
        self.dropout = dropout
        self.seed = seed
        self.parallel = parallel
        # Only copied, never built: Keras does not look for layers in a namespace.
        self.patterns = types.SimpleNamespace(normalization=normalization)
        count = 2 if cross_attention is None else 3
        seeds = seed if isinstance(seed, list | tuple) else spread_seed(seed, count)
        if len(seeds) != count:
            raise ValueError(f"a block of {count} sub-layers got {len(seeds)} seeds")
        seeds = iter(seeds)
        self.self_attention = self_attention
        self.self_residual = self._residual("self_residual", seeds)
        self.cross_attention = cross_attention
        self.cross_residual = None
        if cross_attention is not None:
            self.cross_residual = self._residual("cross_residual", seeds)
        self.feed_forward = feed_forward
        self.feed_forward_residual = None
        if not parallel:
            self.feed_forward_residual = self._residual("feed_forward_residual", seeds)

    def _residual(self, name, seeds):
        options = {"seed": next(seeds), "dtype": self.dtype_policy, "name": name}
        return Residual(self.norm, self.dropout, **options, **vars(self.patterns))

    def build(self, x_shape: tuple, memory_shape: tuple | None = None) -> None:
        self.require_memory(memory_shape)
        parts = [
            (self.self_residual, x_shape),
            (self.self_attention, x_shape, x_shape),
            (self.feed_forward, x_shape),
        ]
        if not self.parallel:
            parts.insert(2, (self.feed_forward_residual, x_shape))
        if memory_shape is not None:
            parts += [
                (self.cross_residual, x_shape),
                (self.cross_attention, x_shape, memory_shape),
            ]
        for part, *shapes in parts:
            has_build = type(part).build is not keras.layers.Layer.build
            if has_build and not part.built:
                part.build(*shapes)
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
        self.require_memory(memory)
        weights, asked = {}, {"training": training}
        if return_weights:  # else not said: JAX traces what it rematerialises with
            asked["return_weights"] = True
        if use_causal_mask:
            causal = causal_for(self.self_attention, ops.shape(x)[1])
            attention_mask = combine_masks(attention_mask, causal)
        implicit = x_mask if mask is None else mask
        x, attention_mask = explicit(x, implicit, attention_mask)
        inner = self.self_residual.enter(x)
        attended = self.self_attention(
            inner, inner, attention_mask=attention_mask, **asked
        )
        if return_weights:
            attended, weights["self_attention"] = attended
        if self.parallel:
            attended = attended + self.feed_forward(inner, training=training)
        x = self.self_residual.leave(x, attended, training)
        if self.cross_attention is not None:
            memory, mask = explicit(memory, memory_mask, cross_attention_mask)
            query = self.cross_residual.enter(x)
            attended = self.cross_attention(query, memory, attention_mask=mask, **asked)
            if return_weights:
                attended, weights["cross_attention"] = attended
            x = self.cross_residual.leave(x, attended, training)
        x = self.feed(x, training)
        return (x, weights) if return_weights else x

    def feed(self, x: Any, training: bool | None = None) -> Any:
        """What comes after the attentions; in a parallel block, nothing.

        Args:
            x: Float `[b, t, w]`.
            training: Whether dropout is active.
        """
        if self.parallel:
            return x
        inner = self.feed_forward_residual.enter(x)
        fed = self.feed_forward(inner, training=training)
        return self.feed_forward_residual.leave(x, fed, training)

    prefill = cached_block.prefill
    step = cached_block.step

    def require_memory(self, memory: Any) -> None:
        """Refuse a memory that nobody reads, and a reader without one."""
        if (memory is None) != (self.cross_attention is None):
            raise ValueError(
                "a memory needs a cross_attention, and a cross_attention a memory, got "
                f"{'no' if memory is None else 'a'} memory and "
                f"cross_attention={self.cross_attention}"
            )

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
        read = {"self_attention": x}
        if memory is not None:
            read["cross_attention"] = memory
        return output, {
            name: getattr(self, name).compute_output_spec(x, y, return_weights=True)[1]
            for name, y in read.items()
        }

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            self_attention=serialized(self.self_attention),
            feed_forward=serialized(self.feed_forward),
            cross_attention=serialized(self.cross_attention),
            norm=self.norm,
            dropout=self.dropout,
            seed=self.seed,
            normalization=serialized(self.patterns.normalization),
            parallel=self.parallel,
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        parts = ("self_attention", "feed_forward", "cross_attention", "normalization")
        made = {name: deserialized(config.get(name)) for name in parts}
        return cls(**{**config, **made})

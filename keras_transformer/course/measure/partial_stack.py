"""Blocks in a stack, with parts left out or exchanged.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

import keras
from keras import ops

NORMS = ("pre", "post", None)
NORMALIZATIONS = ("layer", "batch", "masked_batch")


class PartialStack(keras.layers.Layer):
    """Runs the parts of blocks one after another, and leaves some out.

    ```
    norm="pre"     x ← x + sublayer(normalise(x))
    norm="post"    x ← normalise(x + sublayer(x))
    norm=None      x ← x + sublayer(x)
    ```

    With `residual=False` the `x +` is missing. With nothing left out it computes what
    a `Stack` computes; like that one it ends a pre-norm stack with a normalisation.

    Args:
        blocks: `Block`s without cross-attention, lowest first. They are not called;
            their parts are.
        residual: Whether the input of a sub-layer is added to its output.
        norm: Where normalisations stand: `"pre"`, `"post"`, or `None`, nowhere.
        feed_forward: Whether blocks have their feed-forward network.
        normalization: `"layer"`: the blocks' own. `"batch"`: batch normalisation over
            all positions, padding included. `"masked_batch"`: over the positions that
            the mask keeps.
        momentum: Of the moving averages of a batch normalisation.

    Call arguments:
        x: Float `[b, t, w]`.
        attention_mask: Boolean `[b, 1, t]`, `True` = keep, or `None`.

    Returns:
        Float `[b, t, w]`.

    Masking:
        With the blocks' own normalisation a hidden position changes no other
        position's output; with `"batch"` it does.

    Raises:
        ValueError: If there is no block, or `norm` or `normalization` is unknown.

    Example:
        >>> import numpy as np
        >>> from keras_transformer import Block, FeedForward, MultiHeadAttention
        >>> blocks = [
        ...     Block(MultiHeadAttention(2, 8), FeedForward(8, 16)) for _ in range(3)
        ... ]
        >>> stack = PartialStack(blocks, residual=False)
        >>> tuple(stack(np.ones((1, 5, 8), "float32")).shape)
        (1, 5, 8)

    Source: Vaswani et al. 2017, section 3.1; batch normalisation: Ioffe and Szegedy
    2015.
    """

    def __init__(
        self,
        blocks: Any,
        residual: bool = True,
        norm: str = "pre",
        feed_forward: Any = True,
        normalization: str = "layer",
        momentum: float = 0.9,
        **kwargs: Any,
    ):
        if not blocks:
            raise ValueError("a stack needs at least one block, got none")
        if norm not in NORMS:
            raise ValueError(f"norm must be one of {NORMS}, got {norm!r}")
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be one of {NORMALIZATIONS}, got {normalization!r}"
            )
        super().__init__(**kwargs)
        self.residual = residual
        self.norm = norm
        self.normalization = normalization
        self.momentum = momentum
        self.attentions = [block.self_attention for block in blocks]
        self.feed_forwards = [block.feed_forward for block in blocks if feed_forward]
        own = [block.self_residual.normalization for block in blocks]
        fed = [block.feed_forward_residual.normalization for block in blocks]
        self.attention_norms = [self._norm_like(layer) for layer in own if norm]
        fed = [layer for layer in fed if norm and feed_forward]
        self.feed_forward_norms = [self._norm_like(layer) for layer in fed]
        self.final_norm = self._norm_like(None) if norm == "pre" else None

    def _norm_like(self, own):
        if self.normalization != "layer":
            return keras.layers.BatchNormalization(momentum=self.momentum, epsilon=1e-6)
        return keras.layers.LayerNormalization(epsilon=1e-6) if own is None else own

    def build(self, x_shape: tuple) -> None:
        for attention in self.attentions:
            if not attention.built:
                attention.build(x_shape, x_shape)
        norms = [*self.attention_norms, *self.feed_forward_norms, self.final_norm]
        for layer in (*self.feed_forwards, *norms):
            if layer is not None and not layer.built:
                layer.build(x_shape)
        self.built = True

    def call(
        self, x: Any, attention_mask: Any = None, training: bool | None = None
    ) -> Any:
        x = self.stream(x, attention_mask, training)[-1]
        if self.final_norm is None:
            return x
        return self._normalise(self.final_norm, x, attention_mask, training)

    def stream(
        self, x: Any, attention_mask: Any = None, training: bool | None = None
    ) -> list:
        """What comes out of each block, before the normalisation that ends a stack.

        Args:
            x: Float `[b, t, w]`.
            attention_mask: Boolean `[b, 1, t]`, `True` = keep, or `None`.
            training: Whether a batch normalisation uses the batch's own numbers.

        Returns:
            A list of float `[b, t, w]`, one a block.
        """

        def around(x, sublayer, norm):
            def normalise(x):
                return self._normalise(norm, x, attention_mask, training)

            y = sublayer(normalise(x) if self.norm == "pre" else x)
            total = x + y if self.residual else y
            return normalise(total) if self.norm == "post" else total

        stages = []
        for i, attention in enumerate(self.attentions):

            def attend(x, attention=attention):
                return attention(x, x, attention_mask=attention_mask)

            x = around(x, attend, self.norm and self.attention_norms[i])
            if self.feed_forwards:
                norm = self.norm and self.feed_forward_norms[i]
                x = around(x, self.feed_forwards[i], norm)
            stages.append(x)
        return stages

    def _normalise(self, layer, x, attention_mask, training):
        if self.normalization == "layer":
            return layer(x)
        kept = None
        if self.normalization == "masked_batch" and attention_mask is not None:
            kept = ops.squeeze(attention_mask, axis=1)
        # Not layer(x, …): that would fasten the mask to what comes out, and the next
        # layer, which reads no such mask, would warn.
        return layer.call(x, training=bool(training), mask=kept)

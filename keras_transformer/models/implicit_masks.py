"""Implicit Keras masks, made explicit.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

from keras import ops

from keras_transformer.masks import combine_masks


def explicit(x: Any, mask: Any, attention_mask: Any = None) -> tuple[Any, Any]:
    """A sequence without its implicit Keras mask, which joins the explicit one.

    A layer inside that does not know implicit masks would warn that it drops one,
    although it was read here.

    Args:
        x: Float `[b, t, w]`.
        mask: Boolean `[b, t]`, `True` = keep, or `None`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, or `None`.

    Returns:
        The sequence, and the attention mask without the keys that are hidden.

    Raises:
        ValueError: If the mask is not `[b, t]`.
    """
    if mask is None:
        return x, attention_mask
    if len(mask.shape) != 2:
        raise ValueError(
            "the mask of a sequence [b, t, w] must be [b, t], got a mask of shape "
            f"{tuple(mask.shape)}"
        )
    has_heads = len(getattr(attention_mask, "shape", ())) == 4  # a rule has none
    keys = ops.expand_dims(mask, (1, 2) if has_heads else 1)
    return ops.copy(x), combine_masks(attention_mask, keys)

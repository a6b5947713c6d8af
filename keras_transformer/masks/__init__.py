"""Which query may look at which key: boolean arrays, and rules that make them."""

from keras_transformer.masks.arrays import (
    causal_mask,
    hide,
    masked_softmax,
    padding_mask,
    require_boolean,
    seen_keys,
    segment_mask,
    without_padding,
    without_unseen,
)
from keras_transformer.masks.rules import (
    CausalMask,
    LengthMask,
    PrefixMask,
    SegmentMask,
    WindowMask,
)
from keras_transformer.masks.structure import AllOf, Mask, combine_masks

__all__ = [
    "AllOf",
    "CausalMask",
    "LengthMask",
    "Mask",
    "PrefixMask",
    "SegmentMask",
    "WindowMask",
    "causal_mask",
    "combine_masks",
    "hide",
    "masked_softmax",
    "padding_mask",
    "require_boolean",
    "seen_keys",
    "segment_mask",
    "without_padding",
    "without_unseen",
]

"""What a Transformer hands out beside logits, as values.

Axes: `b` batch, `s` source position, `t` target position, `h` head, `g` key/value
head, `d` width of a head.
"""

from typing import Any, NamedTuple

from keras_transformer.attention import KeyValue


class TransformerState(NamedTuple):
    """What decoding carries from step to step; every leaf is batch-first."""

    position: Any  # integers [b], all equal: how many target tokens are cached
    past: tuple[KeyValue, ...]  # a cache [b, g, t, d] for each decoder block
    memory: tuple[KeyValue, ...]  # the projected source [b, g, s, d] for each block
    memory_mask: Any  # boolean [b, 1, s]


class AttentionWeights(NamedTuple):
    """Every attention weight of one pass, layers stacked behind the batch."""

    encoder: Any  # [b, layers, h, s, s]
    decoder: Any  # [b, layers, h, t, t]
    cross: Any  # [b, layers, h, t, s]

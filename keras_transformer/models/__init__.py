"""Models from token ids to logits, and the parts that they are built from."""

from keras_transformer.models.block import Block
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.layout import layout_map
from keras_transformer.models.recurrent import (
    AttentionDecoder,
    BidirectionalEncoder,
    CrossWeights,
    FixedContextDecoder,
    RecurrentSeq2Seq,
)
from keras_transformer.models.residual import Residual
from keras_transformer.models.stack import Stack
from keras_transformer.models.state import AttentionWeights, TransformerState
from keras_transformer.models.transformer import Transformer

__all__ = [
    "AttentionDecoder",
    "AttentionWeights",
    "BidirectionalEncoder",
    "Block",
    "CrossWeights",
    "FeedForward",
    "FixedContextDecoder",
    "RecurrentSeq2Seq",
    "Residual",
    "Stack",
    "Transformer",
    "TransformerState",
    "layout_map",
]

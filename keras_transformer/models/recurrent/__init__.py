"""Recurrent translators: a GRU reads, a GRU writes, and what passes between them."""

from keras_transformer.models.recurrent.attention_decoder import (
    AttentionDecoder,
    AttentionState,
)
from keras_transformer.models.recurrent.decoder import (
    FixedContextDecoder,
    FixedContextState,
)
from keras_transformer.models.recurrent.encoder import BidirectionalEncoder
from keras_transformer.models.recurrent.seq2seq import CrossWeights, RecurrentSeq2Seq

__all__ = [
    "AttentionDecoder",
    "AttentionState",
    "BidirectionalEncoder",
    "CrossWeights",
    "FixedContextDecoder",
    "FixedContextState",
    "RecurrentSeq2Seq",
]

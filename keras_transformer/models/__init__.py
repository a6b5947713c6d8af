"""Models from token ids to logits, and the parts that they are built from."""

from keras_transformer.models.decoder import Decoder
from keras_transformer.models.decoder_block import DecoderBlock, DecoderWeights
from keras_transformer.models.encoder import Encoder, EncoderBlock
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.recurrent import (
    AttentionDecoder,
    BidirectionalEncoder,
    CrossWeights,
    FixedContextDecoder,
    RecurrentSeq2Seq,
)
from keras_transformer.models.residual import Residual
from keras_transformer.models.state import AttentionWeights, TransformerState
from keras_transformer.models.transformer import Transformer

__all__ = [
    "AttentionDecoder",
    "AttentionWeights",
    "BidirectionalEncoder",
    "CrossWeights",
    "Decoder",
    "DecoderBlock",
    "DecoderWeights",
    "Encoder",
    "EncoderBlock",
    "FeedForward",
    "FixedContextDecoder",
    "RecurrentSeq2Seq",
    "Residual",
    "Transformer",
    "TransformerState",
]

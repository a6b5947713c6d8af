"""The Transformer and the parts it is built from."""

from keras_transformer.transformer.decoder import Decoder
from keras_transformer.transformer.decoder_block import DecoderBlock, DecoderWeights
from keras_transformer.transformer.encoder import Encoder, EncoderBlock
from keras_transformer.transformer.feed_forward import FeedForward
from keras_transformer.transformer.residual import Residual
from keras_transformer.transformer.state import AttentionWeights, TransformerState
from keras_transformer.transformer.transformer import Transformer

__all__ = [
    "AttentionWeights",
    "Decoder",
    "DecoderBlock",
    "DecoderWeights",
    "Encoder",
    "EncoderBlock",
    "FeedForward",
    "Residual",
    "Transformer",
    "TransformerState",
]

"""Models from token ids to logits, and the parts that they are built from."""

from keras_transformer.models.backbone import Backbone
from keras_transformer.models.block import Block
from keras_transformer.models.encoder_model import Classifier, MaskedLanguageModel
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.language_model import LanguageModel
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
from keras_transformer.models.state import (
    AttentionWeights,
    LanguageModelState,
    TransformerState,
)
from keras_transformer.models.transformer import Transformer

__all__ = [
    "AttentionDecoder",
    "AttentionWeights",
    "Backbone",
    "BidirectionalEncoder",
    "Block",
    "Classifier",
    "CrossWeights",
    "FeedForward",
    "FixedContextDecoder",
    "LanguageModel",
    "LanguageModelState",
    "MaskedLanguageModel",
    "RecurrentSeq2Seq",
    "Residual",
    "Stack",
    "Transformer",
    "TransformerState",
    "layout_map",
]

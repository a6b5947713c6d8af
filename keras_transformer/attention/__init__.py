"""Attention = score × weighting × heads."""

from keras_transformer.attention.additive import Additive
from keras_transformer.attention.attention import Attention
from keras_transformer.attention.cache import KeyValueCache
from keras_transformer.attention.kernels.query_blocks import attention_in_blocks
from keras_transformer.attention.kernels.wide_blocks import attention_in_wide_blocks
from keras_transformer.attention.modifiers import LearnedTemperature, SoftCap
from keras_transformer.attention.multi_head import MultiHeadAttention
from keras_transformer.attention.query_key_norm import QueryKeyNorm
from keras_transformer.attention.reinforce import Reinforce, reinforce_loss
from keras_transformer.attention.sampled import Sampled
from keras_transformer.attention.scores import Bilinear, Dot, Linear, ScaledDot
from keras_transformer.attention.sigmoid import Sigmoid
from keras_transformer.attention.sinks import SinkSoftmax
from keras_transformer.attention.sparse import Entmax, Sparsemax, entmax
from keras_transformer.attention.tempered import TemperedSoftmax
from keras_transformer.attention.weightings import Softmax, TopK
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.randomness.log_probability import log_probabilities

__all__ = [
    "Additive",
    "Attention",
    "Bilinear",
    "Dot",
    "Dropout",
    "Entmax",
    "KeyValueCache",
    "LearnedTemperature",
    "Linear",
    "MultiHeadAttention",
    "QueryKeyNorm",
    "Reinforce",
    "Sampled",
    "ScaledDot",
    "Sigmoid",
    "SinkSoftmax",
    "SoftCap",
    "Softmax",
    "Sparsemax",
    "TemperedSoftmax",
    "TopK",
    "attention_in_blocks",
    "attention_in_wide_blocks",
    "entmax",
    "log_probabilities",
    "reinforce_loss",
]

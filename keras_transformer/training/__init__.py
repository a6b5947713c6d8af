"""Training: losses, schedules, metrics, batches, and the loop."""

from keras_transformer.system.hosts import joined_hosts
from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.training.config import TrainingConfig, compile_model
from keras_transformer.training.cross_entropy import smoothed_cross_entropy
from keras_transformer.training.data_parallel import data_parallel
from keras_transformer.training.dataset import Batches
from keras_transformer.training.finite import NotFiniteError
from keras_transformer.training.flat_sentences import FlatSentences
from keras_transformer.training.losses import SentenceCrossEntropy, SmoothedCrossEntropy
from keras_transformer.training.masking import MaskedTokens, mask_tokens
from keras_transformer.training.metrics import TokenAccuracy, TokenCrossEntropy
from keras_transformer.training.packing import PackedRows
from keras_transformer.training.run import Run
from keras_transformer.training.schedules import InverseSquareRoot

__all__ = [
    "Batches",
    "CheckpointError",
    "FlatSentences",
    "InverseSquareRoot",
    "LengthBuckets",
    "MaskedTokens",
    "NotFiniteError",
    "PackedRows",
    "Run",
    "SentenceCrossEntropy",
    "SmoothedCrossEntropy",
    "TokenAccuracy",
    "TokenCrossEntropy",
    "TrainingConfig",
    "compile_model",
    "data_parallel",
    "joined_hosts",
    "mask_tokens",
    "smoothed_cross_entropy",
]

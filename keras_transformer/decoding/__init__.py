"""Decoding: from a trained model to token sequences."""

from keras_transformer.decoding.batches import BatchDecoder, GreedyDecoder, Hypothesis
from keras_transformer.decoding.beam import Beam, beam
from keras_transformer.decoding.constraints import (
    Forbidden,
    ForcedPrefix,
    MaxLength,
    MinLength,
    RepetitionPenalty,
)
from keras_transformer.decoding.filters import (
    keep_min_p,
    keep_top_k,
    keep_top_p,
    temper,
)
from keras_transformer.decoding.forced import Forced
from keras_transformer.decoding.greedy import Greedy, greedy
from keras_transformer.decoding.hypotheses import Hypotheses
from keras_transformer.decoding.protocol import Decodable, HypothesisState
from keras_transformer.decoding.sampling import Sample
from keras_transformer.decoding.uncached import Uncached

__all__ = [
    "BatchDecoder",
    "Beam",
    "Decodable",
    "Forbidden",
    "Forced",
    "ForcedPrefix",
    "Greedy",
    "GreedyDecoder",
    "Hypotheses",
    "Hypothesis",
    "HypothesisState",
    "MaxLength",
    "MinLength",
    "RepetitionPenalty",
    "Sample",
    "Uncached",
    "beam",
    "greedy",
    "keep_min_p",
    "keep_top_k",
    "keep_top_p",
    "temper",
]

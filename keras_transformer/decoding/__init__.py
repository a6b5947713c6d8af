"""Decoding: from a trained model to token sequences."""

from keras_transformer.decoding.greedy import greedy
from keras_transformer.decoding.loop import GreedyDecoder
from keras_transformer.decoding.protocol import Decodable

__all__ = ["Decodable", "GreedyDecoder", "greedy"]

"""Text to ids and back: tensorflow-text in the graph, nothing lost on the way."""

from keras_transformer.text import startup as startup  # before anything else here

# isort: split
from keras_transformer.text.normalization import CASES, normalize
from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.text.vocabulary import END, PAD, START, UNK

__all__ = ["CASES", "END", "PAD", "START", "UNK", "Tokenizer", "normalize"]

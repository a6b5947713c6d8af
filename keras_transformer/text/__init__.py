"""Text to ids and back: tensorflow-text in the graph, nothing lost on the way."""

from keras_transformer.system.extras import needs

needs(__name__, "text", "tensorflow", "tensorflow_text")

from keras_transformer.text.normalization import CASES, normalize
from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.text.vocabulary import UNK
from keras_transformer.tokens.reserved import END, PADDING, START

__all__ = ["CASES", "END", "PADDING", "START", "UNK", "Tokenizer", "normalize"]

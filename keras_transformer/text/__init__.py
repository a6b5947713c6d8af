"""Text to ids and back, and nothing is lost on the way."""

import sys

from keras_transformer.system.extras import needs

if sys.version_info < (3, 14):
    needs(__name__, "text", "unicodedata2")

from keras_transformer.text.normalization import normalize
from keras_transformer.text.options import CASES
from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.text.vocabulary import UNK
from keras_transformer.tokens.reserved import END, PADDING, START

__all__ = ["CASES", "END", "PADDING", "START", "UNK", "Tokenizer", "normalize"]

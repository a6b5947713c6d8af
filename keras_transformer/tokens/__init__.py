"""Token ids as numbers: which are reserved, and how batches of them are padded."""

from keras_transformer.tokens.known import known_ids
from keras_transformer.tokens.padding import padded
from keras_transformer.tokens.reserved import END, PADDING, START, UNK

__all__ = ["END", "PADDING", "START", "UNK", "known_ids", "padded"]

"""Python strings to tensors and back."""

from collections.abc import Iterable

import tensorflow as tf


def to_tensor(texts: Iterable[str]) -> tf.Tensor:
    """Strings as a tensor of UTF-8.

    Args:
        texts: A list of strings, or another iterable of them.

    Returns:
        (texts) strings.

    Raises:
        ValueError: If `texts` is one string or no list, an entry is not a string,
            or one holds a lone surrogate, which is half a character.
    """
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise ValueError(f"texts must be a list of strings, got one {_type(texts)}")
    encoded = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts must be strings, got {_type(text)} at {place}")
        try:
            encoded.append(text.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise ValueError(
                "texts must be valid Unicode, got a lone surrogate "
                f"{text[error.start]!r} at character {error.start} of text {place}"
            ) from error
    with tf.device("CPU"):
        return tf.constant(encoded, tf.string, shape=[len(encoded)])


def from_tensor(texts: tf.Tensor) -> list[str]:
    """A (texts) tensor of UTF-8 as strings."""
    return [text.decode("utf-8") for text in texts.numpy()]


def _type(value: object) -> str:
    return type(value).__name__

"""Load tensorflow-text without the start-up chatter of its second copy of absl."""

from keras_transformer.startup import quiet

with quiet():
    import tensorflow_text  # noqa: F401 - loaded here so that it is loaded quietly

"""The tokenizer in TensorFlow's graph, which can be exported with a model."""

from keras_transformer.system.extras import needs

needs(__name__, "tensorflow", "tensorflow", "tensorflow_text")

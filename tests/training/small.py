"""A model and data that train in moments."""

import keras
import numpy as np
from keras import ops

from keras_transformer.training import LengthBuckets, TrainingConfig, checkpoint

VOCABULARY = 13


class Tagger(keras.Model):
    """Predicts the next target token from this one and the mean of the source."""

    def __init__(self, width=7, **kwargs):
        super().__init__(**kwargs)
        self.embedding = keras.layers.Embedding(VOCABULARY, width)
        self.dropout = keras.layers.Dropout(0.3, seed=11)
        self.output_projection = keras.layers.Dense(VOCABULARY)
        self.width = width

    def build(self, input_shape=None):
        if not self.built:
            self.embedding.build((None, None))
            self.output_projection.build((None, None, self.width))
            self.built = True

    def call(self, inputs, training=None):
        context = ops.mean(self.embedding(inputs["source"]), axis=1, keepdims=True)
        x = self.embedding(inputs["target"]) + context
        return self.output_projection(self.dropout(x, training=training))


def sentences(count, seed):
    random = np.random.default_rng(seed)
    return [random.integers(3, VOCABULARY, random.integers(1, 6)) for _ in range(count)]


def data(count=29, seed=1, **options):
    source = sentences(count, seed)
    options = {"lengths": (4, 7), "batch_tokens": 28} | options
    return LengthBuckets(source, [s[::-1] for s in source], **options)


def config(**changes):
    options = {
        "epochs": 2,
        "lengths": (4, 7),
        "batch_tokens": 28,
        "peak_learning_rate": 0.05,
        "warmup_steps": 3,
        # JAX would send off every operation of every step by itself.
        "xla": keras.backend.backend() == "jax",
        "checkpoint_seconds": 0.0,  # after every step
    }
    return TrainingConfig(**(options | changes))


def weights(model):
    return checkpoint.values(model.variables)


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))

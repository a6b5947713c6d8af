"""Counting, a GRU, a Transformer: bits a character, by how much of the text is read.

Axes: `b` window, `t` position, `v` vocabulary.
"""

import functools
import time
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keras_transformer.corpora import tinyshakespeare
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.measure.ngrams import Ngrams
from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.system.devices import has_xla
from keras_transformer.tokens import START
from keras_transformer.training import SmoothedCrossEntropy

LENGTH, BATCH, STEPS = 128, 16, 500  # a million characters, as many as are counted
ORDERS = 6
NEAR = LENGTH // 2  # so many characters were read before a character that counts


@functools.cache
def texts() -> tuple[dict[str, np.ndarray], int]:
    """The ids of each part, and the size of the vocabulary."""
    parts = tinyshakespeare()
    ids = {character: 3 + i for i, character in enumerate(sorted(set(parts["train"])))}
    coded = {n: np.array([ids[c] for c in text]) for n, text in parts.items()}
    return coded, len(ids) + 3


def windows(ids: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels `[b, t]`: a start token, then characters from each start on."""
    labels = ids[starts[:, None] + np.arange(LENGTH)].astype("int32")
    return np.insert(labels[:, :-1], 0, START, axis=1), labels


def transformer(size: int) -> keras.Model:
    """A decoder alone."""
    sizes = {"width": 64, "num_layers": 2, "num_heads": 4, "hidden_width": 256}
    options = {"dropout": 0.0, "positions": "rotary", "causal": True}
    return LanguageModel(Backbone(size, **sizes, **options))


def gru(size: int) -> keras.Model:
    """A recurrent network with as many parameters, to one in a hundred."""
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            keras.layers.Embedding(size, 64),
            keras.layers.GRU(143, return_sequences=True),
            keras.layers.Dense(size),
        ]
    )


def trained(make: Callable[[int], keras.Model], seed: int) -> keras.Model:
    """A model after so many batches of windows from anywhere in the text."""
    keras.utils.set_random_seed(seed)
    ids, size = texts()
    model, dice = make(size), np.random.default_rng(seed)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, STEPS - 50, alpha=0.1, warmup_target=5e-3, warmup_steps=50
    )
    model.compile(
        keras.optimizers.Adam(rate, beta_2=0.98, global_clipnorm=1.0),
        SmoothedCrossEntropy(),
        jit_compile=has_xla(),
    )
    for _ in range(STEPS):
        starts = dice.integers(0, len(ids["train"]) - LENGTH, BATCH)
        model.train_on_batch(*windows(ids["train"], starts))
    return model


def bits(model: keras.Model, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What each character costs, `[b, t]`."""
    log_p = ops.log_softmax(model.predict(inputs, batch_size=64, verbose=0))
    found = ops.take_along_axis(log_p, ops.expand_dims(labels, -1), axis=-1)
    return -ops.convert_to_numpy(found)[..., 0] / np.log(2)


def measure(variant: str, seed: int) -> dict:
    """Bits a character of the test part, over all and by characters read."""
    ids, size = texts()
    began, make = time.process_time(), {"transformer": transformer, "gru": gru}
    if variant == "n-grams":
        model = Ngrams([ids["train"].tolist()], ORDERS, size)
        by_order = model.bits(ids["test"].tolist())[:, NEAR:].mean(axis=1)
        return {
            "bits": float(by_order.min()),
            "bits by characters read": by_order.round(4).tolist(),
            "parameters": len(model),
            "CPU seconds": round(time.process_time() - began, 1),
        }
    model = trained(make[variant], seed)
    spent = time.process_time() - began
    starts = np.arange(0, len(ids["test"]) - LENGTH, NEAR)
    costs = bits(model, *windows(ids["test"], starts))
    return {
        # Each character once, and each with at least so many before it.
        "bits": float(costs[:, NEAR:].mean()),
        "bits by characters read": costs.mean(axis=0).round(4).tolist(),
        "parameters": model.count_params(),
        "CPU seconds": round(spent, 1),
    }


EXPERIMENT = Experiment(
    "What does it cost to guess the next character of Shakespeare?",
    {
        "n-grams": "counts of runs of 1 to 6 characters, interpolated",
        "gru": "a GRU of 143 units",
        "transformer": "a decoder of 2 layers, width 64",
    },
    measure,
)

"""What comes next in a session: five ways to say it.

Axes: `n` session, `t` place in a session, `v` vocabulary.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.tokens import START


def next_item_gru(vocabulary: int, width: int = 32, units: int = 64) -> keras.Model:
    """A GRU between an embedding and a layer of logits.

    Args:
        vocabulary: Number of ids.
        width: Width of the embedding.
        units: Units of the GRU.
    """
    return keras.Sequential(
        [
            keras.layers.Embedding(vocabulary, width),
            keras.layers.GRU(units, return_sequences=True),
            keras.layers.Dense(vocabulary),
        ]
    )


def forecast(
    kind: str,
    seen: np.ndarray,
    asked: np.ndarray,
    vocabulary: int,
    train: Callable[..., Any],
    epochs: int = 12,
) -> np.ndarray:
    """A score for each next item, `[n, t, v]`: place `t` forecasts item `t`.

    Args:
        kind: `"popularity"`, `"Markov"`, `"GRU"`, `"attention"` with relative
            positions, or with `"sinusoids"`.
        seen: Sessions to learn from, ids `[n, t]`.
        asked: Sessions to forecast, each item from those before.
        vocabulary: Number of ids, `v`.
        train: Called with a model, its inputs, its labels and the epochs.
        epochs: Passes through the sessions.
    """
    popular = np.bincount(seen.ravel(), minlength=vocabulary) / seen.size
    if kind == "popularity":
        return np.broadcast_to(popular, (*asked.shape, vocabulary))
    if kind == "Markov":  # who followed whom; where nobody did, what is popular
        follows = np.tile(popular, (vocabulary, 1))
        np.add.at(follows, (seen[:, :-1], seen[:, 1:]), 1)
        first = np.broadcast_to(popular, (len(asked), 1, vocabulary))
        return np.concatenate([first, follows[asked[:, :-1]]], axis=1)
    model = next_item_gru(vocabulary)
    if kind != "GRU":
        positions = {"attention": "relative", "sinusoids": "sinusoidal"}[kind]
        sizes = {"positions": positions, "max_length": 32, "causal": True}
        model = LanguageModel(Backbone(vocabulary, 32, 2, 2, 128, **sizes))
    read, now = (
        np.pad(each[:, :-1], ((0, 0), (1, 0)), constant_values=START)
        for each in (seen, asked)
    )
    train(model, read, seen, epochs=epochs)
    return model.predict(now, verbose=0)

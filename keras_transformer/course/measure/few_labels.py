"""Classifying with few labels: which are drawn, what is read, how it is tuned.

Axes: `b` sentence, `t` position, `w` width, `v` vocabulary.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.course.measure.fresh import fresh_start
from keras_transformer.tokens.reserved import END, PADDING


def drawn(labels: np.ndarray, each: int, seed: int) -> np.ndarray:
    """So many examples of each class, drawn at random; fewer where there are no more.

    Args:
        labels: The class of each example, integers `[b]`.
        each: How many of each.
        seed: Seed of the draw.

    Returns:
        Their places, integers.

    Example:
        >>> drawn(np.array([0, 1, 0, 1]), each=1, seed=1).tolist()
        [0, 1]
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    first = [shuffled[labels[shuffled] == kind][:each] for kind in np.unique(labels)]
    return np.concatenate(first)


def bag_of_words(ids: np.ndarray, vocabulary: int) -> np.ndarray:
    """How often a sentence has each word, without reserved ids, float `[b, v]`.

    Args:
        ids: Token ids, integers `[b, t]`.
        vocabulary: Number of tokens, `v`.

    Example:
        >>> bag_of_words(np.array([[1, 4, 3, 4, 0]]), 5).tolist()
        [[0.0, 0.0, 0.0, 1.0, 2.0]]
    """
    counts = np.zeros((len(ids), vocabulary))
    for row, sentence in zip(counts, ids, strict=True):
        np.add.at(row, sentence[sentence > END], 1)
    return counts


def mean_vectors(backbone: Any, ids: np.ndarray) -> np.ndarray:
    """The mean of an encoder's vectors over the real tokens, float `[b, w]`.

    Args:
        backbone: A `Backbone`.
        ids: Token ids, integers `[b, t]`.
    """
    kept = (ids != PADDING)[..., None]
    parts = [
        ops.convert_to_numpy(backbone(ids[i : i + 512]))
        for i in range(0, len(ids), 512)
    ]
    return np.sum(np.concatenate(parts) * kept, axis=1) / np.sum(kept, axis=1)


def linear_accuracy(train: tuple, test: tuple) -> float:
    """Share of right answers of scikit-learn's logistic regression.

    Args:
        train: Features `[b, w]` and classes `[b]` to learn from.
        test: Likewise, to be judged by.
    """
    from sklearn.linear_model import LogisticRegression

    return float(LogisticRegression(max_iter=300).fit(*train).score(*test))


def tune(
    model: keras.Model,
    ids: np.ndarray,
    labels: np.ndarray,
    steps: int,
    rows: int = 30,
    seed: int = 1,
) -> None:
    """Train a compiled model for so many steps, whatever the number of examples.

    Args:
        model: The model.
        ids: Token ids, integers `[b, t]`.
        labels: The class of each sentence, integers `[b]`.
        steps: Number of steps.
        rows: Sentences of a batch; all come by before one comes again.
        seed: Seed of their order.
    """
    random = np.random.default_rng(seed)
    passes = -(-steps * rows // len(ids))
    order = np.concatenate([random.permutation(len(ids)) for _ in range(passes)])
    for step in range(steps):
        batch = order[step * rows : (step + 1) * rows]
        model.train_on_batch(ids[batch], labels[batch])


def tuned_accuracy(
    model: keras.Model,
    make: Any,
    start: list | None,
    train: tuple,
    test: tuple,
    steps: int,
    seed: int,
    rows: int = 30,
) -> float:
    """Share of right answers of a classifier after fine-tuning.

    Args:
        model: A compiled `Classifier`; it is given fresh weights.
        make: Makes another of its kind, built.
        start: Weights of the backbone to begin with, or None for random ones.
        train: Token ids and classes to learn from.
        test: Likewise, to be judged by.
        steps: Number of steps.
        seed: Seed of the fresh weights and of the order.
        rows: Sentences of a batch.
    """
    fresh_start(model, make, seed)
    if start is not None:
        model.backbone.set_weights(start)
    tune(model, *train, steps, rows, seed)
    said = model.predict(test[0], batch_size=512, verbose=0)
    return float(np.mean(said.argmax(1) == test[1]))

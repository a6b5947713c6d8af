"""What a model learns of its training set, and what of that holds elsewhere."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_transformer.course.measure.fresh import reseed


class LearningCurves(NamedTuple):
    """Losses while several models learn, each measured with dropout off."""

    epochs: np.ndarray  # [check]
    training: np.ndarray  # [seed, check]
    validation: np.ndarray  # [seed, check]

    def validation_at(self, training_loss: float) -> np.ndarray:
        """The validation loss at the moment when the training loss is so low.

        Models that learn at different speeds are compared at what they have learned,
        not at an epoch. Between two checks the curve is straight.

        Args:
            training_loss: The training loss.

        Returns:
            Float `[seed]`; NaN where it never gets so low.

        Example:
            >>> curves = LearningCurves(
            ...     np.array([1, 2]), np.array([[3.0, 1.0]]), np.array([[4.0, 3.0]])
            ... )
            >>> curves.validation_at(2.0).tolist()
            [3.5]
        """
        found = []
        for train, valid in zip(self.training, self.validation, strict=True):
            low = np.flatnonzero(train <= training_loss)
            if not len(low):
                found.append(np.nan)
                continue
            i = low[0]
            if i == 0:
                found.append(valid[0])
                continue
            share = (train[i - 1] - training_loss) / (train[i - 1] - train[i])
            found.append(valid[i - 1] + share * (valid[i] - valid[i - 1]))
        return np.array(found)


def learning_curves(
    model: keras.Model,
    training: tuple,
    validation: tuple,
    seeds: Sequence[int] = (1, 2, 3),
    epochs: int = 40,
    batch_size: int = 64,
    every: int = 4,
) -> LearningCurves:
    """Train a model from its beginning, once for each seed, and look at both sides.

    Args:
        model: A built and compiled model; its weights and its optimizer are changed.
        training: `(inputs, labels)`: arrays, or a dict of arrays, a row an example.
        validation: Likewise; never trained on.
        seeds: Seeds of initial weights, of dropout and of the order of examples.
        epochs: Passes over the training set.
        batch_size: Examples a batch; what is left over is left out of that pass.
        every: Epochs between two checks.

    Returns:
        The loss over the whole of each side after every check, by the model's own
        loss, without dropout.

    Raises:
        ValueError: If a batch is larger than there are examples, or there are fewer
            epochs than between two checks.
    """
    inputs, labels = training
    if not 0 < batch_size <= len(labels):
        raise ValueError(
            f"batch_size must be from 1 to the number of examples, {len(labels)}, "
            f"got {batch_size}"
        )
    if not 0 < every <= epochs:
        raise ValueError(f"every must be from 1 to epochs, {epochs}, got {every}")
    model.optimizer.build(model.trainable_variables)
    unused = [ops.convert_to_numpy(v).copy() for v in model.optimizer.variables]
    losses = []
    for seed in seeds:
        reseed(seed)
        fresh = type(model).from_config(model.get_config())
        if not fresh.built:
            fresh.build()
        model.set_weights(fresh.get_weights())
        for variable, value in zip(model.optimizer.variables, unused, strict=True):
            variable.assign(value)
        random = np.random.default_rng(seed)
        checks = []
        for epoch in range(1, epochs + 1):
            order = random.permutation(len(labels))
            for first in range(0, len(labels) - batch_size + 1, batch_size):
                some = order[first : first + batch_size]
                batch = keras.tree.map_structure(lambda x, some=some: x[some], inputs)
                model.train_on_batch(batch, labels[some])
            if epoch % every == 0:
                checks.append([_loss(model, *side) for side in (training, validation)])
        losses.append(checks)
    training_losses, validation_losses = np.moveaxis(np.array(losses), -1, 0)
    epochs_checked = np.arange(every, epochs + 1, every)
    return LearningCurves(epochs_checked, training_losses, validation_losses)


def _loss(model, inputs, labels) -> float:
    model.reset_metrics()
    loss = model.test_on_batch(inputs, labels, return_dict=True)["loss"]
    model.reset_metrics()
    return float(loss)

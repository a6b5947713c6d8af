"""One compiled step for each shape of batch: a run goes on with the same numbers."""

import keras
import numpy as np

from keras_transformer.system.devices import replicas
from keras_transformer.training.data_parallel import fill_rows, own_rows


class Programs:
    """Trains and tests a compiled model, with a program of its own for each shape.

    Keras lets TensorFlow relax a program when it meets a second shape: lengths that
    were static become unknown, recurrences that were unrolled become loops, and which
    program a shape gets depends on the order in which the shapes came. With one
    program a shape every length stays static, and a run that is resumed with another
    bucket computes the same numbers.

    Where several devices share a batch, empty rows fill it up to a multiple of them,
    and each host computes the rows of its own.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        self._made: dict[tuple, object] = {}
        self._replicas = replicas()

    def train(
        self, inputs: dict[str, np.ndarray], labels: np.ndarray
    ) -> dict[str, float]:
        """One step of training; returns loss and metrics of the batch."""
        return self._run("train", inputs, labels)

    def test(
        self, inputs: dict[str, np.ndarray], labels: np.ndarray
    ) -> dict[str, float]:
        """Loss and metrics of a batch."""
        return self._run("test", inputs, labels)

    def _run(self, kind, inputs, labels):
        inputs = {name: self._rows(array) for name, array in inputs.items()}
        labels = self._rows(labels)
        name = f"{kind}_function"
        shape = (kind, *(inputs[side].shape for side in sorted(inputs)), labels.shape)
        setattr(self.model, name, self._made.get(shape))  # None is made anew by Keras
        step = getattr(self.model, f"{kind}_on_batch")
        logs = step(inputs, labels, return_dict=True)
        self._made[shape] = getattr(self.model, name)
        return logs

    def _rows(self, array):
        return own_rows(fill_rows(array, self._replicas))

"""What `fit` and `Run` ask of the batches of an epoch."""

import abc
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np


class Batches(keras.utils.PyDataset, abc.ABC):
    """Batches by epoch and place, which `model.fit` takes as they are.

    An epoch is a function of a seed and its number alone, so that a run that was
    interrupted finds its place again. `fit` asks for one after the other, and has every
    epoch in another order, which Keras shuffles once more with Python's `random`, as it
    does with every `PyDataset`; with `fit(…, shuffle=False)` the seed decides alone.

    Args:
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size`, as every
            `PyDataset` takes them. One thread makes the batches whatever they say:
            that is a matter of microseconds, and where Keras 3.15.1 builds a model
            from a batch, its queue of several workers serves some pairs of the first
            epoch twice and others not at all.
    """

    def __init__(self, **kwargs: int | bool):
        super().__init__(**kwargs)
        self.epoch = 0

    @property
    def workers(self) -> int:
        """How many threads Keras shall make batches in: one."""
        return 1

    @property
    def use_multiprocessing(self) -> bool:
        """Whether Keras shall make batches in other processes: no."""
        return False

    @abc.abstractmethod
    def order(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """The batches of an epoch: length and members of each."""

    @abc.abstractmethod
    def batch(self, epoch: int, index: int) -> tuple[Any, np.ndarray]:
        """Inputs and labels of one batch.

        Args:
            epoch: The epoch, counted from 0.
            index: The batch within the epoch, counted from 0.
        """

    @abc.abstractmethod
    def fingerprint(self) -> str:
        """A hash of the data: equal for equal data in equal order."""

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        """A batch of the epoch that `fit` is in, as `batch` returns it."""
        return self.batch(self.epoch, self._turn(index))

    def _turn(self, index):
        """The place in `order` of a batch of `fit`: two lengths come first.

        Keras takes for fixed, on TensorFlow, what the first two batches have in common.
        """
        lengths = [length for length, _ in self.order(self.epoch)]
        second = next((i for i, n in enumerate(lengths) if n != lengths[0]), 1)
        return {1: second, second: 1}.get(index, index)

    def on_epoch_end(self) -> None:
        """Keras: an epoch is over; the next one has another order."""
        self.epoch += 1


def hashed(lengths: np.ndarray, sides: Iterable[Sequence[Sequence[int]]]) -> str:
    """A hash of sentences, equal for equal ones in equal order.

    Args:
        lengths: Their lengths.
        sides: The token ids of each side.
    """
    digest = hashlib.sha256(lengths.tobytes())
    for side in sides:
        for ids in side:
            digest.update(np.asarray(ids, "<i4").tobytes() + b"|")
    return digest.hexdigest()

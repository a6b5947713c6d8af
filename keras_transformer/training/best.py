"""The best weights that a run has had so far."""

import math
import pathlib
from collections.abc import Sequence

import keras
import numpy as np

from keras_transformer.training import checkpoint


class BestWeights:
    """Keeps the weights of the epoch with the best score, in memory and in `best.npz`.

    Args:
        folder: Where `best.npz` stands.
        monitor: Name of the deciding number: higher is better, except that a name
            ending in `cross_entropy` is better when lower.
    """

    def __init__(self, folder: pathlib.Path, monitor: str):
        self.path = pathlib.Path(folder) / "best.npz"
        self.monitor = monitor
        self.row: dict | None = None
        self.arrays: list[np.ndarray] | None = None

    def offer(self, row: dict, variables: Sequence[keras.Variable]) -> None:
        """Keep the values of the variables if this epoch is better than all before.

        Args:
            row: The epoch's row of the history. One without the deciding number, or
                where it is not finite, is never the best; of equals it is the first.
            variables: The variables of the model.
        """
        if self._is_better(row):
            self.row, self.arrays = row, checkpoint.values(variables)
            checkpoint.save_arrays(self.path, self.arrays, row)

    def _is_better(self, row):
        if not math.isfinite(row.get(self.monitor, math.nan)):
            return False
        if self.row is None:
            return True
        gain = row[self.monitor] - self.row[self.monitor]
        return gain < 0 if self.monitor.endswith("cross_entropy") else gain > 0

    def go_on(self, row: dict | None) -> None:
        """Read the weights of an interrupted run again, if it had any.

        Args:
            row: The row of its best epoch, as the checkpoint holds it.
        """
        self.row = row
        if row is not None:
            self.arrays, _ = checkpoint.load_arrays(self.path)

    def epochs_since(self, epoch: int) -> int:
        """How many of so many epochs came after the best; 0 while there is none."""
        return 0 if self.row is None else epoch - self.row["epoch"]

    def leave_in(self, variables: Sequence[keras.Variable]) -> None:
        """Put the best values into the variables, if there are any."""
        if self.arrays is not None:
            checkpoint.assign(variables, self.arrays, self.path)

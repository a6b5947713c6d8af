"""The best weights that a run has had so far."""

import math
import pathlib
from collections.abc import Sequence

import keras
import numpy as np

from keras_transformer.system.hosts import is_first
from keras_transformer.training import checkpoint
from keras_transformer.training.finite import require_finite_arrays
from keras_transformer.training.identity import require_same


class BestWeights:
    """Keeps the weights of the epoch with the best score, in memory and in `best.npz`.

    Of two epochs with the same score the one with the lower `valid_cross_entropy` is
    better: a score may be flat, as BLEU is 0 as long as no four words are right.

    Args:
        folder: Where `best.npz` stands.
        monitor: Name of the deciding number: higher is better, except that a name
            ending in `cross_entropy` is better when lower.
        identity: What the weights belong to, fit for JSON.
    """

    def __init__(self, folder: pathlib.Path, monitor: str, identity: dict):
        self.path = pathlib.Path(folder) / "best.npz"
        self.monitor = monitor
        self.identity = identity
        self.row: dict | None = None
        self.arrays: list[np.ndarray] | None = None

    def offer(self, row: dict, variables: Sequence[keras.Variable]) -> None:
        """Keep the values of the variables if this epoch is better than all before.

        Args:
            row: The epoch's row of the history. One without the deciding number, or
                where it is not finite, is never the best; of equals it is the first.
            variables: The variables of the model.

        Raises:
            NotFiniteError: If one of them is not finite.
        """
        if self._is_better(row):
            arrays = checkpoint.values(variables)
            require_finite_arrays(variables, arrays, f"after epoch {row['epoch']}")
            self.row, self.arrays = row, arrays
            if is_first():
                about = {"row": row, "identity": self.identity}
                checkpoint.save_arrays(self.path, self.arrays, about)

    def _is_better(self, row):
        if not math.isfinite(_number(row, self.monitor)):
            return False
        return self.row is None or self._rank(row) < self._rank(self.row)

    def _rank(self, row):
        """The lower the better."""
        deciding = row[self.monitor]
        if not self.monitor.endswith("cross_entropy"):
            deciding = -deciding
        return deciding, _number(row, "valid_cross_entropy", math.inf)

    def go_on(self, row: dict | None, most: float = math.inf) -> None:
        """Read the weights of an interrupted run again, if it had any.

        Args:
            row: The row of its best epoch, as the checkpoint holds it.
            most: How many bytes the weights may have.

        Raises:
            CheckpointError: If they are missing, damaged, or of another run.
        """
        self.row = row
        if row is not None:
            advice = (
                "checkpoint.npz goes on from it: bring it back, or delete both to "
                "start from the beginning"
            )
            self.arrays, about = checkpoint.load_arrays(self.path, most, advice)
            require_same(self.path, about.get("identity"), self.identity)

    def epochs_since(self, epoch: int) -> int:
        """How many of so many epochs came after the best; 0 while there is none."""
        return 0 if self.row is None else epoch - self.row["epoch"]

    def leave_in(self, variables: Sequence[keras.Variable]) -> None:
        """Put the best values into the variables, if there are any."""
        if self.arrays is not None:
            checkpoint.assign(variables, self.arrays, self.path)


def _number(row, name, default=math.nan):
    number = row.get(name)
    return default if number is None else number

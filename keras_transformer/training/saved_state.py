"""The variables of a run on disk, with what says where in the data it is."""

import math
import pathlib
from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np

from keras_transformer.system.hosts import agree, is_first
from keras_transformer.training import checkpoint
from keras_transformer.training.finite import require_finite_arrays
from keras_transformer.training.identity import require_same

# What a run says of itself. Another version may say other things.
_SAID = {
    "epoch": int,
    "index": int,
    "measured": dict,
    "history": list,
    "seconds": int | float,
    "best": dict | None,
    "stopped": bool,
}


class SavedState:
    """The checkpoint of a run: finite numbers, bound to what they belong to.

    Args:
        path: The `.npz` file.
        variables: Returns the variables of model and optimizer.
        identity: What must agree for the run to go on, fit for JSON.
    """

    def __init__(
        self,
        path: pathlib.Path,
        variables: Callable[[], Sequence[keras.Variable]],
        identity: dict,
    ):
        self.path = path
        self.variables = variables
        self.identity = identity

    @property
    def nbytes(self) -> int:
        """The size of a checkpoint, but for what is written around the numbers."""
        return sum(4 * math.prod(variable.shape) for variable in self.variables())

    @property
    def most(self) -> int:
        """More than a checkpoint ever has: some numbers take 8 bytes."""
        return 2 * self.nbytes

    def values(self, where: str, pairs: Iterable[int] = ()) -> list[np.ndarray]:
        """The values of all variables, each of them finite.

        Args:
            where: When they are taken, for the error.
            pairs: The pairs of the batch before.

        Raises:
            NotFiniteError: If one of them is not.
        """
        variables = self.variables()
        arrays = checkpoint.values(variables)
        require_finite_arrays(variables, arrays, where, pairs)
        return arrays

    def save(self, about: dict, where: str, pairs: Iterable[int] = ()) -> None:
        """Write the variables; of several hosts the first does.

        Args:
            about: Where the run is, fit for JSON.
            where: When that is, for the error.
            pairs: The pairs of the batch before.

        Raises:
            NotFiniteError: If a variable is not finite; the old file stays.
        """
        arrays = self.values(where, pairs)
        if is_first():
            about = {**about, "identity": self.identity}
            checkpoint.save_arrays(self.path, arrays, about)

    def load(self) -> dict | None:
        """Put what was saved into the variables; `None` if nothing was.

        Returns:
            What `save` was told.

        Raises:
            CheckpointError: If the file is damaged, or belongs to another run.
            ValueError: If several hosts do not see one run and one file.
        """
        arrays, about = self._read()
        agree(**self.identity, checkpoint=about)
        if about is not None:
            checkpoint.assign(self.variables(), arrays, self.path)
        return about

    def _read(self):
        if not self.path.exists():
            return None, None
        arrays, about = checkpoint.load_arrays(self.path, self.most)
        require_same(self.path, about.pop("identity", None), self.identity)
        for name, kind in _SAID.items():
            if name not in about or not isinstance(about[name], kind):
                raise checkpoint.CheckpointError(
                    f"{self.path} is of another version: it does not say {name} as "
                    "this one does; train into another folder, or delete it"
                )
        return arrays, about

"""A number that is not finite is the end of a run: nothing of it is written."""

import math
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

SHOWN = 12  # pairs of a batch that an error names


class NotFiniteError(ValueError):
    """A loss, or a weight, has become NaN or infinite.

    Args:
        what: What has.
        where: When.
        pairs: The pairs of the batch, counted from 0.
    """

    def __init__(self, what: str, where: str, pairs: Iterable[int] = ()):
        self.pairs = sorted(map(int, pairs))
        shown = ", ".join(str(pair + 1) for pair in self.pairs[:SHOWN])
        more = ", …" if len(self.pairs) > SHOWN else ""
        super().__init__(
            f"{what} {where}"
            + (f" (training pairs {shown}{more})" if shown else "")
            + "; the run stops, and its folder keeps the weights of before: train anew "
            "with a lower peak_learning_rate or clip_norm"
        )


def require_finite(
    numbers: Mapping[str, float], where: str, pairs: Iterable[int] = ()
) -> None:
    """Stop where a number is not finite.

    Args:
        numbers: The numbers, by name.
        where: When they were measured, for the error.
        pairs: The pairs of the batch, counted from 0.

    Raises:
        NotFiniteError: Naming the number, when, and the pairs.
    """
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise NotFiniteError(f"{name} is {float(number)}", where, pairs)


def require_finite_arrays(
    variables: Sequence[keras.Variable],
    arrays: Sequence[np.ndarray],
    where: str,
    pairs: Iterable[int] = (),
) -> None:
    """Stop where a weight, or what the optimizer remembers of it, is not finite.

    Args:
        variables: The variables, for their names.
        arrays: Their values.
        where: When they were taken, for the error.
        pairs: The pairs of the batch before, counted from 0.

    Raises:
        NotFiniteError: Naming the variable, when, and the pairs.
    """
    for variable, array in zip(variables, arrays, strict=True):
        # Of bfloat16, an extension dtype, NumPy knows no kind, but what is finite.
        if array.dtype.kind in "fV" and not np.isfinite(array).all():
            what = f"{variable.path} holds NaN or infinity"
            raise NotFiniteError(what, where, pairs)

"""A number that is not finite is the end of a run: nothing of it is written."""

import math
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

SHOWN = 12  # pairs of a batch that an error names


class NotFiniteError(ValueError):
    """A loss, or a weight, has become NaN or infinite."""


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
            raise NotFiniteError(_told(f"{name} is {float(number)}", where, pairs))


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
            raise NotFiniteError(
                _told(f"{variable.path} holds NaN or infinity", where, pairs)
            )


def _told(what, where, pairs):
    pairs = sorted(int(pair) + 1 for pair in pairs)
    shown = ", ".join(map(str, pairs[:SHOWN])) + (", …" if len(pairs) > SHOWN else "")
    return (
        f"{what} {where}"
        + (f" (training pairs {shown})" if pairs else "")
        + "; the run stops, and its folder keeps the weights of before: train anew "
        "with a lower peak_learning_rate or clip_norm"
    )

"""Laws of making a model smaller: which weights go, and what fewer bits do to them.

Pruning is `(matrices, share) → masks`, booleans for what stays, one threshold for all
matrices together; quantization is `(weights [n, m], bits) → (codes [n, m], steps)`, a
step for each column.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import numbers, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def _matrices():
    return [numbers(4, 5, seed=3), 0.1 * numbers(3, 7, seed=4), numbers(6, 2, seed=5)]


def masked(pruning: Subject, matrices: list, share: float) -> list[Any]:
    """What stays of some matrices, as booleans of their shapes."""
    made = pruning(matrices=matrices, share=share)
    shapes = [matrix.shape for matrix in matrices]
    if not isinstance(made, list | tuple) or [np.shape(m) for m in made] != shapes:
        got = [np.shape(part) for part in made]
        raise LawBroken(f"for matrices of shapes {shapes} it returned masks of {got}")
    return [np.asarray(mask) != 0 for mask in made]


def _gone(masks):
    return sum(int((~mask).sum()) for mask in masks)


@law("pruning")
def as_many_weights_go_as_were_asked_for(pruning: Subject) -> None:
    """Of all weights together the share goes that was asked for."""
    for share in (0.0, 0.3, 0.8):
        gone = _gone(masked(pruning, _matrices(), share))
        if not abs(gone - 53 * share) < 1:  # rounded down or up
            raise LawBroken(f"of 53 weights {gone} go at a share of {share}")


@law("pruning")
def no_weight_that_stays_is_smaller_than_one_that_goes(pruning: Subject) -> None:
    """In whatever matrix they are, the smallest go."""
    matrices = _matrices()
    masks = masked(pruning, matrices, 0.5)
    sizes = np.concatenate([np.abs(matrix).ravel() for matrix in matrices])
    stays = np.concatenate([mask.ravel() for mask in masks])
    if stays.all() or not stays.any():
        raise LawBroken("at a share of 0.5 all weights stay, or none does")
    largest, smallest = sizes[~stays].max(), sizes[stays].min()
    if largest > smallest:
        raise LawBroken(
            f"a weight of size {show(largest)} goes while {show(smallest)} stays"
        )


@law("pruning")
def a_sign_does_not_decide_who_goes(pruning: Subject) -> None:
    """With every sign turned the same weights stay."""
    here = masked(pruning, _matrices(), 0.5)
    there = masked(pruning, [-matrix for matrix in _matrices()], 0.5)
    moved = sum(int((a != b).sum()) for a, b in zip(here, there, strict=True))
    if moved:
        raise LawBroken(f"with every sign turned, {moved} of 53 are judged otherwise")


@law("pruning")
def of_equal_weights_only_the_share_goes(pruning: Subject) -> None:
    """Where many weights are equally large, still only so many go."""
    equal = [np.full((2, 5), 0.5, "float32"), np.full((3, 2), -0.5, "float32")]
    gone = _gone(masked(pruning, equal, 0.25))
    if gone != 4:
        raise LawBroken(f"of 16 equal weights {gone} go at a share of 0.25, not 4")


def coded(quantization: Subject, weights: Any, bits: int) -> tuple[Any, Any]:
    """Codes, and what they stand for, both `[n, m]`."""
    codes, steps = quantization(weights=weights, bits=bits)
    codes = np.asarray(codes, "float64")
    if codes.shape != weights.shape:
        raise LawBroken(f"{weights.shape} weights have codes of shape {codes.shape}")
    return codes, codes * np.reshape(np.asarray(steps, "float64"), (1, -1))


def _weights():
    columns = numbers(7, 4, seed=6) * np.array([1.0, 0.02, 5.0, 0.3], "float32")
    columns[2] = 0.0
    columns[:, 3] = -np.abs(columns[:, 3])  # its largest is negative
    return columns


def _steps(weights, bits):
    return np.abs(weights).max(axis=0) / (2 ** (bits - 1) - 1)


@law("quantization")
def a_weight_comes_back_within_half_a_step(quantization: Subject) -> None:
    """Codes times steps are the weights, but for half a step of their column."""
    for bits in (8, 4):
        weights = _weights()
        _, back = coded(quantization, weights, bits)
        error = (np.abs(back - weights) / _steps(weights, bits)).max()
        if not error < 0.5 + 1e-3:
            raise LawBroken(f"with {bits} bits a weight is {show(error)} steps off")


@law("quantization")
def a_code_is_an_integer_of_so_many_bits(quantization: Subject) -> None:
    """With 8 bits codes are integers from -127 to 127, with 4 from -7 to 7."""
    for bits in (8, 4):
        codes, _ = coded(quantization, _weights(), bits)
        most = 2 ** (bits - 1) - 1
        if not np.array_equal(codes, np.round(codes)) or np.abs(codes).max() > most:
            worst = codes.ravel()[np.abs(codes).argmax()]
            raise LawBroken(
                f"with {bits} bits there is a code of {show(worst)}, or one that is no "
                "integer"
            )


@law("quantization")
def each_column_uses_the_whole_range(quantization: Subject) -> None:
    """The largest weight of each column has the largest code, whatever its sign."""
    codes, _ = coded(quantization, _weights(), 8)
    used = np.abs(codes).max(axis=0)
    if not np.allclose(used, 127):
        raise LawBroken(f"the largest codes of the columns are {used.tolist()}")


@law("quantization")
def zero_stays_zero(quantization: Subject) -> None:
    """A weight of 0 comes back as 0, in a column of zeros too."""
    weights = _weights()
    weights[:, 1] = 0.0
    with np.errstate(all="ignore"):
        _, back = coded(quantization, weights, 8)
    if not np.all(back[weights == 0] == 0):  # NaN is not 0 either
        raise LawBroken(f"zeros come back as {back[weights == 0].tolist()}")

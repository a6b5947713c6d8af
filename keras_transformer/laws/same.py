"""Equal results: a candidate against a reference on the same inputs."""

import inspect
from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.comparisons import comparisons
from keras_transformer.laws.inputs import show
from keras_transformer.laws.likely import likely_rule
from keras_transformer.laws.subject import instance, subject
from keras_transformer.laws.twins import pairings, same_weights


def same_as(
    candidate: Any, reference: Any, kind: str | None = None, traits: Any = None
) -> None:
    """Require equal results on the same inputs, with the same weights.

    Args:
        candidate: What is judged.
        reference: A layer, a class that needs no arguments, or a function.
        kind: Kind of both.
        traits: Traits of both.

    Raises:
        LawBroken: If a result differs; with the largest difference.
        NotApplicable: If the two cannot be compared.
    """
    if inspect.isclass(reference):
        try:
            reference = instance(reference)
        except LawBroken:
            raise NotApplicable(
                "the reference cannot be built without options"
            ) from None
    reference = subject(reference, kind, traits)
    candidate = subject(candidate, kind or reference.kind, traits or reference.traits)
    nearest, tolerance = None, 5 * candidate.tolerance
    for pairing in pairings(reference, candidate, _once):
        found = _farthest(candidate, reference, pairing)
        if nearest is None or found[0] < nearest[0]:
            nearest = *found, pairing
        if nearest[0] <= tolerance:
            return
    largest, seen, pairing = nearest
    where = ", ".join(str(int(i)) for i in seen)
    raise LawBroken(
        f"the largest difference from {_name(reference.candidate)} is "
        f"{show(largest)}, at index [{where}]"
        + _explained(candidate, reference, pairing, tolerance)
    )


def _explained(candidate, reference, pairing, tolerance):
    """Which rule explains it, asked with what is compared first."""
    same_weights(reference, candidate, pairing)
    ask, _ = next(comparisons(reference))
    return likely_rule(reference, ask(candidate), ask(reference), ask, tolerance)


def _once(judged):
    """Build it, by its first comparison."""
    ask, _ = next(comparisons(judged))
    ask(judged)


def _farthest(candidate, reference, pairing):
    """The largest difference, and where it is."""
    same_weights(reference, candidate, pairing)
    largest, seen = 0.0, ()
    for number, (ask, view) in enumerate(comparisons(reference)):
        try:
            got = ask(candidate)
        except NotApplicable:
            if number == 0:
                raise
            continue  # it takes no mask, or no offset
        wanted = ask(reference)
        pairs = zip(_parts(got), _parts(wanted), strict=False)
        if len(_parts(got)) < len(_parts(wanted)):
            raise LawBroken(f"it returns {len(_parts(got))} results of the reference's")
        for mine, theirs in pairs:
            far = _difference(view(mine), view(theirs))
            if far.max(initial=0) > largest:
                largest = float(far.max())
                seen = np.unravel_index(far.argmax(), far.shape)
    return largest, seen


def _parts(result):
    several = isinstance(result, tuple | list)
    return [np.asarray(part) for part in (result if several else [result])]


def _name(reference):
    if inspect.isroutine(reference):
        return reference.__name__
    return type(reference).__name__


def _difference(got, wanted):
    if got.shape != wanted.shape:
        try:
            got = np.broadcast_to(got, wanted.shape)
        except ValueError:
            raise LawBroken(
                f"the result has shape {got.shape}, the reference's {wanted.shape}"
            ) from None
    if got.dtype.kind in "fc" or wanted.dtype.kind in "fc":
        got, wanted = got.astype("float64"), wanted.astype("float64")
    # Where both are infinite, as what is filtered out, they are equal.
    far = np.where(
        got == wanted, 0.0, np.abs(np.subtract(got, wanted, dtype="float64"))
    )
    if np.isnan(far).any():
        raise LawBroken("the result holds NaN where the reference holds numbers")
    return far

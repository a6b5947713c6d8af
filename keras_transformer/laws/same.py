"""Equal results: a candidate against a reference on the same inputs."""

import inspect
from typing import Any

import numpy as np

from keras_transformer.laws import blocks
from keras_transformer.laws import inputs as probes
from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import inputs
from keras_transformer.laws.inputs import BATCH, KEYS, QUERIES, WIDTH, numbers
from keras_transformer.laws.subject import Subject, instance, subject

_IDS = np.array([[5, 9, 0, 0, 0], [3, 4, 7, 2, 0]])
_LABELS = np.array([[3, 2, 0, 0], [5, 1, 4, 6]])


def _as_it_is(result):
    return result


def _in_order(result):
    """Weights of a query from small to large: of equal scores any may be chosen."""
    return np.sort(result, -1)


def _calls(judged):
    """Calls by role that show what a candidate does, each with the view to compare."""
    kind = judged.kind
    if kind == "score":
        query, key = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, WIDTH, seed=1)
        yield {"query": query, "key": key}, _as_it_is
    elif kind == "weighting":
        scores = numbers(BATCH, QUERIES, KEYS, scale=2.0)
        yield {"scores": scores}, _as_it_is
        yield {"scores": np.sign(scores)}, _in_order
        yield {"scores": 0 * scores, "mask": probes.blind_mask()}, _in_order
        yield {"scores": scores, "mask": probes.blind_mask()}, _as_it_is
    elif kind in ("attention", "multi_head"):
        yield inputs(), _as_it_is
        yield {**inputs(), "mask": probes.masks()["a scattered mask"]}, _as_it_is
    elif kind == "padding_mask":
        yield {"ids": _IDS}, _as_it_is
    elif kind == "causal_mask":
        yield {"query_length": 5}, _as_it_is
    elif kind == "positions":
        yield {"x": numbers(BATCH, KEYS, 8)}, _as_it_is
        yield {"x": numbers(BATCH, KEYS, 8), "offset": 3}, _as_it_is
    elif kind == "position_table":
        yield {"length": 11, "width": 8}, _as_it_is
    elif kind in blocks.BLOCKS:
        yield blocks.given(judged), _as_it_is
    elif kind == "feed_forward":
        yield {"x": numbers(BATCH, KEYS, 6)}, _as_it_is
    elif kind == "residual":
        x, y = numbers(BATCH, KEYS, 6), numbers(BATCH, KEYS, 6, seed=1)
        yield {"x": x, "y": y}, _as_it_is
    elif kind == "rotary":
        yield {"x": numbers(BATCH, 3, KEYS, 8)}, _as_it_is
        yield {"x": numbers(BATCH, 3, KEYS, 8), "offset": 3}, _as_it_is
    elif kind == "loss":
        yield {"labels": _LABELS, "logits": numbers(2, 4, 7)}, _as_it_is
    else:
        raise NotApplicable(f"nothing is compared for a {kind}")


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
    largest, seen = 0.0, None
    for number, (roles, view) in enumerate(_calls(reference)):
        try:
            got = candidate(**roles)
        except NotApplicable:
            if number == 0:
                raise
            continue  # it takes no mask, or no offset
        wanted = reference(**roles)
        if number == 0 and _copy_weights(reference, candidate):
            got, wanted = candidate(**roles), reference(**roles)
        far = _difference(*(view(_first(part)) for part in (got, wanted)))
        if far.max(initial=0) > largest:
            largest, seen = float(far.max()), np.unravel_index(far.argmax(), far.shape)
    if largest > 5 * candidate.tolerance:
        where = ", ".join(str(int(i)) for i in seen)
        raise LawBroken(
            f"the largest difference from {_name(reference.candidate)} is "
            f"{probes.show(largest)}, at index [{where}]"
        )


def _first(result):
    return np.asarray(result[0] if isinstance(result, tuple | list) else result)


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
    far = np.abs(got.astype("float64") - wanted.astype("float64"))
    if np.isnan(far).any():
        raise LawBroken("the result holds NaN where the reference holds numbers")
    return far


def _copy_weights(reference: Subject, candidate: Subject):
    if not reference.is_layer or not reference.candidate.weights:
        return False
    shapes = [tuple(weight.shape) for weight in reference.candidate.trainable_weights]
    if not candidate.is_layer or shapes != [
        tuple(weight.shape) for weight in candidate.candidate.trainable_weights
    ]:
        raise NotApplicable("its weights are laid out differently")
    reference.settled()
    candidate.settled()
    return True

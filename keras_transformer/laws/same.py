"""Equal results: a candidate against a reference on the same inputs."""

import inspect

import numpy as np

from keras_transformer.laws import blocks, probes
from keras_transformer.laws.attention import inputs
from keras_transformer.laws.law import LawBroken, NotApplicable
from keras_transformer.laws.probes import BATCH, KEYS, QUERIES, WIDTH, numbers
from keras_transformer.laws.subject import Subject, instance, subject

_IDS = np.array([[5, 9, 0, 0, 0], [3, 4, 7, 2, 0]])
_LABELS = np.array([[3, 2, 0, 0], [5, 1, 4, 6]])


def _calls(judged):
    """Calls by role that show what a candidate does."""
    kind = judged.kind
    if kind == "score":
        yield {
            "query": numbers(BATCH, QUERIES, WIDTH),
            "key": numbers(BATCH, KEYS, WIDTH, seed=1),
        }
    elif kind == "weighting":
        scores = numbers(BATCH, QUERIES, KEYS, scale=2.0)
        yield {"scores": scores}
        yield {"scores": scores, "mask": probes.blind_mask()}
    elif kind in ("attention", "multi_head"):
        yield inputs()
        yield {**inputs(), "mask": probes.masks()["a scattered mask"]}
    elif kind == "padding_mask":
        yield {"ids": _IDS}
    elif kind == "causal_mask":
        yield {"query_length": 5}
    elif kind == "positions":
        yield {"x": numbers(BATCH, KEYS, 8)}
    elif kind == "position_table":
        yield {"length": 11, "width": 8}
    elif kind in blocks.BLOCKS:
        yield blocks.given(judged)
    elif kind == "feed_forward":
        yield {"x": numbers(BATCH, KEYS, 6)}
    elif kind == "residual":
        yield {"x": numbers(BATCH, KEYS, 6), "y": numbers(BATCH, KEYS, 6, seed=1)}
    elif kind == "rotary":
        yield {"x": numbers(BATCH, 3, KEYS, 8)}
    elif kind == "loss":
        yield {"labels": _LABELS, "logits": numbers(2, 4, 7)}
    else:
        raise NotApplicable(f"nothing is compared for a {kind}")


def same_as(candidate, reference, kind=None, traits=None):
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
    for number, roles in enumerate(_calls(reference)):
        got, wanted = candidate(**roles), reference(**roles)
        if number == 0 and _copy_weights(reference, candidate):
            got, wanted = candidate(**roles), reference(**roles)
        got, wanted = (
            np.asarray(part[0] if isinstance(part, tuple | list) else part)
            for part in (got, wanted)
        )
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
        if far.max() > largest:
            largest, seen = (
                float(far.max()),
                np.unravel_index(np.argmax(far), far.shape),
            )
    if largest > 5 * candidate.tolerance:
        where = ", ".join(str(int(i)) for i in seen)
        raise LawBroken(
            f"the largest difference from {type(reference.candidate).__name__} is "
            f"{probes.show(largest)}, at index [{where}]"
        )


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

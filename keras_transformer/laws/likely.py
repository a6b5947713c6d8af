"""Which well-known mistake explains what was seen."""

from typing import Any

import numpy as np

from keras_transformer.laws.attention import contexts
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    QUERIES,
    WIDTH,
    alike,
    numbers,
    values,
)
from keras_transformer.laws.subject import Subject


def likely_rule(
    reference: Subject, got: Any, wanted: Any, ask: Any, tolerance: float
) -> str:
    """What the first answer of a candidate equals, other than the reference's.

    Nothing is guessed: a rule is named only if every number is what it gives.

    Args:
        reference: What the candidate claims to be like, with the candidate's weights.
        got: The candidate's answer.
        wanted: The reference's.
        ask: The question, to ask the reference again.
        tolerance: Allowed difference, relative to numbers above 1.

    Returns:
        The end of a message; empty where no rule is known, or none explains it.
    """
    rules = {}
    if "tempered score" in reference.traits:
        rules |= _multiplied(wanted)
    groups, heads = reference.get("num_key_value_heads"), reference.get("num_heads")
    if groups and heads and reference.has("query_projection", "output_projection"):
        rules |= _tiled(reference, heads, groups, ask)
    return alike(np.asarray(got, "float64"), rules, tolerance) if rules else ""


def _multiplied(wanted):
    query, key = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, WIDTH, seed=1)
    products = np.einsum("btd,bsd->bts", query.astype("float64"), key) / np.sqrt(WIDTH)
    name = "the score times the temperature; the reference divides by it"
    return {name: products**2 / np.asarray(wanted, "float64")}


def _tiled(reference, heads, groups, ask):
    """The reference's answer with each head in the place where it reads another group.

    Where keys and values are tiled, head h reads group h mod g. So among repeated ones
    its query, and what the output makes of its context, stand at such a place.
    """
    each = heads // groups
    places = [head % groups * each + head // groups for head in range(heads)]
    inner = reference.candidate
    kernel = inner.output_projection.kernel
    moved = [(w, -1) for w in inner.query_projection.trainable_weights] + [(kernel, 0)]
    kept = [values(weight) for weight, _ in moved]
    for (weight, axis), value in zip(moved, kept, strict=True):
        parts, split = np.split(value, heads, axis), [None] * heads
        for part, place in zip(parts, places, strict=True):
            split[place] = part
        weight.assign(np.concatenate(split, axis))
    made = ask(reference)
    for (weight, _), value in zip(moved, kept, strict=True):
        weight.assign(value)
    name = (
        f"what tiled keys and values give, head h reading group h mod {groups}; the "
        f"reference repeats them, and head h reads group h // {each}"
    )
    return {name: made}


def seen_by_the_blind(attend: Subject, given: dict[str, Any], got: Any) -> str:
    """What query 1 of sentence 0, which sees nothing, was given, if that can be told.

    Args:
        attend: What is judged.
        given: Query, value and key.
        got: The context of that query.
    """
    key = np.repeat(given["key"][:, :1], given["key"].shape[1], 1)
    cases = contexts(attend, given, {**given, "key": key})
    whole, shared = (made[:1, 1:2] for made in cases)
    rules = {
        "the mean of all values, as if all scores were equal": shared,
        "what it is without a mask": whole,
    }
    if seen := alike(got, rules, 10 * attend.tolerance):
        seen += (
            "; softmax reads differences of scores, so a large negative number on all "
            "of them hides none: multiply the weights by the mask after it"
        )
    return seen

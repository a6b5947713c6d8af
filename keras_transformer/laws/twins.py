"""The same weights in a candidate and in its reference, whatever they are named."""

import itertools
import re
from collections.abc import Callable, Iterator

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.inputs import values
from keras_transformer.laws.subject import Subject

MANY = 24
"""As many ways to tell weights of one shape apart are tried."""


def pairings(
    reference: Subject, candidate: Subject, build: Callable[[Subject], None]
) -> Iterator[list[int]]:
    """Which weight of the candidate may stand for each weight of the reference.

    Where the weights are named alike, or are laid out in one order of different shapes,
    there is one way. Else every way is tried: which of two matrices of one shape is the
    query's, no law can know, and a candidate is not accused on a guess.

    Args:
        reference: What the candidate claims to be like.
        candidate: What is judged.
        build: Builds a subject.

    Yields:
        For each trainable weight of the reference the number of one of the candidate's.

    Raises:
        NotApplicable: If the weights are others, or there are too many ways.
    """
    if not reference.is_layer:
        yield []
        return
    build(reference)
    theirs = reference.candidate.trainable_weights
    if not theirs:
        yield []
        return
    if not candidate.is_layer:
        raise NotApplicable("its weights are laid out differently")
    build(candidate)
    mine = candidate.candidate.trainable_weights
    shapes = [[tuple(w.shape) for w in side] for side in (theirs, mine)]
    if sorted(shapes[0]) != sorted(shapes[1]):
        raise NotApplicable("its weights are laid out differently")
    names = [[_name(w.path) for w in side] for side in (theirs, mine)]
    if names[0] == names[1]:
        yield list(range(len(mine)))
        return
    yield from _ways(*shapes)


def _ways(theirs, mine):
    """Every way to pair weights of one shape; in order first."""
    groups = {}
    for place, shape in enumerate(mine):
        groups.setdefault(shape, []).append(place)
    places = [[i for i, s in enumerate(theirs) if s == shape] for shape in groups]
    count = 1
    for group in groups.values():
        for factor in range(2, len(group) + 1):
            count *= factor
    if count > MANY:
        raise NotApplicable("its weights have other names: which is which is a guess")
    for orders in itertools.product(
        *(itertools.permutations(g) for g in groups.values())
    ):
        pairing = [0] * len(theirs)
        for wanted, order in zip(places, orders, strict=True):
            for place, found in zip(wanted, order, strict=True):
                pairing[place] = found
        yield pairing


def _name(path):
    """A weight's path without the name of the whole, and without Keras's numbers."""
    return re.sub(r"_\d+(?=/|$)", "", path.partition("/")[2])


def same_weights(reference: Subject, candidate: Subject, pairing: list[int]) -> None:
    """Give both the same numbers.

    Args:
        reference: The one whose weights are set first.
        candidate: The one that gets their values.
        pairing: As of `pairings`.
    """
    if not pairing:
        return
    reference.settled()
    mine = candidate.candidate.trainable_weights
    for weight, place in zip(
        reference.candidate.trainable_weights, pairing, strict=True
    ):
        mine[place].assign(values(weight))

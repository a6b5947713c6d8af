"""Laws of vectors for distances: `query [b, h, t, d] → [b, h, t, s]` for the scores."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import numbers, require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.positions import LENGTH
from keras_transformer.laws.subject import Subject

SHAPE = (2, 3, LENGTH, 8)
AXES = ("batch", "head", "query", "key")


def _added(vectors, query, **roles):
    vectors.built_by(lambda: vectors(query=numbers(*SHAPE)))
    return vectors(query=query, **roles)


@law("relative_vectors")
def vectors_answer_the_query_by_distance(vectors: Subject) -> None:
    """Equal queries get the same at the same distance; another query gets another."""
    alike = np.repeat(numbers(*SHAPE)[:, :, :1], LENGTH, 2)
    added = _added(vectors, alike)
    for distance in range(1 - LENGTH, LENGTH):
        diagonal = np.diagonal(added, distance, 2, 3)
        if (spread := np.ptp(diagonal, -1).max()) > 5 * vectors.tolerance:
            raise LawBroken(
                f"at distance {distance} what equal queries get varies by "
                f"{show(spread)}"
            )
    if np.ptp(added[0, 0, 0]) < 1e-3:
        raise LawBroken("every distance has the same vector")
    twice = _added(vectors, 2 * alike)
    what = "of queries twice as long, what is added"
    require_equal(twice, 2 * added, AXES, what, 20 * vectors.tolerance)


@law("relative_vectors")
def far_distances_share_a_vector(vectors: Subject) -> None:
    """From max_distance on all keys on one side of a query get the same."""
    far = vectors.option("max_distance")
    if far is None or far > LENGTH // 2:
        raise NotApplicable(f"no distance of {LENGTH} positions is that far")
    added = _added(vectors, numbers(*SHAPE))
    past, to_come = added[:, :, -1, : LENGTH - far], added[:, :, 0, far:]
    for side, row in (("before", past), ("after", to_come)):
        if (spread := np.ptp(row, -1).max()) > vectors.tolerance:
            raise LawBroken(
                f"from max_distance={far} on, what keys {side} a query get varies by "
                f"{show(spread)}"
            )
    apart = np.abs(added[:, :, far, 0] - added[:, :, far, 2 * far]).max()
    if apart < 1e-3:
        raise LawBroken("keys far before a query get what keys far after it get")


@law("relative_vectors")
def vectors_continue_at_an_offset(vectors: Subject) -> None:
    """Queries from position 4 on get what they get within the whole."""
    query = numbers(*SHAPE)
    whole = _added(vectors, query)[:, :, 4:]
    part = vectors(query=query[:, :, 4:], key_length=LENGTH, offset=4)
    what = "from offset 4 on, what is added"
    require_equal(part, whole, AXES, what, 5 * vectors.tolerance)

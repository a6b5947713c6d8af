"""Laws of score rules: `(query, key) → scores [..., t, s]`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    QUERIES,
    SCORES,
    WIDTH,
    numbers,
    require_equal,
    require_finite,
    require_shape,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def pair(
    seed: int | None = 0, queries: int = QUERIES, keys: int = KEYS, width: int = WIDTH
) -> Any:
    """A query and a key of one width."""
    query = numbers(BATCH, queries, width, seed=seed)
    return query, numbers(BATCH, keys, width, seed=seed + 1)


def ready(score: Subject, width: int = WIDTH) -> Any:
    """Built for these inputs, with the same weights every time."""
    query, key = pair(width=width)
    return score.built_by(lambda: score(query=query, key=key), width)


@law("score")
def every_query_scores_every_key(score: Subject) -> None:
    """There is one score for each query and each key, and all are finite numbers."""
    query, key = pair()
    scores = score(query=query, key=key)
    require_shape(scores, (BATCH, QUERIES, KEYS), "scores [batch, query, key]")
    require_finite(scores, SCORES, "the score")


@law("score")
def a_score_reads_one_query_and_one_key(score: Subject) -> None:
    """The score of query t and key s depends on no other query and no other key."""
    query, key = pair()
    before = ready(score)(query=query, key=key)
    other_key = key.copy()
    other_key[:, 2] += numbers(BATCH, WIDTH, seed=5)
    after = score(query=query, key=other_key)
    untouched = [s for s in range(KEYS) if s != 2]
    require_equal(
        after[:, :, untouched],
        before[:, :, untouched],
        SCORES,
        "after key 2 changed, the score of an untouched key",
        score.tolerance,
    )
    other_query = query.copy()
    other_query[:, 1] += numbers(BATCH, WIDTH, seed=6)
    after = score(query=other_query, key=key)
    untouched = [t for t in range(QUERIES) if t != 1]
    require_equal(
        after[:, untouched],
        before[:, untouched],
        SCORES,
        "after query 1 changed, the score of an untouched query",
        score.tolerance,
    )


@law("score")
def a_score_reads_both_its_query_and_its_key(score: Subject) -> None:
    """Another query gives other scores, and so does another key."""
    query, key = pair()
    before = ready(score)(query=query, key=key)
    for name, after in (
        ("query", score(query=numbers(*query.shape, seed=7), key=key)),
        ("key", score(query=query, key=numbers(*key.shape, seed=8))),
    ):
        if np.abs(after - before).max() < 1e-3:
            raise LawBroken(f"another {name} changed no score")


@law("score")
def permuted_keys_permute_the_scores(score: Subject) -> None:
    """Keys in another order get the same scores in that order: a score is no place."""
    query, key = pair(queries=KEYS)
    before = ready(score)(query=query, key=key)
    order = np.array([3, 0, 4, 1, 2])
    require_equal(
        score(query=query, key=key[:, order]),
        before[:, :, order],
        SCORES,
        "after the keys were permuted, the score",
        score.tolerance,
    )


@law("score")
def scores_keep_batches_apart(score: Subject) -> None:
    """The scores of one sentence do not depend on the others in its batch."""
    query, key = pair()
    together = ready(score)(query=query, key=key)
    for b in range(BATCH):
        require_equal(
            score(query=query[b : b + 1], key=key[b : b + 1]),
            together[b : b + 1],
            SCORES,
            f"the score of sentence {b} scored alone",
            score.tolerance,
        )


@law("score", craft=True)
def leading_axes_are_carried_along(score: Subject) -> None:
    """A layer scores with heads between batch and query just as it does without."""
    if not score.is_layer:
        raise NotApplicable("only layers are used inside heads")
    query = numbers(BATCH, QUERIES, WIDTH)
    key = numbers(BATCH, KEYS, WIDTH, seed=1)
    flat = ready(score)(query=query, key=key)
    heads = score(
        query=np.stack([query, 2 * query, query], 1), key=np.stack([key, key, -key], 1)
    )
    require_shape(heads, (BATCH, 3, QUERIES, KEYS), "scores with heads")
    require_equal(
        heads[:, 0], flat, SCORES, "the score of the first head", score.tolerance
    )

"""Laws of weightings: `(scores, mask) → weights [..., t, s]`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    QUERIES,
    SCORES,
    masks,
    numbers,
    place,
    require_equal,
    require_finite,
    require_shape,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def some_scores(queries: int = QUERIES, keys: int = KEYS, seed: int | None = 0) -> Any:
    """Scores that spread, no two of a query equal, and all exact in half precision."""
    order = np.argsort(numbers(BATCH, queries, keys, seed=seed), -1)
    between = np.argsort(numbers(BATCH, queries, keys, seed=seed + 1), -1) % 3
    return (order - keys // 2 + 0.25 * between).astype("float32")


@law("weighting")
def every_score_gets_a_weight(weigh: Subject) -> None:
    """There is one finite weight for each score."""
    weights = weigh(scores=some_scores())
    require_shape(weights, (BATCH, QUERIES, KEYS), "weights [batch, query, key]")
    require_finite(weights, SCORES, "the weight")


@law("weighting")
def no_weight_is_negative(weigh: Subject) -> None:
    """No weight is below 0."""
    weights = weigh(scores=some_scores())
    if weights.min() < 0:
        where = np.unravel_index(np.argmin(weights), weights.shape)
        raise LawBroken(
            f"the weight at {place(where, SCORES)} is {show(weights.min())}"
        )


@law("weighting", needs={"soft"})
def weights_of_a_query_sum_to_one(weigh: Subject) -> None:
    """The weights of each query, over its keys, sum to 1."""
    for seed in (0, 1):
        weights = weigh(scores=some_scores(seed=seed))
        require_equal(
            weights.sum(-1, keepdims=True),
            1.0,
            ("batch", "query", "sum"),
            "the sum of the weights of one query",
            weigh.tolerance,
        )


@law("weighting", unless={"absolute"})
def a_constant_added_to_a_row_changes_nothing(weigh: Subject) -> None:
    """Only differences count: 16 more for every key of a query changes no weight."""
    before = weigh(scores=some_scores())
    for shift in (16.0, 200.0):
        if shift > 100 and weigh.tolerance > 1e-3:
            continue  # half precision would round the scores themselves
        require_equal(
            weigh(scores=some_scores() + np.float32(shift)),
            before,
            SCORES,
            f"after {shift:g} was added to every score, the weight",
            10 * weigh.tolerance,
        )


@law("weighting", unless={"absolute"})
def queries_may_score_far_apart(weigh: Subject) -> None:
    """Each query is weighed by its own largest score, however high another's are."""
    scores = np.floor(some_scores())  # whole numbers: exact in half precision too
    # exp(-120) is 0 in float32: against another query's maximum nothing is left.
    height = 120.0 * (np.arange(BATCH * QUERIES) % 3 - 1)
    apart = scores + height.reshape(BATCH, QUERIES, 1).astype("float32")
    require_equal(
        weigh(scores=apart),
        weigh(scores=scores),
        SCORES,
        "with the scores of the queries 120 apart, the weight",
        10 * weigh.tolerance,
    )


@law("weighting")
def a_higher_score_never_weighs_less(weigh: Subject) -> None:
    """Of two keys, the one with the higher score gets at least as much weight."""
    scores = some_scores()
    weights = weigh(scores=scores)
    order = np.argsort(scores, -1)
    rising = np.take_along_axis(weights, order, -1)
    if (drop := (rising[..., :-1] - rising[..., 1:]).max()) > 1e-6:
        raise LawBroken(f"a key with a higher score weighs {show(drop)} less")
    if np.abs(weights[..., :1] - weights).max() < 1e-6:
        raise LawBroken("all keys weigh the same, whatever their scores")


@law("weighting")
def permuted_scores_permute_the_weights(weigh: Subject) -> None:
    """Keys in another order get the same weights in that order."""
    scores, mask = some_scores(KEYS), masks(KEYS)["a scattered mask"]
    order = np.array([3, 0, 4, 1, 2])
    plain = weigh(scores=scores)
    require_equal(
        weigh(scores=scores[..., order]),
        plain[..., order],
        SCORES,
        "after the keys were permuted, the weight",
        weigh.tolerance,
    )
    masked = weigh(scores=scores, mask=mask)
    require_equal(
        weigh(scores=scores[..., order], mask=mask[..., order]),
        masked[..., order],
        SCORES,
        "after keys and mask were permuted, the weight",
        weigh.tolerance,
    )


@law("weighting")
def each_query_is_weighed_alone(weigh: Subject) -> None:
    """Scores of another query, or another sentence, change no weight of this one."""
    scores = some_scores()
    before = weigh(scores=scores)
    other = scores.copy()
    other[0, 1] = numbers(KEYS, seed=9)
    after = weigh(scores=other)
    after[0, 1] = before[0, 1]
    require_equal(
        after, before, SCORES, "after only query 1 of batch 0 changed, the weight", 1e-5
    )


@law("weighting")
def weights_repeat_at_inference(weigh: Subject) -> None:
    """Outside training, the same scores get the same weights every time."""
    scores = some_scores()
    require_equal(
        weigh(scores=scores, training=False),
        weigh(scores=scores, training=False),
        SCORES,
        "the second time, the weight",
        0.0,
    )

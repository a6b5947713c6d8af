"""Laws of weightings under a mask: what is hidden gets nothing and does nothing."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import (
    KEYS,
    QUERIES,
    SCORES,
    blind_mask,
    masks,
    place,
    require_equal,
    require_finite,
    require_shape,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.weightings import some_scores


def every_mask() -> Any:
    """Square first: there a mask on the wrong axis fits, and is seen at work."""
    for queries, keys in ((KEYS, KEYS), (QUERIES, KEYS)):
        for name, mask in masks(queries, keys).items():
            yield name, some_scores(queries, keys), mask


@law("weighting", needs={"soft"})
def visible_weights_sum_to_one(weigh: Subject) -> None:
    """With a mask, the weights of the visible keys still sum to 1."""
    for name, scores, mask in every_mask():
        weights = weigh(scores=scores, mask=mask)
        require_equal(
            (weights * mask).sum(-1, keepdims=True),
            1.0,
            ("batch", "query", "sum"),
            f"under {name}, the sum of the visible weights of one query",
            weigh.tolerance,
        )


@law("weighting")
def hidden_keys_get_no_weight(weigh: Subject) -> None:
    """A hidden key gets weight exactly 0."""
    for name, scores, mask in every_mask():
        weights = weigh(scores=scores, mask=mask)
        require_shape(weights, scores.shape, f"under {name}, weights")
        hidden = np.where(np.broadcast_to(mask, weights.shape), 0.0, weights)
        if not (hidden == 0).all():
            where = np.unravel_index(np.argmax(np.abs(hidden)), hidden.shape)
            raise LawBroken(
                f"under {name} a hidden key received weight {show(hidden[where])} at "
                + place(where, SCORES)
            )


@law("weighting")
def hidden_scores_change_nothing(weigh: Subject) -> None:
    """The score of a hidden key, however high, changes no weight."""
    for name, scores, mask in every_mask():
        # exp(-150) is 0 in float32: a maximum that counts hidden scores leaves nothing.
        higher = np.where(mask, scores, scores + 150.0).astype("float32")
        require_equal(
            weigh(scores=higher, mask=mask),
            weigh(scores=scores, mask=mask),
            SCORES,
            f"under {name}, after hidden scores rose by 150, the weight",
            weigh.tolerance,
        )


@law("weighting", needs={"soft"}, craft=True)
def hidden_scores_may_be_anything(weigh: Subject) -> None:
    """A hidden score may be NaN or infinite, and a visible one lower than any other."""
    for name, scores, mask in every_mask():
        wanted = weigh(scores=scores, mask=mask)
        for poison in (np.nan, np.inf):
            spoiled = np.where(mask, scores, np.float32(poison))
            what = f"under {name}, with hidden scores that are {poison}, the weight"
            got = weigh(scores=spoiled, mask=mask)
            require_equal(got, wanted, SCORES, what, weigh.tolerance)
        if getattr(weigh.given, "compute_dtype", "float32") in ("float16", "bfloat16"):
            continue  # so far down all its numbers are one
        # Whole numbers of 2⁹ times are exact even so far down.
        apart = np.round(scores) * 512.0
        low = (apart - 2.0**31).astype("float32")
        require_equal(
            weigh(scores=low, mask=mask),
            weigh(scores=apart.astype("float32"), mask=mask),
            SCORES,
            f"under {name}, with visible scores about -2e9, the weight",
            weigh.tolerance,
        )


@law("weighting")
def a_blind_query_weighs_nothing(weigh: Subject) -> None:
    """A query that sees no key gets weights 0, not NaN and not a share of padding."""
    weights = weigh(scores=some_scores(), mask=blind_mask())
    require_finite(weights, SCORES, "with a query that sees no key, the weight")
    require_equal(
        weights[:1, 1:2], 0.0, SCORES, "the weight of a query that sees no key", 0.0
    )


@law("weighting")
def gradients_of_a_blind_query_are_finite(weigh: Subject) -> None:
    """A query that sees no key leaves every gradient finite, in float16 too."""
    scores, mask = some_scores(), blind_mask()
    weigh(scores=scores, mask=mask)
    for dtype in ("float32", "float16"):
        judged = weigh
        if dtype == "float16" and weigh.is_layer:
            judged = weigh.under("mixed_float16")
            judged(scores=scores.astype(dtype), mask=mask)
        (slope,), _ = gradients(
            lambda x, judged=judged: judged.call(scores=x, mask=mask, training=False),
            [scores],
            dtype=dtype,
        )
        require_finite(slope, SCORES, f"in {dtype} the gradient by the score")


@law("weighting", needs={"soft"}, craft=True)
def half_precision_changes_little(weigh: Subject) -> None:
    """float16 scores, masked or large, give the weights of float32, rounded."""
    scores = np.round(8 * some_scores()).astype("float16")
    for name, mask in masks().items():
        require_equal(
            weigh(scores=scores, mask=mask),
            weigh(scores=scores.astype("float32"), mask=mask),
            SCORES,
            f"in float16 under {name}, the weight",
            0.01,
        )


@law("weighting", needs={"softmax"})
def softmax_weighs_by_the_exponential(weigh: Subject) -> None:
    """Weights are in the proportion of exp(score), over the visible keys."""
    for name, scores, mask in every_mask():
        wanted = np.where(mask, np.exp(scores.astype("float64")), 0)
        wanted /= wanted.sum(-1, keepdims=True)
        got = weigh(scores=scores, mask=mask)
        require_equal(got, wanted, SCORES, f"under {name}, the weight", weigh.tolerance)

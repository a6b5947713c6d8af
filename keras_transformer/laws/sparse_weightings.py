"""Laws of weightings that sum to 1 and give low scores exactly 0."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    QUERIES,
    SCORES,
    masks,
    numbers,
    place,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def _alpha(weigh):
    return weigh.option("alpha", 2.0)


@law("weighting", needs={"sparse"})
def a_far_lower_score_weighs_exactly_nothing(weigh: Subject) -> None:
    """A key far below the best gets weight exactly 0, one near it does not."""
    scores = np.array([[[0.0, -0.1, -20.0]]], "float32")
    weights = weigh(scores=scores)[0, 0]
    if weights[2] != 0:
        raise LawBroken(
            f"a key that scores 20 below the best weighs {show(weights[2])}, not 0"
        )
    if not weights[1] > 0:
        raise LawBroken("a key that scores 0.1 below the best weighs nothing")


@law("weighting", needs={"sparse"})
def one_threshold_solves_every_row(weigh: Subject) -> None:
    """Weights are max(0, (α - 1) score - threshold)^(1 / (α - 1)) and sum to 1."""
    power = _alpha(weigh) - 1
    scores = numbers(BATCH, QUERIES, KEYS)
    for name, mask in {"no mask": np.ones((1, 1, KEYS), bool), **masks()}.items():
        got = weigh(scores=scores, mask=mask).astype("float64")
        x = np.where(mask, scores.astype("float64") * power, -np.inf)
        low, high = x.max(-1, keepdims=True) - 1, x.max(-1, keepdims=True)
        for _ in range(60):
            middle = (low + high) / 2
            sums = (np.maximum(x - middle, 0) ** (1 / power)).sum(-1, keepdims=True)
            low = np.where(sums > 1, middle, low)
            high = np.where(sums > 1, high, middle)
        wanted = np.maximum(x - low, 0) ** (1 / power)
        if (far := np.abs(got - wanted)).max() > weigh.tolerance:
            where = np.unravel_index(np.argmax(far), far.shape)
            raise LawBroken(
                f"under {name}, the weight at {place(where, SCORES)} is "
                f"{show(got[where])}, with one threshold for the row it would be "
                f"{show(wanted[where])}"
            )


@law("weighting", needs={"sparse"})
def the_gradient_is_the_slope_of_the_weights(weigh: Subject) -> None:
    """What backpropagation says of a score is how the weights change with it."""
    if weigh.tolerance > 1e-3:
        raise NotApplicable("half precision has no small differences")
    # No score near an edge, where a weight begins to be 0.
    scores = np.array([[[0.0, 0.4, -0.25, -3.0], [1.0, 0.3, -4.0, 0.8]]], "float32")
    along = np.array([[[3.0, 5.0, 7.0, 11.0], [2.0, -3.0, 13.0, 1.0]]], "float32")
    weigh(scores=scores)
    (slope,), _ = gradients(
        lambda x: weigh.call(scores=x, training=False), [scores], direction=along
    )
    wanted, step = np.zeros(scores.shape), 0.01
    for where in np.ndindex(*scores.shape):
        higher, lower = scores.copy(), scores.copy()
        higher[where] += step
        lower[where] -= step
        change = weigh(scores=higher).astype("float64") - weigh(scores=lower)
        wanted[where] = (along * change).sum() / (2 * step)
    require_equal(slope, wanted, SCORES, "the gradient by the score", 0.01)

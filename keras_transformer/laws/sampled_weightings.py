"""Laws of weightings that draw their keys in training."""

import itertools

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.hard_weightings import size
from keras_transformer.laws.inputs import (
    KEYS,
    QUERIES,
    SCORES,
    blind_mask,
    numbers,
    place,
    plain,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.weightings import some_scores
from keras_transformer.randomness.log_probability import log_probabilities

DRAWS = 2003
MANY = 61


def _draw(weigh, scores, mask=None):
    return plain(weigh.call(scores=scores, mask=mask, training=True))


def _is_softened(weigh):
    return weigh.option("estimator") == "gumbel"


@law("weighting", needs={"sampled"})
def a_draw_takes_k_visible_keys(weigh: Subject) -> None:
    """In training each query draws k visible keys, or all where fewer are visible."""
    scores, mask = some_scores(), blind_mask()
    k = size(weigh)
    drawn = _draw(weigh, scores, mask)
    hidden = np.where(mask, 0, drawn)
    if np.abs(hidden).max() > 0:
        where = np.unravel_index(np.argmax(np.abs(hidden)), hidden.shape)
        raise LawBroken(f"a hidden key was drawn at {place(where, SCORES)}")
    wanted = np.minimum(k, mask.sum(-1))
    off = np.abs(drawn.sum(-1) - wanted)
    if off.max() > 5 * weigh.tolerance:
        b, t = np.unravel_index(np.argmax(off), off.shape)
        raise LawBroken(
            f"batch {b}, query {t} drew {show(drawn.sum(-1)[b, t])} keys of "
            f"{mask.sum(-1)[b, t]} visible, with k={k}"
        )


@law("weighting", needs={"sampled"})
def a_drawn_key_counts_fully(weigh: Subject) -> None:
    """In training a key is drawn or not: its weight is 1 or 0, nothing between."""
    if _is_softened(weigh):
        raise NotApplicable("its draws in training are softened")
    for mask in (None, blind_mask()):
        drawn = _draw(weigh, some_scores(), mask)
        off = np.minimum(np.abs(drawn), np.abs(drawn - 1))
        if off.max() > weigh.tolerance:
            where = np.unravel_index(np.argmax(off), off.shape)
            raise LawBroken(
                f"in training the weight at {place(where, SCORES)} is "
                f"{show(drawn[where])}, neither 0 nor 1"
            )


@law("weighting", needs={"sampled"})
def every_draw_is_a_new_one(weigh: Subject) -> None:
    """Each query, each sentence and each step draws for itself."""
    if size(weigh) >= KEYS:
        raise NotApplicable("it draws every key")
    scores = np.zeros((MANY, QUERIES, KEYS), "float32")
    drawn, again = (_draw(weigh, scores) for _ in range(2))
    for what, other in (
        ("all queries of a sentence drew", drawn[:, :1]),
        ("all sentences of a batch drew", drawn[:1]),
        ("the second step drew", again),
    ):
        if (drawn == other).all():
            raise LawBroken(f"of keys with equal scores {what} the same ones")


@law("weighting", needs={"sampled"})
def draws_follow_the_softmax(weigh: Subject) -> None:
    """Over many draws of one key, each is drawn as often as softmax says."""
    if _is_softened(weigh):
        raise NotApplicable("its draws in training are softened")
    single = weigh if size(weigh) == 1 else weigh.remade(k=1)
    scores = numbers(1, 1, KEYS, scale=1.5)
    drawn = _draw(single, np.repeat(scores, DRAWS, 0))
    wanted = np.exp(scores.astype("float64"))
    wanted /= wanted.sum(-1, keepdims=True)
    error = np.sqrt(wanted * (1 - wanted) / DRAWS)
    off = np.abs(drawn.mean(0, keepdims=True) - wanted) / error
    if off.max() > 5:
        s = int(np.argmax(off))
        raise LawBroken(
            f"over {DRAWS:,} draws key {s} came up with frequency "
            f"{show(drawn.mean(0)[0, s])}, its softmax is {show(wanted[0, 0, s])}"
        )


@law("weighting", needs={"sampled"})
def the_largest_of_a_softened_draw_follows_the_softmax(weigh: Subject) -> None:
    """Whatever the temperature, each key is the largest as often as softmax says."""
    if not _is_softened(weigh):
        raise NotApplicable("its draws in training are not softened")
    changes = {"k": 1, "temperature": 0.5} if weigh.option("temperature") else {"k": 1}
    single = weigh.remade(**changes)
    scores = numbers(1, 1, KEYS, scale=1.5)
    drawn = _draw(single, np.repeat(scores, DRAWS, 0))
    wanted = np.exp(scores[0, 0].astype("float64"))
    wanted /= wanted.sum()
    found = np.bincount(drawn[:, 0].argmax(-1), minlength=KEYS) / DRAWS
    off = np.abs(found - wanted) / np.sqrt(wanted * (1 - wanted) / DRAWS)
    if off.max() > 5:
        s = int(np.argmax(off))
        raise LawBroken(
            f"over {DRAWS:,} draws key {s} was the largest with frequency "
            f"{show(found[s])}, its softmax is {show(wanted[s])}: the temperature "
            "divides scores and noise together"
        )


@law("weighting", needs={"straight-through"})
def a_straight_through_draw_has_the_gradient_of_softmax(weigh: Subject) -> None:
    """Forwards it is the draw, backwards k times the softmax of the visible keys."""
    scores, direction = some_scores(), numbers(*some_scores().shape, seed=4)
    for mask in (np.ones_like(blind_mask()), blind_mask()):
        weigh(scores=scores, mask=mask)
        (slope,), _ = gradients(
            lambda x, mask=mask: weigh.call(scores=x, mask=mask, training=True),
            [scores],
            direction,
        )
        share = np.where(mask, np.exp(scores.astype("float64")), 0)
        share /= np.maximum(share.sum(-1, keepdims=True), 1e-9)
        count = np.minimum(size(weigh), mask.sum(-1, keepdims=True))
        mean = (share * direction).sum(-1, keepdims=True)
        require_equal(
            slope,
            count * share * (direction - mean),
            SCORES,
            "in training, the gradient by the score",
            10 * weigh.tolerance,
        )


@law("weighting", needs={"sampled"})
def a_draw_records_its_probability(weigh: Subject) -> None:
    """What REINFORCE is told is the chance of the keys, drawn without replacement."""
    k = size(weigh)
    if weigh.option("estimator") != "reinforce" or k > 3:
        raise NotApplicable("only for REINFORCE, and at most 3 keys")
    scores = np.repeat(numbers(1, 1, KEYS, scale=1.5), MANY, 0)
    with log_probabilities() as recorded:
        drawn = _draw(weigh, scores)
    if recorded.total() is None:
        raise NotApplicable("it records no log-probability")
    told = plain(recorded.total())
    shares = np.exp(scores[0, 0].astype("float64"))
    shares /= shares.sum()
    for row, keys in enumerate(drawn[:, 0] > 0.5):
        chances = []
        for order in itertools.permutations(np.flatnonzero(keys)):
            left = 1 - np.cumsum([0, *shares[list(order[:-1])]])
            chances.append(np.log(shares[list(order)] / left).sum())
        if np.abs(told[row] - chances).min() > 0.01 + 20 * (weigh.tolerance - 2e-4):
            raise LawBroken(
                f"a draw of the keys {np.flatnonzero(keys).tolist()} was recorded with "
                f"log-probability {show(told[row])}; one after the other, none drawn "
                f"twice, it is {' or '.join(map(show, sorted(chances)))}"
            )

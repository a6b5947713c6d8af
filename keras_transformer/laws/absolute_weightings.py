"""Laws of weightings in which a query may look at nothing: sinks and sigmoids."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import SCORES, place, require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.weighting_masks import every_mask
from keras_transformer.laws.weightings import some_scores


@law("weighting", needs={"absolute"})
def low_scores_weigh_nothing(weigh: Subject) -> None:
    """Where all scores are far below 0 the weights are: nothing must be shared out."""
    weights = weigh(scores=some_scores() - 60.0)
    if (most := weights.sum(-1).max()) > 1e-3:
        raise LawBroken(
            f"with all scores below -50 the weights of a query sum to {show(most)}, "
            "they should be nearly 0"
        )


@law("weighting", needs={"absolute"})
def hidden_keys_are_as_if_they_were_not_there(weigh: Subject) -> None:
    """Padding does not count: weights are those without the hidden keys, NaN or not."""
    scores = some_scores()
    mask = np.ones(scores.shape, bool)
    mask[..., -2:] = False
    wanted = weigh(scores=scores[..., :-2])
    for hidden in (9.0, np.nan):
        got = weigh(scores=np.where(mask, scores, np.float32(hidden)), mask=mask)
        what = f"with 2 hidden keys that score {hidden:g}, the weight"
        require_equal(got[..., :-2], wanted, SCORES, what, weigh.tolerance)


@law("weighting", needs={"sink"})
def a_sink_takes_its_share(weigh: Subject) -> None:
    """Weights are those of a softmax with one key more, the sink, of one score."""
    found = []
    for name, scores, mask in every_mask():
        weights = weigh(scores=scores, mask=mask).astype("float64")
        total = weights.sum(-1, keepdims=True)
        powers = np.where(mask, np.exp(scores.astype("float64")), 0)
        shares = powers / powers.sum(-1, keepdims=True)
        what = f"under {name}, beside those of its query, the weight"
        require_equal(weights / total, shares, SCORES, what, 5 * weigh.tolerance)
        found.append(powers.sum(-1, keepdims=True) * (1 / total - 1))
    for sinks in found:
        wanted = 1.0 if weigh.option("learned") is False else found[0].flat[0]
        what = "the exponential of the sink's score, as the weights tell it,"
        if wanted <= 0:
            raise LawBroken("the weights sum to 1: there is no sink")
        require_equal(sinks / wanted, 1.0, SCORES, what, 100 * weigh.tolerance)


@law("weighting", needs={"sigmoid"})
def keys_do_not_compete(weigh: Subject) -> None:
    """Another score of one key changes the weight of no other key."""
    scores = some_scores()
    before = weigh(scores=scores)
    higher = scores.copy()
    higher[..., 1] += 3.0
    after = weigh(scores=higher)
    if not (after[..., 1] > before[..., 1]).all():
        raise LawBroken("a key whose score rose by 3 does not weigh more")
    after[..., 1] = before[..., 1]
    what = "after only key 1 scored higher, the weight"
    require_equal(after, before, SCORES, what, weigh.tolerance)


@law("weighting", needs={"sigmoid"})
def a_sigmoid_weighs_score_and_bias(weigh: Subject) -> None:
    """Weights are sigmoid(score + bias), by default -log of the number of keys seen."""
    given = weigh.option("bias")
    for name, scores, mask in every_mask():
        seen = np.broadcast_to(mask, scores.shape)
        bias = -np.log(seen.sum(-1, keepdims=True)) if given is None else given
        wanted = np.where(seen, 1 / (1 + np.exp(-scores.astype("float64") - bias)), 0)
        got = weigh(scores=scores, mask=mask)
        if (far := np.abs(got - wanted)).max() > weigh.tolerance:
            where = np.unravel_index(np.argmax(far), far.shape)
            raise LawBroken(
                f"under {name}, a query that sees {seen[where[:-1]].sum()} keys weighs "
                f"{show(got[where])} at {place(where, SCORES)}, it should weigh "
                f"{show(wanted[where])}"
            )

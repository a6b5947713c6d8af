"""Laws of weightings that choose: exactly k keys, also where scores are equal."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import SCORES, place, require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.weighting_masks import every_mask


def size(weigh: Subject) -> int:
    """How many keys the candidate chooses.

    Raises:
        NotApplicable: If neither it nor its reference says so.
    """
    k = weigh.option("k")
    if k is None:
        raise NotApplicable("it has no k")
    return k


def _every_case():
    """Scores that differ, scores that are equal in part, and scores all equal."""
    for name, scores, mask in every_mask():
        yield name, scores, mask
        yield f"{name} and equal scores", np.sign(np.floor(scores)), mask
        yield f"{name} and scores all equal", 0 * scores, mask


def _weights_of(chosen, scores, renormalised):
    if not renormalised:
        return chosen.astype("float64")
    shares = np.where(chosen, np.exp(scores.astype("float64")), 0)
    return shares / np.maximum(shares.sum(-1, keepdims=True), 1e-9)


@law("weighting", needs={"hard"})
def hard_attention_keeps_exactly_k_keys(weigh: Subject) -> None:
    """The k highest visible scores get weight, ties or not, and no other key does."""
    k = size(weigh)
    renormalised = "renormalised" in weigh.traits or bool(weigh.option("renormalize"))
    for name, scores, mask in _every_case():
        under = f"under {name}, with k={k}"
        weights = weigh(scores=scores, mask=mask)
        chosen = weights > 0
        seen = np.broadcast_to(mask, scores.shape)
        wanted = np.minimum(k, seen.sum(-1))
        if (found := chosen.sum(-1)).shape != wanted.shape or (found != wanted).any():
            b, t = np.argwhere(found != wanted)[0]
            raise LawBroken(
                f"{under}, {found[b, t]} of {seen[b, t].sum()} visible keys get weight "
                f"at {place((b, t), SCORES[:2])}, it should be {wanted[b, t]}"
            )
        lowest = np.where(chosen, scores, np.inf).min(-1)
        missed = np.where(seen & ~chosen, scores, -np.inf).max(-1)
        if (missed > lowest).any():
            b, t = np.argwhere(missed > lowest)[0]
            raise LawBroken(
                f"{under}, a key with score {show(missed[b, t])} gets no weight at "
                f"{place((b, t), SCORES[:2])}, one with {show(lowest[b, t])} does"
            )
        shares = _weights_of(chosen, scores, renormalised)
        require_equal(weights, shares, SCORES, f"{under}, the weight", weigh.tolerance)

"""Laws of weightings that draw their keys in training."""

import numpy as np

from keras_transformer.laws.law import LawBroken, NotApplicable, law
from keras_transformer.laws.probes import (
    KEYS,
    SCORES,
    blind_mask,
    numbers,
    place,
    plain,
    show,
)
from keras_transformer.laws.weightings import some_scores

DRAWS = 2003


def _draw(weigh, scores, mask=None):
    return plain(weigh.call(scores=scores, mask=mask, training=True))


@law("weighting", needs={"sampled"})
def a_draw_takes_k_visible_keys(weigh):
    """In training each query draws k visible keys, or all where fewer are visible."""
    scores, mask = some_scores(), blind_mask()
    k = weigh.get("k")
    if k is None:
        raise NotApplicable("it has no k")
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
def draws_follow_the_softmax(weigh):
    """Over many draws of one key, each is drawn as often as softmax says."""
    single = weigh.remade(k=1)
    if single.get("estimator") == "gumbel":
        raise NotApplicable("its draws in training are softened")
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

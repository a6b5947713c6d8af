"""Laws of filters: `(logits [n, v], p or k) → logits [n, v]`, the tokens to draw from.

What is filtered out has probability 0: a logit of -inf, or so low that nothing is left.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import numbers, require_equal, require_shape, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

CHANCES = np.array([[0.15, 0.5, 0.1, 0.25], [0.25, 0.1, 0.5, 0.15]])  # out of order
ROWS = ("row", "token")
AMOUNTS = {"top-p": ("p", 0.8), "top-k": ("k", 3), "min-p": ("p", 0.3)}


def _logits(chances):
    return np.log(chances).astype("float32") + 3  # logits are no probabilities


def filtered(judged: Subject, logits: Any, amount: Any = None) -> tuple[str, Any]:
    """What a filter leaves, and the probabilities that are drawn with."""
    (name, usual) = next(AMOUNTS[trait] for trait in AMOUNTS if trait in judged.traits)
    amount = usual if amount is None else amount
    made = np.asarray(judged(logits=logits, **{name: amount}), "float64")
    require_shape(made, np.shape(logits), "logits [row, token]")
    if np.isnan(made).any():
        raise LawBroken(f"with {name}={amount} a logit is not a number")
    highest = made.max(-1, keepdims=True)
    if not np.isfinite(highest).all():
        raise LawBroken(f"with {name}={amount} a row has no token left to draw")
    powers = np.exp(made - highest)
    return f"with {name}={amount}", powers / powers.sum(-1, keepdims=True)


def _require_kept(judged, cases):
    """Each amount keeps so many of the likeliest, in both rows."""
    order = np.argsort(-CHANCES, axis=-1)
    for amount, count in cases.items():
        what, chances = filtered(judged, _logits(CHANCES), amount)
        for row, wanted in enumerate(order[:, :count]):
            got = np.flatnonzero(chances[row] > 1e-9)
            if set(got) != set(wanted):
                raise LawBroken(
                    f"{what}, of the probabilities {CHANCES[row].tolist()} it keeps "
                    f"{CHANCES[row, got].tolist()}, "
                    f"it should keep {CHANCES[row, np.sort(wanted)].tolist()}"
                )


@law("filter", needs={"top-p"})
def top_p_keeps_the_fewest_tokens_that_reach_p(judged: Subject) -> None:
    """The likeliest tokens are kept until together they reach p, and no more."""
    _require_kept(judged, {0.3: 1, 0.6: 2, 0.74: 2, 0.8: 3, 0.95: 4})


@law("filter", needs={"top-p"})
def top_p_of_1_keeps_everything(judged: Subject) -> None:
    """With p = 1 every token may be drawn."""
    _require_kept(judged, {1.0: 4})


@law("filter", needs={"top-k"})
def top_k_keeps_the_k_likeliest(judged: Subject) -> None:
    """The k likeliest tokens are kept."""
    _require_kept(judged, {1: 1, 2: 2, 3: 3, 4: 4})


@law("filter", needs={"min-p"})
def min_p_keeps_what_is_likely_beside_the_likeliest(judged: Subject) -> None:
    """A token is kept if it is at least p times as likely as the likeliest."""
    _require_kept(judged, {0.9: 1, 0.45: 2, 0.25: 3, 0.15: 4})


@law("filter")
def what_is_kept_stays_in_proportion(judged: Subject) -> None:
    """Of two tokens that are kept, one is as many times as likely as before."""
    logits = numbers(3, 17, scale=1.5)
    what, got = filtered(judged, logits)
    before = np.exp(logits - logits.max(-1, keepdims=True).astype("float64"))
    before = np.where(got > 1e-9, before, 0.0)
    wanted = before / before.sum(-1, keepdims=True)
    require_equal(got, wanted, ROWS, f"{what}, the probability to be drawn")


@law("filter")
def the_likeliest_token_is_always_kept(judged: Subject) -> None:
    """However much is filtered out, the likeliest token can be drawn."""
    logits = numbers(3, 17, scale=1.5)
    least = {"top-p": 1e-6, "top-k": 1, "min-p": 1.0}
    amount = next(least[trait] for trait in least if trait in judged.traits)
    what, got = filtered(judged, logits, amount)
    for row, best in enumerate(logits.argmax(-1)):
        if got[row, best] < 0.99:
            raise LawBroken(
                f"{what}, the likeliest token of row {row} has probability "
                f"{show(got[row, best])}, it should have 1"
            )


@law("filter")
def a_row_does_not_know_the_others(judged: Subject) -> None:
    """Each row is filtered by its own probabilities."""
    logits = numbers(3, 17) * np.array([[0.5], [2.0], [6.0]], "float32")
    what, together = filtered(judged, logits)
    alone = [filtered(judged, row[None])[1][0] for row in logits]
    require_equal(together, alone, ROWS, f"{what}, in a batch, the probability")


@law("filter")
def a_filter_reads_probabilities(judged: Subject) -> None:
    """What is added to all logits of a row changes nothing."""
    logits = numbers(3, 17, scale=1.5)
    what, wanted = filtered(judged, logits)
    for added in (-20, 20):
        _, got = filtered(judged, logits + np.float32(added))
        said = f"{what}, after {added} was added to every logit, the probability"
        require_equal(got, wanted, ROWS, said, tolerance=1e-3)

"""Laws of score modifiers: caps, normalised queries and keys, learned temperatures."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    BATCH,
    HEADS,
    KEYS,
    QUERIES,
    SCORES,
    WIDTH,
    alike,
    numbers,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.scores import pair, ready
from keras_transformer.laws.subject import Subject


def _cap(score):
    cap = score.option("cap")
    if cap is None:
        raise NotApplicable("it has no cap")
    return cap


def _require_the_product(score):
    inner = score.get("score")
    if inner is not None and type(inner).__name__ != "ScaledDot":
        raise NotApplicable("the rule inside is another")


@law("score", needs={"capped"})
def no_score_exceeds_the_cap(score: Subject) -> None:
    """However long query and key are, scores stay between -cap and cap."""
    cap = _cap(score)
    query, key = pair()
    scores = ready(score)(query=100 * query, key=100 * key)
    if (most := np.abs(scores).max()) > cap * (1 + score.tolerance):
        raise LawBroken(f"a score is {show(most)}, with a cap of {show(cap)}")


@law("score", needs={"capped"})
def small_scores_pass_the_cap(score: Subject) -> None:
    """A score of the product far below the cap stays as it is."""
    cap = _cap(score)
    _require_the_product(score)
    query, key = pair()
    products = np.einsum("btd,bsd->bts", query.astype("float64"), key) / np.sqrt(WIDTH)
    shrink = 0.02 * cap / np.abs(products).max()
    got = ready(score)(query=np.float32(shrink) * query, key=key) / shrink
    what = "of a score at most 1/50 of the cap, enlarged again,"
    require_equal(got, products, SCORES, what, 0.01 + 5 * score.tolerance)


@law("score", needs={"capped"})
def a_cap_bends_the_scaled_score(score: Subject) -> None:
    """A score s of the product, scaled already, becomes cap · tanh(s / cap)."""
    cap = _cap(score)
    _require_the_product(score)
    query, key = pair()
    products = np.einsum("btd,bsd->bts", query.astype("float64"), key)
    # About as large as the cap, where it bends and does not yet cut.
    root, middle = np.sqrt(WIDTH), products.std()
    query *= np.float32(cap * root / middle)
    products *= cap * root / middle
    scores = products / root
    got, tolerance = ready(score)(query=query, key=key), 5 * score.tolerance
    what = f"with a cap of {show(cap)}, the score"
    try:
        wanted = cap * np.tanh(scores / cap)
        require_equal(got, wanted, SCORES, what, tolerance)
    except LawBroken as broken:
        rules = {
            "cap · tanh(product / cap) / √d, capped before it is scaled": (
                cap * np.tanh(products / cap) / root
            ),
            "cap · tanh(product / cap), without the root": (
                cap * np.tanh(products / cap)
            ),
            "cap · tanh(score), not divided by the cap": cap * np.tanh(scores),
            "tanh(score / cap), not multiplied by the cap": np.tanh(scores / cap),
            "the score cut off at the cap": np.clip(scores, -cap, cap),
            "the score, without a cap": scores,
        }
        raise LawBroken(
            f"{broken}, cap · tanh(score / cap)" + alike(got, rules, tolerance)
        ) from None


@law("score", needs={"normalised"})
def only_directions_count(score: Subject) -> None:
    """A query 3 times as long, or a key 5 times as long, scores the same."""
    query, key = pair()
    before = ready(score)(query=query, key=key)
    for name, after in (
        ("query", score(query=3 * query, key=key)),
        ("key", score(query=query, key=5 * key)),
    ):
        what = f"with a longer {name}, the score"
        require_equal(after, before, SCORES, what, 2 * score.tolerance)


@law("score", needs={"tempered score"})
def every_head_has_a_temperature_of_its_own(score: Subject) -> None:
    """Heads of the same queries and keys score in proportion, each in another one."""
    if not score.is_layer:
        raise NotApplicable("it learns nothing")
    query = np.stack([numbers(BATCH, QUERIES, WIDTH)] * HEADS, 1)
    key = np.stack([numbers(BATCH, KEYS, WIDTH, seed=1)] * HEADS, 1)
    score(query=query, key=key)
    scores = score.settled()(query=query, key=key)
    proportions = []
    for head in range(1, HEADS):
        factor = (scores[:, head] * scores[:, 0]).sum() / (scores[:, 0] ** 2).sum()
        what = f"of head {head}, in proportion to head 0, the score"
        tolerance = 10 * score.tolerance
        require_equal(scores[:, head], factor * scores[:, 0], SCORES, what, tolerance)
        proportions.append(factor)
    if min(proportions) <= 0:
        raise LawBroken("a temperature is below 0: the best key has become the worst")
    if np.ptp([1.0, *proportions]) < 0.05:
        raise LawBroken("all heads have one temperature")

"""Laws of single score rules: what each of them computes."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    KEYS,
    SCORES,
    WIDTH,
    numbers,
    require_equal,
    require_finite,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.scores import pair, ready
from keras_transformer.laws.subject import Subject


@law("score", needs={"a plain dot product"})
def a_dot_product_sums_the_products(score: Subject) -> None:
    """The score is the sum over the features of query times key, nothing else."""
    query, key = pair()
    wanted = np.einsum("btd,bsd->bts", query.astype("float64"), key)
    got = score(query=query, key=key)
    require_equal(got, wanted, SCORES, "the score", 8 * score.tolerance)


@law("score", needs={"a scaled dot product"})
def a_scaled_dot_product_is_divided_by_the_root_of_the_width(score: Subject) -> None:
    """The score is the dot product divided by √d, once."""
    query, key = pair()
    wanted = np.einsum("btd,bsd->bts", query.astype("float64"), key) / np.sqrt(WIDTH)
    got = score(query=query, key=key)
    try:
        require_equal(got, wanted, SCORES, "the score", 8 * score.tolerance)
    except LawBroken as broken:
        ratio = float(np.median(got / wanted))
        hint = f"; it is {show(ratio)} times the right one (√d is {WIDTH**0.5:.4g})"
        raise LawBroken(f"{broken}{hint}") from None


@law("score", needs={"a scaled dot product"})
def scores_keep_variance_one_at_any_width(score: Subject) -> None:
    """For numbers of variance 1 the scores have variance 1, at any width."""
    for width in (5, 67, 257):
        query, key = numbers(1, 61, width), numbers(1, 59, width, seed=1)
        variance = float(np.var(score.fresh()(query=query, key=key)))
        if not 0.75 < variance < 1.33:
            raise LawBroken(
                f"at width {width} the scores have variance {show(variance)}, not 1"
            )


@law("score", needs={"bilinear"})
def scores_are_linear_in_query_and_in_key(score: Subject) -> None:
    """Twice the query scores twice as high; the score of a sum is the sum of scores."""
    query, key = pair()
    more_query, more_key = pair(seed=3)
    ready(score)
    base = score(query=query, key=key)
    require_equal(
        score(query=2 * query + more_query, key=key),
        2 * base + score(query=more_query, key=key),
        SCORES,
        "the score of a sum of queries",
        20 * score.tolerance,
    )
    require_equal(
        score(query=query, key=2 * key + more_key),
        2 * base + score(query=query, key=more_key),
        SCORES,
        "the score of a sum of keys",
        20 * score.tolerance,
    )


def _bend(score):
    """How far scores are from a query part plus a key part."""
    query, key = pair()
    scores = ready(score)(query=query, key=key)
    bend = scores - scores[:, :1] - scores[:, :, :1] + scores[:, :1, :1]
    return float(np.abs(bend).max())


@law("score", needs={"linear on [query; key]"})
def a_linear_score_adds_a_query_part_and_a_key_part(score: Subject) -> None:
    """A linear score of [query; key] is a number for the query plus one for the key."""
    if (bend := _bend(score)) > 20 * score.tolerance:
        raise LawBroken(f"query and key mix: they are {show(bend)} apart from a sum")


@law("score", needs={"additive"})
def an_additive_score_bends(score: Subject) -> None:
    """Between the sum and the last vector stands a tanh: query and key do mix."""
    if _bend(score) < 1e-3:
        raise LawBroken(
            "every score is a query part plus a key part: without tanh, softmax over "
            "the keys would cancel the query altogether"
        )
    if score.is_layer and _has_units(score) and not _queries_disagree(score):
        raise LawBroken(
            "every query puts the keys in the same order, though units that each "
            "bend for themselves would not: does the tanh stand after the sum with v "
            "and not inside, v · tanh(W · query + U · key)?"
        )


def _has_units(score):
    """Whether a matrix has several columns: one unit alone orders keys one way."""
    return any(
        len(weight.shape) > 1 and min(weight.shape) > 1
        for weight in score.candidate.trainable_weights
    )


def _queries_disagree(score):
    """Whether some query scores one of two keys higher, and another the other."""
    query, key = pair(queries=29)
    scores = ready(score)(query=3 * query, key=3 * key)
    far = scores[:, :, :, None] - scores[:, :, None]
    clear = 1e-3 * np.abs(scores).max()
    return bool(((far > clear).any(1) & (far < -clear).any(1)).any())


@law("score", needs={"additive"})
def an_additive_score_is_bounded(score: Subject) -> None:
    """Tanh saturates: a query a million times as long scores hardly higher."""
    query, key = pair()
    ready(score)
    long = score(query=1e3 * query, key=key)
    longer = score(query=1e4 * query, key=key)
    require_equal(longer, long, SCORES, "with 10 times the query, the score", 0.2)


@law("score", needs={"additive"})
def opposite_long_queries_score_opposite(score: Subject) -> None:
    """Tanh is odd: a long query scores v · ±1 each, the opposite query the opposite."""
    if not score.is_layer:
        raise NotApplicable("a bias that is not to be found may stand in the way")
    query, key = pair()
    ready(score)
    for weight in score.candidate.trainable_weights:
        if "bias" in weight.path:
            weight.assign(np.zeros(weight.shape))
    there = score(query=1e4 * query, key=key)
    back = score(query=-1e4 * query, key=key)
    if (far := np.abs(there + back).max()) > 0.1 * np.abs(there).max():
        raise LawBroken(
            f"the scores of opposite queries add up to {show(far)}, not to 0: is there "
            "another function in the place of tanh?"
        )


@law("score", needs={"learned"})
def query_and_key_play_different_parts(score: Subject) -> None:
    """Query and key have weights of their own: swapped, they score differently."""
    query, key = pair(queries=KEYS)
    straight = ready(score)(query=query, key=key)
    swapped = np.swapaxes(score(query=key, key=query), -1, -2)
    if np.abs(straight - swapped).max() < 1e-3:
        raise LawBroken("query and key were swapped, and every score stayed the same")


@law("score", needs={"a scaled dot product"}, craft=True)
def half_precision_does_not_overflow(score: Subject) -> None:
    """In float16 the scores of long vectors stay finite where the result fits."""
    half = score.under("mixed_float16")
    query = np.full((1, 2, 4096), 6.0, "float16")
    scores = half(query=query, key=query)
    require_finite(scores, SCORES, "a score that should be 2304")
    # Some backends add up in float16 too: far off, but no longer infinite.
    require_equal(scores, 2304.0, SCORES, "the score", 0.2)

"""Laws of attention that look at the weights, or know what they must be."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.attention import context, inputs, ready, weights
from keras_transformer.laws.inputs import (
    BATCH,
    CONTEXT,
    KEYS,
    QUERIES,
    SCORES,
    VALUE_WIDTH,
    WIDTH,
    masks,
    numbers,
    place,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


@law("attention")
def the_context_is_the_weighted_sum_of_the_values(attend: Subject) -> None:
    """The context is weights times values, with the weights that are returned."""
    ready(attend)
    for mask in (None, masks()["a scattered mask"]):
        given = inputs()
        shares = weights(attend, **given, mask=mask)
        require_equal(
            context(attend, **given, mask=mask),
            np.einsum("bts,bsv->btv", shares, given["value"]),
            CONTEXT,
            "against the returned weights times the values, the context",
            5 * attend.tolerance,
        )


@law("attention", needs={"soft"})
def the_context_stays_among_the_visible_values(attend: Subject) -> None:
    """An average lies between the smallest and the largest visible value."""
    ready(attend)
    for name, mask in masks().items():
        given = inputs()
        made = context(attend, **given, mask=mask)
        seen = np.broadcast_to(mask, (BATCH, QUERIES, KEYS))[..., None]
        values = given["value"][:, None]
        low = np.where(seen, values, np.inf).min(2)
        high = np.where(seen, values, -np.inf).max(2)
        outside = np.maximum(low - made, made - high)
        if (far := outside.max()) > 10 * attend.tolerance or np.isnan(made).any():
            where = np.unravel_index(np.argmax(outside), made.shape)
            raise LawBroken(
                f"under {name} the context at {place(where, CONTEXT)} lies "
                f"{show(far)} outside the visible values"
            )


@law("attention", needs={"soft"})
def equal_keys_share_equally(attend: Subject) -> None:
    """Where all keys are the same, the context is the mean of the visible values."""
    given = inputs()
    given["key"] = np.repeat(given["key"][:, :1], KEYS, 1)
    ready(attend)
    for name, mask in masks().items():
        seen = np.broadcast_to(mask, (BATCH, QUERIES, KEYS)).astype("float64")
        mean = np.einsum("bts,bsv->btv", seen, given["value"]) / seen.sum(-1)[..., None]
        got = context(attend, **given, mask=mask)
        require_equal(
            got, mean, CONTEXT, f"under {name}, the context", 10 * attend.tolerance
        )


@law("attention", needs={"a scaled dot product", "softmax"})
def a_query_finds_its_own_key(attend: Subject) -> None:
    """A query equal to one key, at right angles to the others, takes its value."""
    eye = 30 * np.eye(KEYS, dtype="float32")[None]
    value = numbers(1, KEYS, VALUE_WIDTH)
    got = context(attend, query=eye, value=value, key=eye)
    require_equal(got, value, CONTEXT, "the context", 0.02)


@law("attention", needs={"a scaled dot product", "softmax"})
def attention_is_the_papers_equation(attend: Subject) -> None:
    """The context is softmax(query · key / √d) · value, d the width of the query."""
    given = inputs()
    products = np.einsum("btd,bsd->bts", given["query"].astype("float64"), given["key"])
    for name, mask in {"no mask": np.ones_like(products, bool), **masks()}.items():
        shares = np.where(mask, np.exp(products / np.sqrt(WIDTH)), 0)
        shares /= shares.sum(-1, keepdims=True)
        require_equal(
            context(attend, **given, mask=mask),
            np.einsum("bts,bsv->btv", shares, given["value"]),
            CONTEXT,
            f"under {name}, the context",
            5 * attend.tolerance,
        )


@law("multi_head", needs={"soft"})
def weights_of_every_head_sum_to_one(attend: Subject) -> None:
    """In every head the weights of a query sum to 1 over its visible keys."""
    ready(attend)
    for name, mask in masks().items():
        shares = weights(attend, **inputs(), mask=mask)
        axes = (SCORES[0], "head", *SCORES[1:])
        seen = np.broadcast_to(mask, (BATCH, QUERIES, KEYS))[:, None]
        require_equal(
            (shares * seen).sum(-1, keepdims=True),
            1.0,
            axes,
            f"under {name}, the sum of the visible weights of one query",
            5 * attend.tolerance,
        )
        hidden = shares * ~seen
        require_equal(hidden, 0.0, axes, f"under {name}, the weight of a hidden key", 0)


@law("attention", "multi_head", unless={"sampled"})
def returned_weights_are_those_before_dropout(attend: Subject) -> None:
    """What is shown of the weights is how a query looks, whatever training drops."""
    judged = attend.remade(dropout=0.5)
    ready(judged)
    given = inputs()
    calm = weights(judged, **given)
    made = judged(**given, return_weights=True, training=True)[1]
    what = "with dropout 0.5, in training, the returned weight"
    require_equal(made, calm, SCORES, what, attend.tolerance)

"""Laws of attention: `(query, value, key, mask) → context [..., t, v]`.

They hold for one head and for several; a law that reads the weights asks for them.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    BATCH,
    CASES,
    CONTEXT,
    KEYS,
    QUERIES,
    VALUE_WIDTH,
    WIDTH,
    filled,
    kept,
    masks,
    numbers,
    require_equal,
    require_finite,
    stacked,
    unstacked,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

BOTH = ("attention", "multi_head")


def inputs(
    queries: int = QUERIES, keys: int = KEYS, seed: int | None = 0
) -> dict[str, Any]:
    """Query, value and key of different widths."""
    return {
        "query": numbers(BATCH, queries, WIDTH, seed=seed),
        "value": numbers(BATCH, keys, VALUE_WIDTH, seed=seed + 1),
        "key": numbers(BATCH, keys, WIDTH, seed=seed + 2),
    }


def same_of_all(keys: int = KEYS) -> dict[str, Any]:
    """Self-attention: query, value and key are one sequence, and so of one width."""
    x = numbers(BATCH, keys, WIDTH)
    return {"query": x, "value": x, "key": x}


def context(attend: Subject, training: bool = False, **roles: Any) -> Any:
    """The context alone."""
    roles, sentences = filled(roles)
    result = attend(**roles, training=training)
    made = result[0] if isinstance(result, tuple | list) else result
    return kept(made, sentences)


def contexts(attend: Subject, *cases: Any, **roles: Any) -> Any:
    """The contexts of several inputs, all asked for in one call, as one batch.

    Args:
        attend: What is judged.
        *cases: Inputs by role, at most `CASES`.
        **roles: Masks that all of them share.

    Returns:
        A list of arrays, one for each case.
    """
    together = stacked(cases)
    for name, mask in roles.items():
        together[name] = mask if len(mask) == 1 else np.concatenate([mask] * CASES)
    return unstacked(context(attend, **together), len(cases))


def weights(attend: Subject, **roles: Any) -> Any:
    """The weights that the candidate returns.

    Raises:
        NotApplicable: If it returns none.
    """
    roles, sentences = filled(roles)
    result = attend(**roles, return_weights=True, training=False)
    if not isinstance(result, tuple | list):
        raise NotApplicable("it returns no weights")
    return kept(result[1], sentences)


def ready(attend: Subject, **changes: Any) -> Any:
    """Built for these inputs, with the same weights every time."""
    given, _ = filled({**inputs(), **changes})
    shapes = tuple((role, np.shape(array)) for role, array in given.items())
    return attend.built_by(lambda: context(attend, **given), shapes)


@law(*BOTH)
def every_query_gets_a_context(attend: Subject) -> None:
    """There is one context for each query, made of finite numbers."""
    ready(attend)
    given = inputs()
    made = context(attend, **given)
    if made.shape[:-1] != (BATCH, QUERIES):
        raise LawBroken(
            f"{QUERIES} queries got a context of shape {made.shape}, "
            f"not [{BATCH}, {QUERIES}, width]"
        )
    if attend.kind == "attention" and made.shape[-1] != VALUE_WIDTH:
        raise LawBroken(
            f"values have width {VALUE_WIDTH}, their weighted sum has {made.shape[-1]}"
        )
    require_finite(made, CONTEXT, "the context")


@law(*BOTH)
def hidden_keys_and_values_change_nothing(attend: Subject) -> None:
    """What is hidden may hold anything: no context changes."""
    ready(attend)
    for queries in (KEYS, QUERIES):
        for name, mask in masks(queries).items():
            given = inputs(queries)
            hidden = ~np.broadcast_to(mask, (BATCH, queries, KEYS)).any(1)[..., None]
            if not hidden.any():
                continue
            changed = {
                part: {**given, part: np.where(hidden, np.float32(9), given[part])}
                for part in ("key", "value")
            }
            before, *after = contexts(attend, given, *changed.values(), mask=mask)
            for part, made in zip(changed, after, strict=True):
                require_equal(
                    made,
                    before,
                    CONTEXT,
                    f"under {name}, after a hidden {part} changed, the context",
                    attend.tolerance,
                )


@law(*BOTH)
def a_key_hidden_from_some_queries_is_read_by_the_others_only(attend: Subject) -> None:
    """Whatever a key holds that is hidden from a query, that query's context stays."""
    ready(attend)
    for queries in (KEYS, QUERIES):
        mask, given = masks(queries)["a scattered mask"], inputs(queries)
        changed = []
        for key in (0, 3, 4):  # each is seen by some queries and by others not
            parts = {part: given[part].copy() for part in ("key", "value")}
            for part in parts.values():
                part[:, key] = 9.0
            changed.append({**given, **parts})
        before, *after = contexts(attend, given, *changed, mask=mask)
        for key, made in zip((0, 3, 4), after, strict=True):
            hidden = ~mask[:, :, key, None]
            require_equal(
                np.where(hidden, made, 0.0),
                np.where(hidden, before, 0.0),
                CONTEXT,
                f"key {key} is hidden from this query; after it changed, the context",
                attend.tolerance,
            )


@law(*BOTH)
def a_mask_hides_by_query_and_key(attend: Subject) -> None:
    """A key hidden from one query changes nothing for that one, but for others."""
    ready(attend)
    given = inputs(KEYS)
    mask = np.ones((BATCH, KEYS, KEYS), bool)
    mask[:, 3, 1] = False
    changed = given["value"].copy()
    changed[:, 1] += 9.0
    before, after = contexts(attend, given, {**given, "value": changed}, mask=mask)
    require_equal(
        after[:, 3:4],
        before[:, 3:4],
        CONTEXT,
        "key 1 is hidden from query 3 (shown as query 0); after its value changed, "
        "the context",
        attend.tolerance,
    )
    if "soft" in attend.traits and np.abs(after - before)[:, [0, 4]].max() < 1e-3:
        raise LawBroken("key 1 is hidden from query 3 only, yet no query saw it change")


@law(*BOTH, unless={"aware of order"})
def permuted_keys_with_their_values_change_nothing(attend: Subject) -> None:
    """Memory is a set: keys, values and mask in another order give the same context."""
    given = inputs(KEYS)
    ready(attend)
    order = np.array([3, 0, 4, 1, 2])
    permuted = {**given, **{p: given[p][:, order] for p in ("value", "key")}}
    scattered = masks(KEYS)["a scattered mask"]
    for one, other in (
        ({}, {}),
        ({"mask": scattered}, {"mask": scattered[..., order]}),
    ):
        before, after = contexts(attend, {**given, **one}, {**permuted, **other})
        require_equal(
            after,
            before,
            CONTEXT,
            "after keys and values were permuted together, the context",
            5 * attend.tolerance,
        )


@law(*BOTH)
def each_query_is_answered_alone(attend: Subject) -> None:
    """Another query, or another sentence, changes no context but its own."""
    ready(attend)
    given = inputs(KEYS)
    query = given["query"].copy()
    query[0, 1] = numbers(WIDTH, seed=9)
    before, after = contexts(attend, given, {**given, "query": query})
    after[0, 1] = before[0, 1]
    require_equal(
        after,
        before,
        CONTEXT,
        "after only query 1 of batch 0 changed, the context",
        attend.tolerance,
    )
    require_equal(
        context(attend, **{name: part[1:] for name, part in given.items()}),
        before[1:],
        CONTEXT,
        "the context of sentence 1 (shown as batch 0) alone",
        5 * attend.tolerance,
    )


@law(*BOTH, unless={"hard", "linear on [query; key]"})
def query_and_key_decide_the_weights(attend: Subject) -> None:
    """Other queries or other keys, with the same values, give another context."""
    ready(attend)
    given = inputs(KEYS)
    other = {
        part: {**given, part: 2 * numbers(*given[part].shape, seed=8)}
        for part in ("query", "key")
    }
    before, *after = contexts(attend, given, *other.values())
    for part, made in zip(other, after, strict=True):
        if np.abs(made - before).max() < 1e-3:
            raise LawBroken(f"another {part} changed no context")


@law(*BOTH)
def the_context_is_linear_in_the_values(attend: Subject) -> None:
    """Values are summed, not compared: the context of a sum is the sum of contexts."""
    ready(attend)
    given = inputs(KEYS)
    one, two = given["value"], numbers(*given["value"].shape, seed=8)
    of_sum, of_one, of_two, of_nothing = contexts(
        attend,
        *({**given, "value": value} for value in (2 * one + two, one, two, 0 * one)),
    )
    require_equal(
        of_sum,
        2 * of_one + of_two - 2 * of_nothing,
        CONTEXT,
        "the context of a sum of values",
        20 * attend.tolerance,
    )

"""Laws of attention over inputs so long that a layer may take another way."""

import inspect

import numpy as np

from keras_transformer.laws.attention import context
from keras_transformer.laws.inputs import CONTEXT, numbers, require_equal
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

LONG = 1025  # a prime would do as well; blocks of a power of two must end unevenly
FEW = slice(700, 703)


def _takes_bias(attend):
    called = getattr(attend.candidate, "call", attend.candidate)
    return "score_bias" in inspect.signature(called).parameters


@law("attention", craft=True, unless={"additive", "linear on [query; key]"})
def a_long_input_is_answered_like_a_short_one(attend: Subject) -> None:
    """A query's context is the same among a thousand queries as among three."""
    given = {
        "query": numbers(1, LONG, 2),
        "value": numbers(1, LONG, 3, seed=1),
        "key": numbers(1, LONG, 2, seed=2),
    }
    mask = np.ones((1, 1, LONG), bool)
    mask[..., 2::3] = False
    bias = {"score_bias": numbers(1, LONG, LONG, seed=3)}
    context(attend, **given)
    attend.settled()
    # A bias may keep a layer from the way that it takes without one.
    for roles in ({"mask": mask}, bias) if _takes_bias(attend) else ({"mask": mask},):
        few = {"query": given["query"][:, FEW]}
        if "score_bias" in roles:
            few["score_bias"] = bias["score_bias"][:, FEW]
        require_equal(
            context(attend, **given, **roles)[:, FEW],
            context(attend, **{**given, **roles, **few}),
            CONTEXT,
            f"among {LONG} queries, with a {' and a '.join(roles)}, the context",
            10 * attend.tolerance,
        )

"""Laws of what can be trained: gradients pass from what comes out to what goes in."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import BOTH, inputs, ready
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import filled
from keras_transformer.laws.law import law
from keras_transformer.laws.scores import pair
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.weightings import some_scores


def _arguments(judged):
    """Inputs by role, those first that must get a gradient, and how many these are."""
    learns = {"soft", "absolute"} & judged.traits
    if judged.kind == "score":
        query, key = pair()
        return {"query": query, "key": key}, 2
    if judged.kind == "weighting":
        if not learns:
            raise NotApplicable("a choice has no derivative")
        return {"scores": some_scores()}, 1
    given, _ = filled(inputs())
    roles = {"value": given["value"], "key": given["key"], "query": given["query"]}
    if not learns:
        return roles, 1
    # A part of the score that is the same for every key cancels in the softmax.
    return roles, 2 if "linear on [query; key]" in judged.traits else 3


@law("score", "weighting", "attention", "multi_head")
def a_gradient_reaches_every_input(judged: Subject) -> None:
    """What computes the inputs can be trained: each of them gets a gradient."""
    roles, needed = _arguments(judged)

    def answer(*arrays):
        called = dict(zip(roles, arrays, strict=True))
        made = judged.call(**called, training=False)
        return made[0] if isinstance(made, tuple | list) else made

    if judged.kind in BOTH:
        ready(judged)
    else:
        judged(**roles, training=False)
        judged.settled()
    slopes, _ = gradients(answer, list(roles.values()))
    for role, slope in list(zip(roles, slopes, strict=True))[:needed]:
        if np.abs(slope).max() < 1e-6:
            raise LawBroken(
                f"no gradient reaches the {role}: what computes it cannot be trained"
            )

"""Laws of states that lay out a beam's hypotheses themselves: `spread`, `reorder`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.inputs import plain, require_equal
from keras_transformer.laws.law import law
from keras_transformer.laws.models import SOURCE, TARGET, another, filled, ready
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

PARENTS = ((1, 0), (1, 1))
"""Which of its two hypotheses each one goes on from: swapped, or both from the last."""
LENGTH = 4


@law("model", "language_model")
def a_hypothesis_goes_on_from_its_parent(model: Subject) -> None:
    """After hypotheses changed places, each step reads what its own row has said."""
    if not model.has("start", "step"):
        raise NotApplicable("it has no start and step")
    ready(model)
    start, step = model.get("start"), model.get("step")
    source = filled(SOURCE)
    state = guarded(start, source, LENGTH)
    if not (hasattr(state, "spread") and hasattr(state, "reorder")):
        raise NotApplicable("its state leaves hypotheses to the search")
    first = filled(TARGET)[:, :LENGTH]
    said = np.stack([first, another(first)], 1)  # [sentence, hypothesis, token]
    said[:, 1, 0] = said[:, 0, 0]
    parents = np.array([PARENTS[i % 2] for i in range(len(source))])
    rows = (2 * np.arange(len(source))[:, None] + parents).reshape(-1)
    state = guarded(state.spread, 2)
    for t in range(LENGTH):
        if t == 2:
            state = guarded(state.reorder, rows)
            past = np.take_along_axis(said, parents[..., None], 1)
            said = np.concatenate([past[:, :, :t], said[:, :, t:]], 2)
        made, state = guarded(step, said[:, :, t].reshape(-1), state)
    wanted = _one_by_one(start, step, np.repeat(source, 2, 0), said)
    what = "after hypotheses changed places, the logit"
    axes = ("row", "token")
    require_equal(plain(made), wanted, axes, what, 20 * model.tolerance)


def _one_by_one(start: Any, step: Any, source: Any, said: Any) -> Any:
    """The last logits of each hypothesis, as if it were the only one."""
    tokens = said.reshape(len(source), -1)
    state = guarded(start, source, LENGTH)
    for t in range(LENGTH):
        made, state = guarded(step, tokens[:, t], state)
    return plain(made)

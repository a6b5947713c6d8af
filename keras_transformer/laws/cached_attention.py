"""Laws of attention that is computed a position at a time, from cached keys."""

import inspect

import keras
import numpy as np

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.attention import context, ready
from keras_transformer.laws.inputs import (
    BATCH,
    CASES,
    CONTEXT,
    KEYS,
    WIDTH,
    numbers,
    plain,
    require_equal,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject


@law("multi_head", craft=True)
def cached_attention_equals_the_whole(attend: Subject) -> None:
    """From cached keys, one position or several, it gives what it gives at once."""
    if not attend.has("step", "project"):
        raise NotApplicable("it keeps no cache")
    x = numbers(CASES * BATCH, KEYS, WIDTH)
    causal = np.tri(KEYS, dtype=bool)[None]
    ready(attend, query=x, value=x, key=x)
    whole = context(attend, query=x, value=x, mask=causal)
    # These are no calls, so that nothing is cast on the way in.
    x = keras.ops.cast(x, getattr(attend.candidate, "compute_dtype", "float32"))
    past = guarded(attend.candidate.project, 0 * x)  # room, whatever it holds
    for position in range(KEYS):
        made, past = guarded(
            attend.candidate.step, x[:, position : position + 1], past, position
        )
        require_equal(
            plain(made),
            whole[:, position : position + 1],
            CONTEXT,
            f"at step {position}, from cached keys, the context",
            10 * attend.tolerance,
        )
    attend_to = getattr(attend.candidate, "attend", None)
    if attend_to is None or "offset" not in inspect.signature(attend_to).parameters:
        return
    last = guarded(
        attend_to,
        x[:, 2:],
        guarded(attend.candidate.project, x),
        causal[:, 2:],
        offset=2,
    )
    what = "from position 2 on, from cached keys, with offset=2, the context"
    require_equal(plain(last), whole[:, 2:], CONTEXT, what, 10 * attend.tolerance)

"""Laws of the other masks that an attention takes: of keys, of queries, the causal one.

Keras hands them over by itself, where an `Embedding(mask_zero=True)` made them. They
hold for what takes them, by these names.
"""

import inspect
from typing import Any

import keras
import numpy as np

from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.attention import BOTH, context, inputs, ready, same_of_all
from keras_transformer.laws.inputs import (
    BATCH,
    CASES,
    CONTEXT,
    KEYS,
    QUERIES,
    kept,
    masks,
    plain,
    require_equal,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

REAL = np.array([[True, True, True, True, False], [True, True, False, True, False]])
"""Which of five keys, or of five queries, are no padding."""


@law(*BOTH)
def a_mask_of_keys_hides_beside_the_mask(attend: Subject) -> None:
    """A key that its own mask hides is hidden from every query, whatever else hides."""
    names = _taken(attend, "value_mask", "key_mask")
    ready(attend)
    given = inputs()
    of_all = np.broadcast_to(REAL[:, None], (BATCH, QUERIES, KEYS))
    scattered = masks()["a scattered mask"]
    for name in names:
        for mask, whole, beside in (
            (None, of_all, "alone"),
            (scattered, of_all & scattered, "beside a scattered mask"),
        ):
            require_equal(
                _asked(attend, {name: REAL}, **given, mask=mask),
                context(attend, **given, mask=whole),
                CONTEXT,
                f"with {name} {beside}, instead of one mask that hides what either "
                "hides, the context",
                attend.tolerance,
            )


@law(*BOTH)
def a_mask_of_queries_leaves_the_other_queries_alone(attend: Subject) -> None:
    """Whether a query is padding changes nothing for those that are none."""
    _taken(attend, "query_mask")
    given = same_of_all()
    judged = ready(attend.fresh(), **given)
    made = _asked(judged, {"query_mask": REAL}, **given)
    wanted = context(judged, **given)
    require_equal(
        np.where(REAL[..., None], made, 0.0),
        np.where(REAL[..., None], wanted, 0.0),
        CONTEXT,
        "with a query_mask that calls others padding, the context",
        attend.tolerance,
    )


@law(*BOTH)
def the_causal_option_hides_beside_the_mask(attend: Subject) -> None:
    """With `use_causal_mask` a query sees what is not later and what its mask shows."""
    _taken(attend, "use_causal_mask")
    given = same_of_all()
    judged = ready(attend.fresh(), **given)
    past = np.tri(KEYS, dtype=bool)[None]
    padding = np.broadcast_to(REAL[:, None], (BATCH, KEYS, KEYS))
    for mask, whole, beside in (
        (None, np.repeat(past, BATCH, 0), "alone"),
        (padding, past & padding, "beside a mask of padding"),
    ):
        require_equal(
            _asked(judged, {"use_causal_mask": True}, **given, mask=mask),
            context(judged, **given, mask=whole),
            CONTEXT,
            f"with use_causal_mask {beside}, instead of one mask that hides what "
            "either hides, the context",
            attend.tolerance,
        )


def _taken(attend, *names):
    """Those of these arguments that the candidate takes.

    Raises:
        NotApplicable: If it takes none of them.
    """
    given = attend.given
    called = given.call if isinstance(given, keras.layers.Layer) else given
    try:
        parameters = inspect.signature(called).parameters
    except (TypeError, ValueError):
        parameters = {}
    found = [name for name in names if name in parameters]
    if not found:
        raise NotApplicable(f"it takes no {' and no '.join(names)}")
    return found


def _asked(attend: Subject, options: dict[str, Any], **roles: Any) -> Any:
    """The context with options by name, of a batch as large as those of other laws."""
    roles = {name: _many(part) for name, part in roles.items() if part is not None}
    options = {name: _many(part) for name, part in options.items()}
    made = attend.call_with(options, **roles, training=False)
    made = made[0] if isinstance(made, tuple | list) else made
    return kept(plain(made), BATCH)


def _many(part):
    return np.concatenate([part] * CASES) if isinstance(part, np.ndarray) else part

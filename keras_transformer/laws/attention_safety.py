"""Laws of attention where it breaks in practice: blind queries, precision, dropout."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import (
    BOTH,
    context,
    contexts,
    inputs,
    ready,
    same_of_all,
)
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import (
    CONTEXT,
    blind_mask,
    filled,
    masks,
    place,
    require_equal,
    require_finite,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.likely import seen_by_the_blind
from keras_transformer.laws.subject import Subject


def _with_dropout(attend, share):
    judged = attend.remade(dropout=share)
    ready(judged)
    return judged


@law(*BOTH)
def a_blind_query_is_answered_without_nan(attend: Subject) -> None:
    """A query that sees no key gets a finite answer that no value reaches."""
    for given in (inputs(), same_of_all()):
        attend = ready(attend.fresh(), **given)
        mask = blind_mask(given["query"].shape[1])
        other = {**given, "value": given["value"] + 5}
        made, other = contexts(attend, given, other, mask=mask)
        require_finite(made, CONTEXT, "with a query that sees no key, the context")
        what = "query 1 (shown as query 0) sees nothing; with other values, its context"
        try:
            require_equal(
                other[:1, 1:2], made[:1, 1:2], CONTEXT, what, attend.tolerance
            )
        except LawBroken as broken:
            seen = seen_by_the_blind(attend, given, made[:1, 1:2])
            raise LawBroken(f"{broken}{seen}") from None
        if attend.kind == "attention":
            nothing = made[:1, 1:2]
            require_equal(nothing, 0.0, CONTEXT, "the context of a blind query", 0.0)


@law(*BOTH)
def gradients_through_a_blind_query_are_finite(attend: Subject) -> None:
    """Even with a query that sees no key, every gradient is finite, in float16 too."""
    given, _ = filled({**inputs(), "mask": blind_mask()})
    cases = [(attend, "float32")]
    if attend.is_layer:
        cases.append((attend.under("mixed_float16"), "float16"))
    for judged, dtype in cases:
        ready(judged)

        def answer(query, value, key, judged=judged):
            made = judged.call(
                query=query, value=value, key=key, mask=given["mask"], training=False
            )
            return made[0] if isinstance(made, tuple | list) else made

        by_inputs, by_weights = gradients(
            answer,
            [given["query"], given["value"], given["key"]],
            layer=judged.candidate if judged.is_layer else None,
            dtype=dtype,
        )
        for name, slope in zip(("query", "value", "key"), by_inputs, strict=True):
            require_finite(slope, CONTEXT, f"in {dtype} the gradient by the {name}")
        for slope in by_weights:
            require_finite(slope, (), f"in {dtype} the gradient by a weight")


@law(*BOTH, craft=True)
def what_no_query_sees_may_be_nan(attend: Subject) -> None:
    """Keys and values hidden from all queries may be NaN or infinite: all stays finite.

    A weight of 0 does not hide them: 0 · NaN is NaN, in the sum and in the gradient.
    """
    ready(attend)
    given, mask = inputs(), masks()["a padding mask"]
    hidden = ~np.swapaxes(mask, 1, 2)
    spoiled = [
        {
            **given,
            **{
                part: np.where(hidden, poison, given[part]) for part in ("key", "value")
            },
        }
        for poison in (np.float32(np.nan), np.float32(np.inf))
    ]
    before, *after = contexts(attend, given, *spoiled, mask=mask)
    for poison, made in zip(("NaN", "infinite"), after, strict=True):
        what = f"with hidden keys and values that are {poison}, the context"
        require_equal(made, before, CONTEXT, what, attend.tolerance)
    filled_up, _ = filled({**spoiled[0], "mask": mask})

    def answer(query, value, key):
        made = attend.call(
            query=query, value=value, key=key, mask=filled_up["mask"], training=False
        )
        return made[0] if isinstance(made, tuple | list) else made

    by_inputs, by_weights = gradients(
        answer,
        [filled_up[part] for part in ("query", "value", "key")],
        layer=attend.candidate if attend.is_layer else None,
    )
    for name, slope in zip(("query", "value", "key"), by_inputs, strict=True):
        what = f"with hidden keys and values that are NaN, the gradient by the {name}"
        require_finite(slope, CONTEXT, what)
    for slope in by_weights:
        what = "with hidden keys and values that are NaN, the gradient by a weight"
        require_finite(slope, (), what)


@law("multi_head", unless={"hard"})
def every_projection_is_used(attend: Subject) -> None:
    """Every weight gets a gradient that is not 0."""
    ready(attend)
    given, _ = filled(inputs())

    def answer(query):
        made = attend.call(**{**given, "query": query}, training=False)
        return made[0] if isinstance(made, tuple | list) else made

    _, slopes = gradients(answer, [given["query"]], layer=attend.candidate)
    for weight, slope in zip(attend.candidate.trainable_weights, slopes, strict=True):
        # The bias of a key adds the same to all scores of a query: softmax ignores it.
        if np.abs(slope).max() == 0 and not (
            len(weight.shape) < 3 and "bias" in weight.path
        ):
            raise LawBroken(f"{weight.path} gets no gradient: nothing depends on it")


@law(*BOTH, craft=True)
def half_precision_gives_nearly_the_same_context(attend: Subject) -> None:
    """bfloat16 and float16 change the context only by rounding, masks included."""
    if not attend.is_layer:
        raise NotApplicable("it has no dtype policy")
    if "hard" in attend.traits:
        raise NotApplicable("rounding may change which keys are the k highest")
    exact = attend.under("float32")
    ready(exact)
    given, mask = inputs(), blind_mask()
    wanted = context(exact, **given, mask=mask)
    for policy, tolerance in (("mixed_bfloat16", 0.1), ("mixed_float16", 0.02)):
        judged = attend.under(policy)
        ready(judged)
        got = context(judged, **given, mask=mask)
        require_equal(got, wanted, CONTEXT, f"under {policy}, the context", tolerance)


@law(*BOTH)
def dropout_rests_at_inference(attend: Subject) -> None:
    """Outside training nothing is dropped: the same inputs give the same context."""
    judged, without = _with_dropout(attend, 0.5), _with_dropout(attend, 0.0)
    given = inputs()
    wanted = context(without, **given, training=False)
    for training in (False, None):
        require_equal(
            context(judged, **given, training=training),
            wanted,
            CONTEXT,
            f"with dropout 0.5 and training={training}, the context",
            judged.tolerance,
        )


@law(*BOTH, unless={"sampled"})
def dropout_keeps_the_mean(attend: Subject) -> None:
    """In training the context varies, and its mean is the context without dropout."""
    judged = _with_dropout(attend, 0.5)
    given = {name: np.repeat(part[:1], 2003, 0) for name, part in inputs().items()}
    made = context(judged, **given, training=True)
    if made.std(0).max() < 1e-3:
        raise LawBroken("with dropout 0.5 and training=True nothing varies")
    calm = context(judged, **inputs())[:1]
    error = made.std(0, keepdims=True) / np.sqrt(len(made))
    off = np.abs(made.mean(0, keepdims=True) - calm) - 6 * error - judged.tolerance
    if off.max() > 0:
        where = np.unravel_index(np.argmax(off), off.shape)
        raise LawBroken(
            f"over 2,003 draws the mean context at {place(where, CONTEXT)} is "
            f"{show(made.mean(0, keepdims=True)[where])}, without dropout it is "
            f"{show(calm[where])}"
        )

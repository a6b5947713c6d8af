"""Laws of translators: `{"source", "target"} → logits [b, t, v]`; token 0 = padding.

Most of them hold for language models too, which are given the target alone.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    kept,
    plain,
    require_equal,
    require_finite,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

SOURCE = np.array([[5, 9, 3, 7, 2], [6, 4, 2, 0, 0]])
TARGET = np.array([[1, 8, 5, 4, 9, 6, 3], [1, 3, 7, 6, 5, 0, 0]])
LOGITS = ("batch", "position", "token")
ROWS = max(SOURCE.shape[1], TARGET.shape[1]) + 1
"""Rows in which each token of a sentence can change in turn."""


def logits(
    model: Subject, source: Any = SOURCE, target: Any = TARGET, training: bool = False
) -> Any:
    """Logits of a model that takes a dict, or of a function of source and target."""
    judged, sentences = model.candidate, len(source)
    if sentences == len(SOURCE):
        source, target = filled(source), filled(target)
    if model.is_layer:
        inputs = given(model, source, target)
        made = plain(guarded(judged, inputs, training=training))
    else:
        sides = (source, target) if model.kind == "model" else (target,)
        made = plain(guarded(judged, *sides))
    return kept(made, sentences)


def given(model: Subject, source: Any, target: Any) -> Any:
    """What a model is called with: a translator with both, others with the target."""
    if model.kind == "model":
        return {"source": source, "target": target}
    return target


def filled(ids: Any) -> Any:
    """The two sentences, again and again, in `ROWS` rows: one size for all."""
    return np.concatenate([ids] * (ROWS // len(SOURCE)))


def another(tokens: Any) -> Any:
    """Another real token in place of each."""
    return np.where(tokens == 7, 8, 7)


def ready(model: Subject) -> Any:
    """Built, with the same weights every time."""
    return model.built_by(lambda: logits(model))


def usual(model: Subject) -> Any:
    """The logits that a ready model gives for the usual sentences."""
    return model.answered("the usual logits", lambda: logits(model))


@law("model", "language_model")
def every_target_position_gets_logits(model: Subject) -> None:
    """There are finite logits over the vocabulary at every target position."""
    ready(model)
    made = usual(model)
    if made.ndim != 3 or made.shape[:2] != TARGET.shape:
        raise LawBroken(
            f"target of shape {TARGET.shape} and source of shape {SOURCE.shape} gave "
            f"logits of shape {made.shape}, not [batch, target position, vocabulary]"
        )
    require_finite(made, LOGITS, "the logit")
    if made.min() >= 0 and np.abs(made.sum(-1) - 1).max() < 1e-3:
        raise LawBroken(
            "the logits are probabilities: a softmax is in the model already"
        )


def changed_one_by_one(ids: Any) -> Any:
    """The first sentence, and below it that sentence with one token changed in turn."""
    rows = np.repeat(ids[:1], ROWS, 0)
    for place in range(ids.shape[1]):
        rows[place + 1, place] = another(rows[place + 1, place])
    return rows


def _changes(model, source=None, target=None):
    """How far each logit moves, by the token that changed: `[changed, position]`."""
    changed = SOURCE.shape[1] if target is None else TARGET.shape[1]
    source = np.repeat(SOURCE[:1], ROWS, 0) if source is None else source
    target = np.repeat(TARGET[:1], ROWS, 0) if target is None else target
    made = logits(model, source, target)
    return np.abs(made[1 : changed + 1] - made[:1]).max(-1)


def _changes_by_target(model):
    return model.answered(
        "changes by target",
        lambda: _changes(model, target=changed_one_by_one(TARGET)),
    )


@law("model", "language_model")
def no_output_reads_a_later_target(model: Subject) -> None:
    """Output t is the same whatever the target holds after t."""
    ready(model)
    moved = _changes_by_target(model)
    early = np.tri(len(moved), moved.shape[1], -1) * moved
    if early.max() > 10 * model.tolerance:
        t, output = np.unravel_index(np.argmax(early), early.shape)
        raise LawBroken(
            f"after target {t} changed, output {output} before it changed by "
            f"{show(early.max())}: the decoder sees what it must predict"
        )


@law("model", "language_model")
def every_output_reads_the_target_so_far(model: Subject) -> None:
    """Output t depends on target t, the last token it is given."""
    ready(model)
    moved = np.diagonal(_changes_by_target(model))
    if moved.min() < 1e-4:
        t = int(np.argmin(moved))
        raise LawBroken(f"target {t} changed, and output {t} did not")


@law("model")
def every_output_reads_the_whole_source(model: Subject) -> None:
    """Each source token changes the output: also the first output, the last token."""
    ready(model)
    moved = _changes(model, source=changed_one_by_one(SOURCE))[:, 0]
    if moved.min() < 1e-4:
        raise LawBroken(
            f"source token {np.argmin(moved)} changed, and output 0 did not"
        )


@law("model")
def every_output_may_look_at_the_whole_source(model: Subject) -> None:
    """No mask of order lies on the cross-attention: output 0 may look anywhere."""
    ready(model)
    ask = model.get("attention_weights")
    # One sentence in many orders: where only the best keys are looked at, each
    # position is among them in some.
    random = np.random.default_rng(5)
    source = np.array([random.permutation(SOURCE[0]) for _ in range(ROWS)])
    target = np.repeat(TARGET[:1], ROWS, 0)
    made = None if ask is None else guarded(ask, {"source": source, "target": target})
    cross = getattr(made, "cross", None)
    if cross is None:
        raise NotApplicable("it tells no weights of a cross-attention")
    looked = plain(cross)[..., 0, :].max(axis=(0, 1, 2))  # by source position
    if looked.min() <= 0:
        raise LawBroken(
            f"when it writes output 0, it never looks at source {int(looked.argmin())}"
        )


@law("model")
def source_padding_changes_nothing(model: Subject) -> None:
    """Two more columns of padding in the source leave every logit as it is."""
    ready(model)
    wanted = usual(model)
    got = logits(model, source=np.pad(SOURCE, ((0, 0), (0, 2))))
    what = "with 2 more columns of source padding, the logit"
    require_equal(got, wanted, LOGITS, what, 10 * model.tolerance)
    short = logits(model, SOURCE[1:, :3], TARGET[1:])
    what = "without its source padding, the logit of sentence 1 (shown as batch 0)"
    require_equal(short, wanted[1:], LOGITS, what, 10 * model.tolerance)


@law("model", "language_model")
def target_padding_changes_nothing(model: Subject) -> None:
    """Three more columns of padding in the target leave every kept logit as it is."""
    ready(model)
    got = logits(model, target=np.pad(TARGET, ((0, 0), (0, 3))))[:, : TARGET.shape[1]]
    what = "with 3 more columns of target padding, the logit"
    require_equal(got, usual(model), LOGITS, what, 10 * model.tolerance)


@law("model", "language_model")
def sentences_are_translated_alone(model: Subject) -> None:
    """A sentence's logits do not depend on the other sentences of its batch."""
    ready(model)
    together = usual(model)
    swapped = logits(model, SOURCE[::-1], TARGET[::-1])[::-1]
    for b in range(len(SOURCE)):
        alone = logits(model, SOURCE[b : b + 1], TARGET[b : b + 1])
        what = f"sentence {b} of the batch alone: the logit"
        for batch in (together, swapped):
            wanted = batch[b : b + 1]
            require_equal(alone, wanted, LOGITS, what, 10 * model.tolerance)


@law("model", needs={"aware of order"})
def the_order_of_words_counts(model: Subject) -> None:
    """Source words in another order give another output, target words too."""
    ready(model)
    source, target = np.repeat(SOURCE[:1], ROWS, 0), np.repeat(TARGET[:1], ROWS, 0)
    source[1, [0, 2]] = source[1, [2, 0]]
    target[2, [1, 3]] = target[2, [3, 1]]
    last = logits(model, source, target)[:, -1]
    if np.abs(last[1] - last[0]).max() < 1e-4:
        raise LawBroken("source words 0 and 2 were swapped, and no output changed")
    if np.abs(last[2] - last[0]).max() < 1e-4:
        raise LawBroken("target words 1 and 3 were swapped, and the last output stayed")

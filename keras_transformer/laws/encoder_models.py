"""Laws of encoders with a head: `ids [b, t] → [b, t, v]`, or `[b, c]` of a sentence."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import require_equal, require_finite
from keras_transformer.laws.law import law
from keras_transformer.laws.models import (
    LOGITS,
    ROWS,
    TARGET,
    changed_one_by_one,
    logits,
    ready,
    usual,
)
from keras_transformer.laws.subject import Subject

CLASSES = ("batch", "class")


def answers(model: Subject, ids: Any) -> Any:
    """What an encoder says of sentences."""
    return logits(model, source=ids, target=ids)


@law("encoder_model")
def an_encoder_answers_each_sentence(model: Subject) -> None:
    """There are finite numbers for every position, or one answer for the sentence."""
    ready(model)
    made = usual(model)
    wanted = TARGET.shape[: made.ndim - 1]
    if made.ndim not in (2, 3) or made.shape[:-1] != wanted:
        raise LawBroken(
            f"ids of shape {TARGET.shape} gave an answer of shape {made.shape}, not "
            "[batch, position, vocabulary], nor [batch, class]"
        )
    require_finite(made, LOGITS if made.ndim == 3 else CLASSES, "the answer")


@law("encoder_model")
def every_token_counts_everywhere(model: Subject) -> None:
    """Each token, wherever it stands, changes the answer, and that of each position."""
    ready(model)
    ids = changed_one_by_one(TARGET)
    moved = np.abs(answers(model, ids)[1:8] - usual(model)[:1]).max(-1)
    if moved.min() < 1e-4:
        place = np.unravel_index(moved.argmin(), moved.shape)
        where = f" at position {place[1]}" if moved.ndim == 2 else ""
        raise LawBroken(
            f"token {place[0]} of {len(moved)} changed, and the answer{where} did not"
        )


@law("encoder_model")
def padding_takes_no_part(model: Subject) -> None:
    """A sentence's answer is the same with more padding, with less, and alone."""
    ready(model)
    wanted, real = usual(model), TARGET[1:, :5]
    axes = LOGITS if wanted.ndim == 3 else CLASSES
    wide = answers(model, np.pad(TARGET, ((0, 0), (0, 3))))
    alone = answers(model, real)
    if wanted.ndim == 3:
        wide = wide[:, : TARGET.shape[1]]
        kept = (TARGET != 0)[..., None]
        wide, wanted = np.where(kept, wide, 0), np.where(kept, wanted, 0)
    what = "with 3 more columns of padding, the answer"
    require_equal(wide, wanted, axes, what, 10 * model.tolerance)
    shown = wanted[1:, :5] if wanted.ndim == 3 else wanted[1:]
    what = "without its padding, the answer of sentence 1 (shown as batch 0)"
    require_equal(alone, shown, axes, what, 10 * model.tolerance)


@law("encoder_model", needs={"aware of order"})
def the_order_of_tokens_counts(model: Subject) -> None:
    """The same tokens in another order have another answer."""
    ready(model)
    ids = np.repeat(TARGET[:1], ROWS, 0)
    ids[1, [1, 3]] = ids[1, [3, 1]]
    made = answers(model, ids)
    moved = np.abs(made[1] - made[0])
    if (moved[0] if made.ndim == 3 else moved).max() < 1e-4:
        raise LawBroken("tokens 1 and 3 were swapped, and the answer stayed")

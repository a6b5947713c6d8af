"""Laws of batches that teach to write: a `PyDataset` of `(inputs, labels)`.

Inputs are a dict with the `"target"` that a decoder reads, or the `"ids"` of a language
model; padding is 0, start 1, end 2. Several sentences in a row have `"segments"`, or
`"target_segments"`, counted from 1.
"""

import collections
import copy
from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject
from keras_transformer.tokens.reserved import END, PADDING, START

MOST = 1000
"""More batches are not read: the laws are for a small set of data."""


def rows(batches: Subject, epochs: int = 1) -> list[list[tuple[Any, Any, Any]]]:
    """Ids, segments and labels of every row, by epoch; none of its numbers is changed.

    Raises:
        NotApplicable: If there are too many batches.
    """
    try:
        judged = copy.deepcopy(batches.candidate)
    except Exception:
        raise NotApplicable(
            "it cannot be copied, and would be in another epoch"
        ) from None
    if not 0 < len(judged) <= MOST:
        raise NotApplicable(f"only up to {MOST} batches are read, it has {len(judged)}")
    return [_epoch(judged) for _ in range(epochs)]


def _epoch(judged):
    found = []
    for number in range(len(judged)):
        inputs, labels, *_ = guarded(judged.__getitem__, number)
        if not isinstance(inputs, dict) or not {"target", "ids"} & set(inputs):
            raise NotApplicable("its inputs are no dict with a target, or with ids")
        name = "target" if "target" in inputs else "ids"
        ids = plain(inputs[name])
        named = "target_segments" if name == "target" else "segments"
        segments = inputs.get(named)
        segments = ids != PADDING if segments is None else plain(segments)
        found += zip(ids, segments.astype(int), plain(labels), strict=True)
    guarded(getattr(judged, "on_epoch_end", lambda: None))
    return found


def _said(ids):
    return " ".join(str(int(token)) for token in ids)


@law("batches")
def a_label_is_what_is_read_next(batches: Subject) -> None:
    """The label at t is the input at t + 1, behind a sentence its end, else padding."""
    for ids, _, labels in rows(batches)[0]:
        following = np.append(ids[1:], PADDING)
        wanted = np.where(np.isin(following, (PADDING, START)), END, following)
        wanted = np.where(ids == PADDING, PADDING, wanted)
        if not np.array_equal(labels, wanted):
            raise LawBroken(
                f"where [{_said(ids)}] is read the labels are [{_said(labels)}], they "
                f"should be [{_said(wanted)}]"
            )


@law("batches", needs={"packed"})
def every_sentence_has_a_segment_of_its_own(batches: Subject) -> None:
    """A sentence begins with its start, where the next segment begins, from 1 on."""
    for ids, segments, _ in rows(batches)[0]:
        wanted = np.where(ids == PADDING, 0, np.cumsum(ids == START))
        if not np.array_equal(segments, wanted):
            raise LawBroken(
                f"[{_said(ids)}] has the segments [{_said(segments)}], they should be "
                f"[{_said(wanted)}]"
            )


@law("batches")
def every_epoch_holds_the_same_sentences(batches: Subject) -> None:
    """Epoch after epoch the same sentences are read: none is lost, none comes twice."""
    counts = [
        collections.Counter(
            tuple(int(token) for token in ids[segments == number])
            for ids, segments, _ in epoch
            for number in set(segments.tolist()) - {0}
        )
        for epoch in rows(batches, epochs=3)
    ]
    for epoch, count in enumerate(counts):
        if lost := (counts[0] - count) or (count - counts[0]):
            sentence = next(iter(lost))
            raise LawBroken(
                f"[{_said(sentence)}] comes {counts[0][sentence]} times in epoch 0 and "
                f"{count[sentence]} times in epoch {epoch}"
            )

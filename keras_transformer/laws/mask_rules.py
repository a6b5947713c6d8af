"""Laws of masks that are rules: `rule.array(query_length, key_length, offset)`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

_LENGTH = 7


def _require_kept(rule, keeps, batch=1):
    """Compare the array of a rule, whole and from an offset on, with a sentence."""
    positions = range(_LENGTH)
    wanted = np.array(
        [[[keeps(b, t, s) for s in positions] for t in positions] for b in range(batch)]
    )
    for first in (0, 3):
        given = (_LENGTH - first, _LENGTH, *([first] if first else []))
        made = plain(guarded(rule.candidate.array, *given))
        part = wanted[:, first:]
        if made.dtype != bool:
            raise LawBroken(f"the array holds {made.dtype}, not booleans")
        try:
            made = np.broadcast_to(made, part.shape)
        except ValueError:
            raise LawBroken(
                f"the array has shape {made.shape}, [b, t, s] is {part.shape}"
            ) from None
        wrong = np.argwhere(made != part)
        if len(wrong):
            b, t, s = wrong[0]
            does = "keeps" if made[b, t, s] else "hides"
            raise LawBroken(
                f"from offset {first} on it {does} key {s} from the query at position "
                f"{t + first} of sentence {b}, though it should not"
            )


def _option(rule: Subject, name: str) -> Any:
    found = rule.option(name)
    if found is None:
        raise NotApplicable(f"it has no {name}")
    return found


def _list(rule: Subject, name: str) -> Callable:
    """Numbers of sentences, or one for all."""
    numbers = np.asarray(_option(rule, name))
    return numbers if numbers.ndim else numbers[None]


@law("mask_rule", needs={"window"})
def a_window_shows_what_is_near(rule: Subject) -> None:
    """A query sees so many keys before its position, itself, and so many after."""
    before = _option(rule, "before")
    after = rule.option("after", before)
    _require_kept(rule, lambda b, t, s: -before <= s - t <= after)


@law("mask_rule", needs={"prefix"})
def a_prefix_is_seen_by_all(rule: Subject) -> None:
    """Every query sees the whole prefix, and beyond it only what came before."""
    lengths = _list(rule, "lengths")
    _require_kept(rule, lambda b, t, s: s < lengths[b] or s <= t, len(lengths))


@law("mask_rule", needs={"segments"})
def a_segment_sees_itself_alone(rule: Subject) -> None:
    """A query sees the keys of its own sentence; padding neither sees nor is seen."""
    ids = np.asarray(_option(rule, "query"))
    if ids.shape[1] != _LENGTH:
        raise NotApplicable(f"its sequences are not {_LENGTH} long")
    _require_kept(rule, lambda b, t, s: 0 != ids[b, s] == ids[b, t], len(ids))


@law("mask_rule", needs={"lengths"})
def a_length_counts_the_keys(rule: Subject) -> None:
    """A query sees the first keys of its sentence, as many as there are."""
    lengths = _list(rule, "lengths")
    _require_kept(rule, lambda b, t, s: s < lengths[b], len(lengths))


@law("mask_rule", needs={"causal"})
def a_causal_rule_shows_the_past(rule: Subject) -> None:
    """A query sees itself and what came before it, also from an offset on."""
    _require_kept(rule, lambda b, t, s: s <= t)

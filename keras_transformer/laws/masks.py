"""Laws of masks: boolean, `True` = keep."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

IDS = np.array([[5, 9, 0, 0, 0], [3, 4, 7, 2, 0], [1, 1, 1, 1, 1]])
_MARKS = np.array(["hides", "keeps"])


def _require_boolean(mask, what):
    mask = plain(mask)
    if mask.dtype != bool:
        raise LawBroken(
            f"{what} holds {mask.dtype} {sorted(set(mask.ravel().tolist()))[:3]}, "
            "not booleans: nothing says which way round 0 and 1 are meant"
        )
    return mask


def _require_mask(got, wanted, what):
    try:
        got = np.broadcast_to(np.asarray(got) != 0, wanted.shape)
    except ValueError:
        raise LawBroken(
            f"{what} has shape {np.shape(got)}, which does not fit "
            f"[batch, query, key] = {wanted.shape}"
        ) from None
    wrong = np.argwhere(got != wanted)
    if len(wrong):
        b, t, s = wrong[0]
        raise LawBroken(
            f"{what} {_MARKS[int(got[b, t, s])]} key {s} from query {t} in batch {b}, "
            f"though it should not ({show(100 * len(wrong) / wanted.size)} % are wrong)"
        )


@law("padding_mask")
def a_padding_mask_keeps_exactly_the_real_tokens(mask: Subject) -> None:
    """The mask keeps each key that is a real token and hides each that is padding."""
    made = mask(ids=IDS)
    for queries in (5, 2):
        wanted = np.broadcast_to((IDS != 0)[:, None], (3, queries, 5))
        _require_mask(made, wanted, f"with {queries} queries the mask")


@law("padding_mask")
def a_padding_mask_is_boolean(mask: Subject) -> None:
    """The mask is boolean: True = keep."""
    _require_boolean(mask.call(ids=IDS), "the mask")


def _square(mask, length):
    return guarded(mask.candidate, length)


@law("causal_mask")
def a_query_sees_itself_and_what_came_before(mask: Subject) -> None:
    """Query t sees the keys 0 … t: itself too, and none after it."""
    for length in (1, 5, 7):
        wanted = np.tri(length, dtype=bool)[None]
        _require_mask(plain(_square(mask, length)), wanted, "the mask")


@law("causal_mask")
def a_causal_mask_is_boolean(mask: Subject) -> None:
    """The mask is boolean: True = keep."""
    _require_boolean(_square(mask, 5), "the mask")


def _with_cache(mask, queries, keys, **offset):
    try:
        return plain(mask.candidate(queries, keys, **offset))
    except TypeError:
        raise NotApplicable("it takes no number of keys, or no offset") from None


@law("causal_mask")
def the_last_query_sits_on_the_last_key(mask: Subject) -> None:
    """With keys from a cache, a new query sees all of them, and what is new so far."""
    for queries, keys in ((1, 5), (3, 5), (2, 7)):
        wanted = np.tri(queries, keys, keys - queries, dtype=bool)[None]
        got = _with_cache(mask, queries, keys)
        _require_mask(got, wanted, f"with {queries} queries and {keys} keys the mask")


@law("causal_mask")
def an_offset_places_the_queries(mask: Subject) -> None:
    """With an offset, query t stands at position offset + t among the keys."""
    for offset in (0, 2, 4):
        wanted = np.tri(2, 7, offset, dtype=bool)[None]
        got = _with_cache(mask, 2, 7, offset=offset)
        _require_mask(got, wanted, f"with offset {offset} the mask")


@law("combine_masks")
def combined_masks_keep_what_all_keep(combine: Subject) -> None:
    """A key is kept only if every mask keeps it."""
    padding = (IDS != 0)[:, None]
    causal = np.tri(5, dtype=bool)[None]
    wanted = padding & causal
    for masks in ((padding, causal), (causal, padding)):
        made = plain(guarded(combine.candidate, *masks))
        _require_mask(made, wanted, "the combined mask")


@law("combine_masks")
def combined_masks_are_boolean(combine: Subject) -> None:
    """The combination is boolean: True = keep."""
    padding, causal = (IDS != 0)[:, None], np.tri(5, dtype=bool)[None]
    made = guarded(combine.candidate, padding, causal)
    _require_boolean(made, "the combined mask")

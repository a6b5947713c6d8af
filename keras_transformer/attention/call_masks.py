"""What the masks of one call say together, and whether they fit what they mask.

Axes: `b` batch, `h` head, `t` query position, `s` key position; `...` what stands
before the last two (batch, heads). `True` = keep.
"""

from typing import Any

from keras import ops

from keras_transformer.attention.kernels.choose import may_cut_queries
from keras_transformer.attention.shapes import known, require_pairs
from keras_transformer.masks import (
    CausalMask,
    Mask,
    causal_mask,
    combine_masks,
    require_boolean,
    seen_keys,
)
from keras_transformer.masks.in_rows import MaskInRows


def _fits(shape, wanted):
    """Whether a shape broadcasts to another, as far as both are known."""
    missing = len(wanted) - len(shape)
    return missing >= 0 and all(
        own == 1 or not known(own, length) or own == length
        for own, length in zip(shape, wanted[missing:], strict=True)
    )


def _advice(shape, wanted):
    *leading, _, keys = wanted
    if len(shape) == 2 and leading and shape == (leading[0], keys):
        return (
            "; a mask of padding [b, s] is handed over as [b, 1, s], or as value_mask"
        )
    return ""


def without_rules(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call that say something about its shapes: no rules of masks.

    JAX takes none where it is asked for shapes alone.

    Args:
        arguments: By name.
    """
    return {name: x for name, x in arguments.items() if not isinstance(x, Mask)}


def mask_of_scores(mask: Any, scores_shape: tuple) -> Any:
    """The mask of a call as an array that fits the scores.

    Args:
        mask: The `attention_mask` of a call, an array or a rule; `None` stays `None`.
        scores_shape: Shape of the scores, `[..., t, s]`.

    Returns:
        Boolean, broadcastable to the scores.
    """
    mask = mask.rule if isinstance(mask, MaskInRows) else mask
    if isinstance(mask, Mask):
        mask = mask.array(*scores_shape[-2:])
        if len(scores_shape) > len(mask.shape):  # b t s → b 1 … t s
            between = len(scores_shape) - len(mask.shape)
            mask = ops.expand_dims(mask, tuple(range(1, 1 + between)))
        elif len(scores_shape) == 2 and mask.shape[0] == 1:
            mask = mask[0]
    require_mask_of_scores(mask, scores_shape)
    return mask


def require_mask_of_scores(mask: Any, wanted: Any) -> None:
    """Refuse a mask that does not fit the scores `[..., t, s]`.

    Args:
        mask: The `attention_mask` of a call; `None` fits.
        wanted: Shape of the scores.

    Raises:
        ValueError: If it is not boolean, has more axes, or does not broadcast.
    """
    if mask is None:
        return
    require_boolean(mask)
    shape = tuple(mask.shape)
    if len(shape) < 2 or not _fits(shape, wanted):
        raise ValueError(
            f"attention_mask must broadcast to [..., t, s], here {tuple(wanted)}, "
            f"got shape {shape}{_advice(shape, tuple(wanted))}"
        )


def require_mask_of_heads(mask: Any, scores_shape: tuple) -> None:
    """Refuse a mask that does not fit the scores of several heads.

    Args:
        mask: The `attention_mask` of a call; `None` fits.
        scores_shape: `(b, h, t, s)`.

    Raises:
        ValueError: If it is not boolean, or has other axes than those of
            `mask_of_heads`.
    """
    if mask is None:
        return
    require_boolean(mask)
    _require_shape_of_heads(tuple(mask.shape), scores_shape)


def _require_shape_of_heads(shape, scores_shape):
    padded = {2: (1, 1, *shape), 3: (*shape[:1], 1, *shape[1:]), 4: shape}
    if len(shape) not in padded or not _fits(padded[len(shape)], scores_shape):
        batch, heads, queries, keys = scores_shape
        raise ValueError(
            "attention_mask must be [t, s], [b, t, s], [b, 1, t, s] or [b, h, t, s], "
            f"here with b={batch}, h={heads}, t={queries}, s={keys}, got shape "
            f"{shape}{_advice(shape, tuple(scores_shape))}"
        )


def mask_of_heads(mask: Any, scores_shape: tuple, offset: Any = None) -> Any:
    """The mask of a call of several heads, with an axis of heads: `[b, h, t, s]`.

    Args:
        mask: Boolean `[t, s]`, `[b, t, s]`, `[b, 1, t, s]` or `[b, h, t, s]`, any axis
            of length 1 standing for all, or a rule; `None` stays `None`.
        scores_shape: `(b, h, t, s)`; lengths may be unknown.
        offset: Position of the first query, for a rule.

    Returns:
        Boolean of four axes, each of length 1 or that of the scores; a `MaskInRows` as
        it came.
    """
    if isinstance(mask, MaskInRows):
        return mask
    if isinstance(mask, Mask):
        mask = mask.array(*scores_shape[2:], offset)
    require_mask_of_heads(mask, scores_shape)
    if mask is None or len(mask.shape) == 4:
        return mask
    return ops.expand_dims(mask, (0, 1) if len(mask.shape) == 2 else 1)


def require_bias_of_heads(bias: Any, scores_shape: tuple) -> None:
    """Refuse a bias that does not fit the scores of several heads.

    Args:
        bias: The `score_bias` of a call; `None` fits.
        scores_shape: `(b, h, t, s)`.

    Raises:
        ValueError: If it is neither `[h, t, s]` nor `[b, h, t, s]`.
    """
    if bias is None:
        return
    shape, heads = tuple(bias.shape), scores_shape[1]
    if len(shape) not in (3, 4) or shape[-3] != heads or not _fits(shape, scores_shape):
        raise ValueError(
            "score_bias must be [h, t, s] or [b, h, t, s], here with b, h, t, s = "
            f"{tuple(scores_shape)}, got shape {shape}"
        )


def require_mask_of_positions(name: str, mask: Any, shape: tuple) -> None:
    """Refuse a mask of positions that does not fit its sequence.

    Args:
        name: Name of the argument, such as `"value_mask"`.
        mask: Boolean `[..., length]`; `None` fits.
        shape: Shape of the sequence, `[..., length, width]`.

    Raises:
        ValueError: If it is not boolean, or does not broadcast to the positions.
    """
    if mask is None:
        return
    require_boolean(mask)
    wanted = tuple(shape)[:-1]
    if not len(mask.shape) or not _fits(tuple(mask.shape), wanted):
        raise ValueError(
            f"{name} must have one truth value for each position, here {wanted}, got "
            f"shape {tuple(mask.shape)}; what a query may see of the keys is the "
            "attention_mask"
        )


def visible(attention_mask: Any, *masks: Any) -> Any:
    """What a query may see: what the attention mask keeps, and masks of keys keep.

    Args:
        attention_mask: Boolean `[..., t, s]`, or `None`.
        *masks: Boolean `[..., s]`, or `None`.

    Returns:
        Boolean, broadcastable to `[..., t, s]`; `None` if nothing is hidden.
    """
    rows = [ops.expand_dims(mask, -2) for mask in _once(*masks)]
    return combine_masks(attention_mask, *rows)


def _once(*masks):
    """The masks that are there, and the same one once: key and value often share it."""
    found = []
    for mask in masks:
        if mask is not None and not any(mask is other for other in found):
            found.append(mask)
    return found


def require_fit(
    query: Any,
    value: Any,
    key: Any,
    query_mask: Any = None,
    value_mask: Any = None,
    key_mask: Any = None,
) -> None:
    """Refuse shapes of a call, and masks of positions, that do not fit together.

    Args:
        query: Shape `[..., t, d]`.
        value: Shape `[..., s, v]`.
        key: Shape `[..., s, d]`.
        query_mask: Boolean `[..., t]`, or `None`.
        value_mask: Boolean `[..., s]`, or `None`.
        key_mask: Boolean `[..., s]`, or `None`.
    """
    require_pairs(key, value)
    require_mask_of_positions("query_mask", query_mask, query)
    require_mask_of_positions("value_mask", value_mask, value)
    require_mask_of_positions("key_mask", key_mask, key)


def visible_to_heads(
    scores_shape: tuple,
    attention_mask: Any,
    value_mask: Any,
    key_mask: Any,
    causal: bool = False,
) -> tuple[Any, Any]:
    """`visible`, for several heads.

    Args:
        scores_shape: `(b, h, t, s)`; lengths may be unknown without `causal`.
        attention_mask: As `mask_of_heads` takes it.
        value_mask: Boolean `[b, s]`, or `None`.
        key_mask: Boolean `[b, s]`, or `None`.
        causal: Whether a query sees no later key.

    Returns:
        The mask, broadcastable to `[b, h, t, s]`, or a `MaskInRows` where a kernel may
        want no more than its rows; and the keys that any query of any head sees, to
        `[b, s]`; both `None` if nothing is hidden.
    """
    parts = [attention_mask, CausalMask() if causal else None]
    late = _in_rows(scores_shape, combine_masks(*parts), value_mask, key_mask)
    if late is not None:
        return late, late.seen()
    mask = mask_of_heads(attention_mask, scores_shape)
    if causal:
        mask = combine_masks(mask, ops.expand_dims(causal_mask(*scores_shape[2:]), 0))
    # b s → b 1 s, for every head
    rows = [ops.expand_dims(each, 1) for each in _once(value_mask, key_mask)]
    mask = visible(mask, *rows)
    if mask is None:
        return None, None
    seen = seen_keys(mask)
    return mask, seen[:, 0] if seen.shape[1] == 1 else ops.any(seen, axis=1)


def _in_rows(scores_shape, rule, *masks):
    """A rule and masks of keys `[b, s]` as a `MaskInRows`, where that may be better."""
    *_, queries, keys = scores_shape
    if not isinstance(rule, Mask) or not may_cut_queries(queries, keys):
        return None
    # More queries than keys need an offset, of which the array's error speaks.
    if queries > keys or rule.shape_of_array(queries, keys) is None:
        return None
    rows = [ops.expand_dims(mask, 1) for mask in _once(*masks)]  # b s → b 1 s
    late = MaskInRows(combine_masks(rule, *rows), queries, keys)
    _require_shape_of_heads(late.shape, scores_shape)
    return late

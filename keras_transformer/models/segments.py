"""Several sentences in one row: who sees whom, and where each of them begins.

A segment is the number of a token's sentence in its row, from 1 on; padding has 0. The
tokens of a sentence are neighbours.

Axes: `b` row, `t` query position, `s` key position.
"""

from typing import Any

from keras import ops

from keras_transformer.masks import padding_mask, segment_mask
from keras_transformer.tokens.reserved import PADDING


def own_sentence(ids: Any, segments: Any = None) -> Any:
    """Keep the real tokens of the query's own sentence.

    Args:
        ids: Token ids, integers `[b, s]`, 0 = padding.
        segments: Integers `[b, s]`; `None` has one sentence a row.

    Returns:
        Boolean `[b, 1, s]`, of segments `[b, s, s]`.
    """
    if segments is None:
        return padding_mask(ids, PADDING)
    return segment_mask(segments, segments)


def restarts(segments: Any) -> Any:
    """What is added to a token's place in its row to get its place in its sentence.

    Args:
        segments: Integers `[b, t]`, 0 = padding; `None` has one sentence a row.

    Returns:
        Integers `[b, t]`, or 0.

    Example:
        >>> import numpy as np
        >>> np.asarray(restarts(np.array([[1, 1, 2, 2, 2, 0]]))).tolist()
        [[0, 0, -2, -2, -2, 0]]
    """
    if segments is None:
        return 0
    own = ops.cast(segment_mask(segments, segments), "int32")
    return -ops.cast(ops.argmax(own, axis=-1), "int32")  # the first of the equals


def unpacked(inputs: Any) -> tuple[Any, Any]:
    """Token ids, and their segments where rows hold several sentences.

    Args:
        inputs: Integers `[b, t]`, or a dict of `"ids"` and perhaps `"segments"`.

    Returns:
        Both, `[b, t]`; the second `None` where there is none.
    """
    if isinstance(inputs, dict):
        return inputs["ids"], inputs.get("segments")
    return inputs, None


def packing(inputs: Any) -> tuple[dict, Any, Any, Any]:
    """What a translator has to heed where rows hold several pairs.

    Args:
        inputs: Its inputs, with `"source_segments"` and `"target_segments"` or neither.

    Returns:
        What the encoder is told besides; masks of the target's positions `[b, t, t]`
        and of the source's `[b, t, s]`, or `None`; what `restarts` says of the target.

    Raises:
        ValueError: If only one side has segments.
    """
    source, target = (inputs.get(f"{side}_segments") for side in ("source", "target"))
    if (source is None) != (target is None):
        raise ValueError(
            "source_segments and target_segments come together, got only the "
            + ("latter" if source is None else "former")
        )
    if source is None:
        return {}, None, None, 0
    masks = segment_mask(target, target), segment_mask(target, source)
    return {"segments": source}, *masks, restarts(target)

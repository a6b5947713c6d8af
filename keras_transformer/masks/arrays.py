"""Which query may look at which key: boolean masks, `True` = keep.

Axes: `b` batch, `t` query position, `s` key position.
A mask has shape `[b, t, s]`, or a shape that broadcasts to it.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.system.precision import at_least_float32


def padding_mask(ids: Any, padding_id: int = 0) -> Any:
    """Keep the real tokens of padded sequences.

    Args:
        ids: Token ids, integers `[b, s]`.
        padding_id: The id that fills up short sequences.

    Returns:
        Boolean `[b, 1, s]`: `True` where the key is a real token.

    Example:
        >>> import numpy as np
        >>> mask = padding_mask(np.array([[5, 7, 0]]))
        >>> np.asarray(mask).tolist()
        [[[True, True, False]]]
    """
    return ops.expand_dims(ops.not_equal(ids, padding_id), axis=1)


def causal_mask(
    query_length: int, key_length: int | None = None, offset: Any = None
) -> Any:
    """Let every query see itself and what came before it.

    ```
    query_length=3               query_length=2, key_length=4, offset=2
         s0 s1 s2                     s0 s1 s2 s3
    t0 [  1  0  0 ]              t0 [  1  1  1  0 ]
    t1 [  1  1  0 ]              t1 [  1  1  1  1 ]
    t2 [  1  1  1 ]
    ```

    Args:
        query_length: Number of queries, `t`: an integer, or an integer scalar tensor
            where it is known only when it runs, `ops.shape(x)[1]` inside a layer.
        key_length: Number of keys, `s`, likewise; the queries' number by default.
        offset: The position of the first query among the keys, an integer or an
            integer scalar tensor. By default the last query sits on the last
            key, which is right both for a whole sequence and for a cache that
            holds exactly the tokens so far; a longer cache passes the number of
            tokens that it already holds.

    Returns:
        Boolean `[1, t, s]`: `True` where key `s` is not after query `t`.

    Raises:
        ValueError: If there are more queries than keys and no offset, or the number of
            queries is `None`: `x.shape[1]` of unknown length.
    """
    if query_length is None:
        raise ValueError(
            "a causal mask needs the number of queries, got query_length=None, the "
            "shape of a sequence of unknown length; inside a layer ask for "
            "ops.shape(x)[1], in a functional model let the attention make the mask: "
            "MultiHeadAttention(...)(x, x, use_causal_mask=True)"
        )
    if key_length is None:
        key_length, offset = query_length, 0 if offset is None else offset
    if offset is None:
        known = isinstance(query_length, int) and isinstance(key_length, int)
        if known and query_length > key_length:
            raise ValueError(
                "a causal mask without an offset needs at least as many keys as "
                f"queries, got query_length={query_length}, key_length={key_length}"
            )
        offset = key_length - query_length
    query = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    key = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(ops.expand_dims(query, 1) >= key, axis=0)


def segment_mask(query_segments: Any, key_segments: Any) -> Any:
    """Keep the keys of the query's own sentence.

    Args:
        query_segments: Integers `[b, t]`, 0 = padding.
        key_segments: Integers `[b, s]`, 0 = padding.

    Returns:
        Boolean `[b, t, s]`: `True` where both belong to one sentence.

    Example:
        >>> import numpy as np
        >>> mask = segment_mask(np.array([[1, 2, 2, 0]]), np.array([[1, 1, 2]]))
        >>> np.asarray(mask).astype(int).tolist()
        [[[1, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]]]
    """
    query, key = ops.expand_dims(query_segments, 2), ops.expand_dims(key_segments, 1)
    return ops.logical_and(ops.equal(query, key), ops.not_equal(key, 0))


def require_boolean(mask: Any) -> None:
    """Refuse a mask that is not boolean.

    Args:
        mask: The mask.

    Raises:
        ValueError: If the mask's dtype is not `bool`.
    """
    dtype = getattr(mask, "dtype", type(mask).__name__)
    # A dtype of PyTorch has no name: it reads "torch.bool".
    name = getattr(dtype, "name", str(dtype)).rpartition(".")[2]
    if name != "bool":
        raise ValueError(
            f"a mask must be boolean with True = keep, got dtype {name}; "
            "an additive or 0/1 mask is made boolean with `mask == keep_value`"
        )


def hide(scores: Any, mask: Any) -> Any:
    """Scores with the lowest number there is where they are hidden.

    Lower than every visible score, and yet finite: with `-inf` a row without a visible
    key would be NaN, and its gradient with it.

    Args:
        scores: Float32 or float64 `[..., t, s]`.
        mask: Boolean, broadcastable to the scores, `True` = keep.
    """
    require_boolean(mask)
    lowest = np.finfo(keras.backend.standardize_dtype(scores.dtype)).min
    return ops.where(mask, scores, ops.convert_to_tensor(lowest, scores.dtype))


def seen_keys(mask: Any) -> Any:
    """Which keys any query sees.

    Args:
        mask: Boolean `[..., t, s]`, `True` = keep.

    Returns:
        Boolean `[..., s]`.
    """
    if mask.shape[-2] == 1:
        return mask[..., 0, :]
    # Counted: on TensorFlow, `any` takes six times as long, up to half as long as the
    # attention itself.
    return ops.sum(ops.cast(mask, "int32"), axis=-2) > 0


def without_unseen(seen: Any, *arrays: Any) -> list:
    """Keys and values with zeros in the place of those that no query sees.

    What a mask hides has weight 0, but 0 · NaN is NaN: whatever stands at hidden
    positions, it must not reach a sum, nor a gradient.

    Args:
        seen: Boolean `[..., s]`, as `seen_keys` returns it; `None` hides nothing.
        *arrays: Float `[..., s, d]`. Where several heads or sentences share keys, one
            that sees a key is enough.

    Returns:
        A list of arrays of the same shapes; of one that is given twice, one twice.

    Example:
        >>> import numpy as np
        >>> value = np.array([[1.0, 2.0], [np.nan, np.inf]], "float32")
        >>> (clean,) = without_unseen(np.array([True, False]), value)
        >>> np.asarray(clean).tolist()
        [[1.0, 2.0], [0.0, 0.0]]
    """
    if seen is None:
        return list(arrays)
    clean = {id(x): without_padding(x, _shared(seen, x.shape[:-1])) for x in arrays}
    return [clean[id(x)] for x in arrays]


def _shared(seen, shape):
    """What is seen, in a shape that broadcasts to another without making it larger."""
    beyond = len(seen.shape) - len(shape)
    if beyond > 0:
        seen = ops.any(seen, axis=tuple(range(beyond)))
    own = [1] * -beyond + list(seen.shape)
    axes = [
        axis - len(shape) for axis, n in enumerate(shape[:-1]) if n == 1 != own[axis]
    ]
    return ops.any(seen, axis=tuple(axes), keepdims=True) if axes else seen


def without_padding(x: Any, mask: Any) -> Any:
    """A sequence with zeros where it is padding.

    Args:
        x: Float `[..., t, d]`.
        mask: Boolean, broadcastable to `[..., t]`, `True` = keep; `None` keeps all.

    Returns:
        Float `[..., t, d]`.
    """
    if mask is None:
        return x
    return ops.where(ops.expand_dims(mask, -1), x, ops.zeros((), x.dtype))


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Softmax over the visible keys.

    `w[t, s] = exp(scores[t, s]) / sum over visible s' of exp(scores[t, s'])`

    Computed in float32, of float64 scores in float64. Hidden keys get exactly 0,
    whatever their score, NaN and infinity included. A query with no visible key gets
    zeros everywhere, and finite gradients.

    Args:
        scores: Float `[..., t, s]`.
        mask: Boolean, broadcastable to the scores, `True` = keep.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores; every row sums to 1, or
        to 0 where nothing is visible.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.0, 0.0, 5.0]], "float32")
        >>> mask = np.array([[True, True, False]])
        >>> np.asarray(masked_softmax(scores, mask)).tolist()
        [[0.5, 0.5, 0.0]]
    """
    scores = ops.convert_to_tensor(scores)
    logits = ops.cast(scores, at_least_float32(scores.dtype))
    if mask is None:
        return ops.cast(_softmax(logits), scores.dtype)
    weights = _softmax(hide(logits, mask))
    return ops.cast(ops.where(mask, weights, 0.0), scores.dtype)


def _softmax(logits):
    if logits.shape[-1] == 1:
        # Over one key it is always 1, and `ops.softmax` warns that it is.
        return ops.exp(ops.log_softmax(logits, axis=-1))
    return ops.softmax(logits, axis=-1)

"""Which query may look at which key: boolean masks, `True` = keep.

Axes: `b` batch, `t` query position, `s` key position.
A mask has shape `[b, t, s]`, or a shape that broadcasts to it.
"""

from keras import ops

# A score no real score reaches, yet finite: with -inf a row without a visible
# key would be NaN, and its gradient with it.
HIDDEN = -1e9


def padding_mask(ids, padding_id: int = 0):
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


def causal_mask(query_length: int, key_length: int | None = None, offset=None):
    """Let every query see itself and what came before it.

    ```
    query_length=3               query_length=2, key_length=4, offset=2
         s0 s1 s2                     s0 s1 s2 s3
    t0 [  1  0  0 ]              t0 [  1  1  1  0 ]
    t1 [  1  1  0 ]              t1 [  1  1  1  1 ]
    t2 [  1  1  1 ]
    ```

    Args:
        query_length: Number of queries, `t`.
        key_length: Number of keys, `s`; the queries' number by default.
        offset: The position of the first query among the keys, an integer or an
            integer scalar tensor. By default the last query sits on the last
            key, which is right both for a whole sequence and for a cache that
            holds exactly the tokens so far; a longer cache passes the number of
            tokens that it already holds.

    Returns:
        Boolean `[1, t, s]`: `True` where key `s` is not after query `t`.

    Raises:
        ValueError: If there are more queries than keys and no offset.
    """
    if key_length is None:
        key_length, offset = query_length, 0 if offset is None else offset
    if offset is None:
        if query_length > key_length:
            raise ValueError(
                "a causal mask without an offset needs at least as many keys as "
                f"queries, got query_length={query_length}, key_length={key_length}"
            )
        offset = key_length - query_length
    query = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    key = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(ops.expand_dims(query, 1) >= key, axis=0)


def combine_masks(*masks):
    """Keep what every mask keeps.

    Args:
        *masks: Boolean masks that broadcast against each other; `None` hides
            nothing.

    Returns:
        The logical and of the masks; `None` if all of them are `None`.

    Raises:
        ValueError: If a mask is not boolean. An additive mask of zeros and large
            negative numbers would otherwise be read upside down.
    """
    combined = None
    for mask in masks:
        if mask is None:
            continue
        require_boolean(mask)
        combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined


def require_boolean(mask):
    """Refuse a mask that is not boolean.

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


def masked_softmax(scores, mask=None):
    """Softmax over the visible keys.

    `w[t, s] = exp(scores[t, s]) / sum over visible s' of exp(scores[t, s'])`

    Computed in float32, whatever the dtype of the scores. Hidden keys get exactly
    0. A query with no visible key gets zeros everywhere, and finite gradients.

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
    logits = ops.cast(scores, "float32")
    if mask is None:
        return ops.cast(_softmax(logits), scores.dtype)
    require_boolean(mask)
    weights = _softmax(ops.where(mask, logits, HIDDEN))
    return ops.cast(ops.where(mask, weights, 0.0), scores.dtype)


def _softmax(logits):
    if logits.shape[-1] == 1:
        # Over one key it is always 1, and `ops.softmax` warns that it is.
        return ops.exp(ops.log_softmax(logits, axis=-1))
    return ops.softmax(logits, axis=-1)

"""What heads do between the projections: split, attend side by side, merge.

Axes: `b` batch, `t` query position, `s` key position, `h` head, `g` key/value head,
`r` query heads for each key/value head, `d` width of a head.
"""

import math
from typing import Any

from keras import ops

from keras_transformer.attention.call_masks import require_bias_of_heads
from keras_transformer.attention.projections import project_together
from keras_transformer.attention.shapes import known
from keras_transformer.masks.in_rows import MaskInRows


def sizes_of_heads(
    num_heads: int,
    width: int,
    num_key_value_heads: int | None = None,
    head_dim: int | None = None,
) -> tuple[int, int]:
    """How many key/value heads there are, and how wide a head is.

    Args:
        num_heads: Number of heads, `h`.
        width: Width of the output, `w`.
        num_key_value_heads: Number of key/value heads, `g`; `h` by default.
        head_dim: Width of a head, `d`; `w / h` by default.

    Returns:
        The pair `(g, d)`.

    Raises:
        ValueError: If the numbers do not go with one another.
    """
    if num_heads < 1 or (head_dim is None and width % num_heads):
        raise ValueError(
            f"num_heads must divide width, got num_heads={num_heads}, width={width}"
        )
    if head_dim is not None and head_dim < 1:
        raise ValueError(f"head_dim must be at least 1, got head_dim={head_dim}")
    groups = num_heads if num_key_value_heads is None else num_key_value_heads
    if groups < 1 or num_heads % groups:
        raise ValueError(
            "num_key_value_heads must divide num_heads, got "
            f"num_key_value_heads={num_key_value_heads}, num_heads={num_heads}"
        )
    return groups, width // num_heads if head_dim is None else head_dim


def project_alike(projections: Any, x: Any, heads: int, groups: int) -> tuple:
    """The query, keys and values of one sequence, by one matrix product.

    Args:
        projections: Dense layers of query, key and value.
        x: Float `[b, t, w]`.
        heads: Number of heads, `h`.
        groups: Number of key/value heads, `g`.

    Returns:
        A list of float `[b, h, t, d]` and two of `[b, g, t, d]`.
    """
    # Where a gradient is taken, three products are as fast, on JAX faster.
    together = split_heads(project_together(projections, x), heads + 2 * groups)
    return ops.split(together, [heads, heads + groups], axis=1)


def split_heads(x: Any, heads: int) -> Any:
    """The width split into heads: `[b, t, h·d]` to `[b, h, t, d]`."""
    batch, length = ops.shape(x)[:2]
    x = ops.reshape(x, (batch, length, heads, x.shape[-1] // heads))
    return ops.transpose(x, (0, 2, 1, 3))


def merge_heads(x: Any) -> Any:
    """The heads side by side again: `[b, h, t, d]` to `[b, t, h·d]`."""
    batch, heads, length, width = ops.shape(x)
    x = ops.transpose(x, (0, 2, 1, 3))
    return ops.reshape(x, (batch, length, heads * width))


def group_heads(x: Any, groups: int) -> Any:
    """Heads by the key/value head they share: `[…, h, t, d]` to `[…, g, r, t, d]`."""
    *before, heads, length, width = ops.shape(x)
    return ops.reshape(x, (*before, groups, heads // groups, length, width))


def ungroup_heads(x: Any) -> Any:
    """The heads in a row again: `[b, g, r, t, d]` to `[b, h, t, d]`."""
    batch, groups, repeats, length, width = ops.shape(x)
    return ops.reshape(x, (batch, groups * repeats, length, width))


def what_positions_add(
    positions: Any,
    query: Any,
    key: Any,
    offset: Any = 0,
    hypotheses: int = 1,
) -> tuple[Any, Any]:
    """What positions add to the scores, and to the values.

    Args:
        positions: A layer with a method `bias`, see `keras_transformer.positions`, or
            `None`.
        query: Float `[b, h, t, d]`.
        key: Float `[b, g, s, d]`.
        offset: Position of the first query.
        hypotheses: How many stand side by side at one position.

    Returns:
        The pair of float `[h, t, s]` or `[b, h, t, s]`, and float `[t, s, d]`, each
        `None` where nothing is added.

    Raises:
        ValueError: If there is a bias for another number of heads.
    """
    if positions is None:
        return None, None
    lengths = (*(ops.shape(x)[-2] // hypotheses for x in (query, key)), offset)
    if hasattr(positions, "key_vectors"):
        to_keys, to_values = positions.key_vectors, positions.value_vectors
        to_keys, to_values = (
            None if x is None else ops.cast(_beside(x, hypotheses, -3, -2), query.dtype)
            for x in (to_keys(*lengths), to_values(*lengths))
        )
        query = query * (1.0 / math.sqrt(query.shape[-1]))
        return ops.einsum("bhtd,tsd->bhts", query, to_keys), to_values
    bias = positions.bias(*lengths)
    if bias is not None and bias.shape[0] != query.shape[1]:
        raise ValueError(
            "positions must have a bias for each head, got a bias for "
            f"{bias.shape[0]} heads, num_heads={query.shape[1]}"
        )
    return bias if bias is None else _beside(bias, hypotheses, -1), None


def _beside(x, hypotheses, *axes):
    """What holds for a position, for each hypothesis that stands there."""
    if known(hypotheses) and hypotheses == 1:
        return x  # on PyTorch, Keras cannot repeat what has a shape and no numbers
    for axis in axes:
        x = ops.repeat(x, hypotheses, axis=axis)
    return x


def attend_in_heads(
    attention: Any,
    positions: Any,
    gate: Any,
    query: Any,
    memory: Any,
    mask: Any = None,
    offset: Any = 0,
    hypotheses: int = 1,
    query_mask: Any = None,
    score_bias: Any = None,
    **asked: Any,
) -> Any:
    """Several attentions side by side; each key/value head serves its neighbours.

    Args:
        attention: An `Attention`.
        positions: As `what_positions_add` takes them.
        gate: What the contexts are multiplied by, float `[b, h, t, 1]`, or `None`.
        query: Float `[b, h, t, d]`.
        memory: `KeyValueCache` of `[b, g, s, d]`; what is hidden in it is finite.
        mask: Boolean `[b, h, t, s]`, any axis of length 1 standing for all, a
            `MaskInRows`, or `None`.
        offset: Position of the first query.
        hypotheses: How many stand side by side at one position.
        query_mask: Boolean `[b, t]`, or `None`.
        score_bias: What is added to the scores beside, float `[h, t, s]` or
            `[b, h, t, s]`, or `None`.
        **asked: `return_weights` and `training` of the attention.

    Returns:
        A list of the context `[b, h, t, d]` and, if asked for, the weights
        `[b, h, t, s]`.
    """
    key, value = memory
    heads, groups = query.shape[1], key.shape[1]
    require_bias_of_heads(score_bias, (*query.shape[:3], key.shape[2]))
    added, value_bias = what_positions_add(positions, query, key, offset, hypotheses)
    if score_bias is None or added is None:
        bias = added if score_bias is None else score_bias
    else:
        bias = score_bias + ops.cast(added, score_bias.dtype)
    if query_mask is not None:  # b t → b 1 t
        query_mask = ops.expand_dims(query_mask, 1)
    if groups != heads:
        query = group_heads(query, groups)
        bias = None if bias is None else group_heads(bias, groups)
        # b g s d → b g 1 s d, and a mask of all heads to b 1 1 t s: all r share them.
        key, value = ops.expand_dims(key, 2), ops.expand_dims(value, 2)
        if mask is not None and not isinstance(mask, MaskInRows):
            one = mask.shape[1] == 1
            mask = ops.expand_dims(mask, 2) if one else group_heads(mask, groups)
        if query_mask is not None:
            query_mask = ops.expand_dims(query_mask, 2)
    attended = attention(
        query,
        value,
        key,
        query_mask=query_mask,
        attention_mask=mask,
        score_bias=bias,
        value_bias=value_bias,
        hidden_finite=True,
        **asked,
    )
    alone = asked.get("return_weights", False) is False
    attended = (attended,) if alone else attended
    context, *weights = (x if groups == heads else ungroup_heads(x) for x in attended)
    return [context if gate is None else context * gate, *weights]

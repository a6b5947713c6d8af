"""A block with a cache: a prompt at once, then position by position.

Both functions are methods of `Block`: training needs neither.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `t` position, `s`
position of the memory, `w` width, `g` key/value head, `d` width of a head.
"""

from typing import Any

from keras import ops

from keras_transformer.attention import KeyValueCache
from keras_transformer.attention.cache import write


def prefill(
    block: Any, x: Any, past: KeyValueCache, attention_mask: Any
) -> tuple[Any, KeyValueCache]:
    """The first positions at once, whose keys and values are cached.

    Args:
        block: A block without a cross-attention.
        x: Float `[b, t, w]`.
        past: An empty cache `[b, g, s, d]`, `s >= t`.
        attention_mask: Boolean, broadcastable to `[b, t, t]`, with what causality
            hides.

    Returns:
        The output `[b, t, w]` and the cache with positions up to `t` written.
    """
    block.require_memory(None)
    inner = block.self_residual.enter(x)
    new = block.self_attention.project(inner)
    attended = block.self_attention.attend(inner, new, attention_mask, training=False)
    x = joined(block, x, inner, attended)
    return block.feed(x), write(past, new, 0)


def step(
    block: Any,
    x: Any,
    past: KeyValueCache,
    position: Any,
    memory: KeyValueCache | None = None,
    cross_attention_mask: Any = None,
    own_past: Any = None,
) -> tuple[Any, Any]:
    """One more position under a causal mask, from cached keys and values.

    Args:
        block: The block.
        x: Float `[n, 1, w]`, the position to add, of each hypothesis.
        past: The cache `[b, g, t·k, d]`, the hypotheses of a sentence side by
            side, or `[n, g, t, d]`; positions before `position` are filled.
        position: Integer scalar: how many positions are filled.
        memory: The projected memory `[b, g, s, d]`, which the hypotheses of a
            sentence share.
        cross_attention_mask: Boolean, broadcastable to `[b, 1, s]`.
        own_past: What a hypothesis sees of the cache, boolean `[b, k, t·k]`;
            `None` where each has one of its own.

    Returns:
        The output `[n, 1, w]` and the cache with the new position written.
    """
    block.require_memory(memory)
    inner = block.self_residual.enter(x)
    attended, past = block.self_attention.step(inner, past, position, own_past)
    # The hypotheses of a sentence are queries side by side, n 1 w → b k w.
    batch = ops.shape((past if memory is None else memory).key)[0]
    shape = (batch, -1, x.shape[-1])
    x, inner, attended = (ops.reshape(each, shape) for each in (x, inner, attended))
    x = joined(block, x, inner, attended)
    if memory is not None:
        query = block.cross_residual.enter(x)
        found = block.cross_attention.attend(query, memory, cross_attention_mask)
        x = block.cross_residual.leave(x, found)
    return ops.reshape(block.feed(x), (-1, 1, shape[-1])), past


def joined(block: Any, x: Any, inner: Any, attended: Any) -> Any:
    """The stream with what the self-attention adds, and what stands beside it.

    Args:
        block: The block.
        x: The stream, float `[b, t, w]`.
        inner: What the self-attention read, likewise.
        attended: What it gave, likewise.
    """
    if block.parallel:
        attended = attended + block.feed_forward(inner)
    return block.self_residual.leave(x, attended)

"""What models hand out beside logits, as values.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `s` source position, `t`
target position, `h` head, `g` key/value head, `d` width of a head.
"""

from typing import Any, NamedTuple

from keras import ops, tree

from keras_transformer.attention import KeyValueCache
from keras_transformer.attention.cache import own_numbers, own_past
from keras_transformer.masks import causal_mask

FEW = 16  # hypotheses of a sentence that share a cache


class TransformerState(NamedTuple):
    """What decoding carries from step to step; every leaf is batch-first.

    However many hypotheses a sentence has, they look at one copy of its memory. A few
    look at one cache too, in which they stand side by side: a beam that goes on from
    other hypotheses copies neither, it only remembers who wrote each position. But
    each then computes a score for what every other wrote, and hides it: `k` times
    what it needs. So many hypotheses have a cache each.
    """

    position: Any  # integers [n], all equal: how many target tokens are cached
    past: tuple[
        KeyValueCache, ...
    ]  # for each decoder block [b, g, t·k, d] or [n, g, t, d]
    memory: tuple[KeyValueCache, ...]  # a block [b, g, s, d], the source
    memory_mask: Any  # boolean [b, 1, s]
    writers: Any = ()  # who wrote a position, int32 [n, t]; () where each has a cache

    def spread(self, count: int) -> "TransformerState":
        """The state of `count` hypotheses of each sentence, equal so far.

        Args:
            count: The number of hypotheses, `k`.
        """
        return spread(self, count, ("position",))

    def reorder(self, parents: Any) -> "TransformerState":
        """The state whose row `i` goes on from what row `parents[i]` was.

        Args:
            parents: Integers `[n]`, each a row of the same sentence.
        """
        return reorder(self, parents, ops.shape(self.memory_mask)[0])

    def own_past(self) -> Any:
        """What each hypothesis sees of its sentence's cache, boolean `[b, k, t·k]`.

        `None` where each has a cache of its own, and sees all that is written there.
        """
        if isinstance(self.writers, tuple):
            return None
        batch = ops.shape(self.memory_mask)[0]
        return own_past(self.writers, self.position[0], batch)


class LanguageModelState(NamedTuple):
    """What a language model carries from step to step; every leaf is batch-first.

    Prompts of different lengths end at the same place, so that all rows write where
    the others do. What stands in front of the shorter ones is hidden.
    """

    position: Any  # int32 [n], all equal: how many places of a cache are filled
    past: tuple[KeyValueCache, ...]  # for each block [b, g, t·k, d] or [n, g, t, d]
    padding: Any  # int32 [b], how many places in front of a prompt are hidden
    left: Any  # int32 [n], the token of the prompt that the next step reads, or 0
    writers: Any = ()  # who wrote a position, int32 [n, t]; () where each has a cache

    def spread(self, count: int) -> "LanguageModelState":
        """The state of `count` hypotheses of each prompt, equal so far.

        Args:
            count: The number of hypotheses, `k`.
        """
        return spread(self, count, ("position", "left"))

    def reorder(self, parents: Any) -> "LanguageModelState":
        """The state whose row `i` goes on from what row `parents[i]` was.

        Args:
            parents: Integers `[n]`, each a row of the same prompt.
        """
        return reorder(self, parents, ops.shape(self.padding)[0])

    def of_rows(self, values: Any) -> Any:
        """What belongs to prompts `[b, …]`, for each of their hypotheses `[n, …]`."""
        rows, batch = ops.shape(self.position)[0], ops.shape(self.padding)[0]
        prompt = ops.arange(rows, dtype="int32") // (rows // batch)
        return ops.take(values, prompt, axis=0)

    def own_past(self) -> Any:
        """What each hypothesis sees of its cache, boolean `[b, k, t·k]`.

        Where each has a cache of its own, `[n, 1, t]`.
        """
        position, batch = self.position[0], ops.shape(self.padding)[0]
        if isinstance(self.writers, tuple):
            length = self.past[0].key.shape[2]
            hidden = ops.expand_dims(self.of_rows(self.padding), 1)
            seen, count = causal_mask(1, length, offset=position), 1
        else:
            length, hidden = self.writers.shape[1], ops.expand_dims(self.padding, 1)
            seen = own_past(self.writers, position, batch)
            count = ops.shape(self.position)[0] // batch
        real = ops.arange(length, dtype="int32") >= hidden
        real = ops.repeat(real, count, axis=1)
        return ops.logical_and(seen, ops.expand_dims(real, 1))


def spread(state: Any, count: int, by_row: tuple[str, ...]) -> Any:
    """A state with caches, of `count` hypotheses of each sentence, equal so far.

    Args:
        state: The state of one hypothesis a sentence.
        count: The number of hypotheses, `k`.
        by_row: Its leaves, beside the caches, that each hypothesis has.
    """
    shared = count <= FEW
    past = tree.map_structure(
        lambda leaf: ops.repeat(leaf, count, axis=2 if shared else 0), state.past
    )
    rows = {name: ops.repeat(getattr(state, name), count, axis=0) for name in by_row}
    if not shared:
        return state._replace(past=past, **rows)
    batch, length = ops.shape(state.position)[0], state.past[0].key.shape[2]
    own = own_numbers(batch * count, batch)
    return state._replace(past=past, **rows, writers=ops.repeat(own, length, axis=1))


def reorder(state: Any, parents: Any, batch: Any) -> Any:
    """A state with caches, whose row `i` goes on from what row `parents[i]` was.

    Args:
        state: The state of `n` rows.
        parents: Integers `[n]`, each a row of the same sentence.
        batch: Number of sentences, `b`.
    """
    if isinstance(state.writers, tuple):
        past = tree.map_structure(
            lambda leaf: ops.take(leaf, parents, axis=0), state.past
        )
        return state._replace(past=past)
    rows, length = ops.shape(state.writers)
    writers = ops.take(state.writers, parents, axis=0)
    # What is not yet written, each will write itself.
    written = ops.arange(length, dtype="int32") < state.position[0]
    own = own_numbers(rows, batch)
    return state._replace(writers=ops.where(written, writers, own))


class AttentionWeights(NamedTuple):
    """Every attention weight of one pass, layers stacked behind the batch."""

    encoder: Any  # [b, layers, h, s, s]
    decoder: Any  # [b, layers, h, t, t]
    cross: Any  # [b, layers, h, t, s]

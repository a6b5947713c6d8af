"""What a Transformer hands out beside logits, as values.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `s` source position, `t`
target position, `h` head, `g` key/value head, `d` width of a head.
"""

from typing import Any, NamedTuple

from keras import ops, tree

from keras_transformer.attention import KeyValueCache
from keras_transformer.attention.cache import own_numbers, own_past

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
        shared = count <= FEW
        past = tree.map_structure(
            lambda leaf: ops.repeat(leaf, count, axis=2 if shared else 0), self.past
        )
        position = ops.repeat(self.position, count, axis=0)
        if not shared:
            return self._replace(position=position, past=past)
        batch, length = ops.shape(self.position)[0], self.past[0].key.shape[2]
        own = own_numbers(batch * count, batch)
        return self._replace(
            position=position, past=past, writers=ops.repeat(own, length, axis=1)
        )

    def reorder(self, parents: Any) -> "TransformerState":
        """The state whose row `i` goes on from what row `parents[i]` was.

        Args:
            parents: Integers `[n]`, each a row of the same sentence.
        """
        if isinstance(self.writers, tuple):
            past = tree.map_structure(
                lambda leaf: ops.take(leaf, parents, axis=0), self.past
            )
            return self._replace(past=past)
        rows, length = ops.shape(self.writers)
        writers = ops.take(self.writers, parents, axis=0)
        # What is not yet written, each will write itself.
        written = ops.arange(length, dtype="int32") < self.position[0]
        own = own_numbers(rows, ops.shape(self.memory_mask)[0])
        return self._replace(writers=ops.where(written, writers, own))

    def own_past(self) -> Any:
        """What each hypothesis sees of its sentence's cache, boolean `[b, k, t·k]`.

        `None` where each has a cache of its own, and sees all that is written there.
        """
        if isinstance(self.writers, tuple):
            return None
        batch = ops.shape(self.memory_mask)[0]
        return own_past(self.writers, self.position[0], batch)


class AttentionWeights(NamedTuple):
    """Every attention weight of one pass, layers stacked behind the batch."""

    encoder: Any  # [b, layers, h, s, s]
    decoder: Any  # [b, layers, h, t, t]
    cross: Any  # [b, layers, h, t, s]

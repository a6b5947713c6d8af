"""What a Transformer hands out beside logits, as values.

Axes: `b` batch, `k` hypotheses of a sentence, `n = b·k` rows, `s` source position, `t`
target position, `h` head, `g` key/value head, `d` width of a head.
"""

from typing import Any, NamedTuple

from keras import ops, tree

from keras_transformer.attention import KeyValue


class TransformerState(NamedTuple):
    """What decoding carries from step to step; every leaf is batch-first.

    What was read belongs to the sentence, what was written to the hypothesis: however
    many hypotheses a sentence has, they look at one copy of its memory.
    """

    position: Any  # integers [n], all equal: how many target tokens are cached
    past: tuple[KeyValue, ...]  # a cache [n, g, t, d] for each decoder block
    memory: tuple[KeyValue, ...]  # the projected source [b, g, s, d] for each block
    memory_mask: Any  # boolean [b, 1, s]

    def spread(self, count: int) -> "TransformerState":
        """The state of `count` hypotheses of each sentence, equal so far.

        Args:
            count: The number of hypotheses, `k`.
        """
        position, past = tree.map_structure(
            lambda leaf: ops.repeat(leaf, count, axis=0), (self.position, self.past)
        )
        return self._replace(position=position, past=past)

    def reorder(self, parents) -> "TransformerState":
        """The state whose row `i` goes on from what row `parents[i]` was.

        Args:
            parents: Integers `[n]`, each a row of the same sentence.
        """
        past = tree.map_structure(
            lambda leaf: ops.take(leaf, parents, axis=0), self.past
        )
        return self._replace(past=past)


class AttentionWeights(NamedTuple):
    """Every attention weight of one pass, layers stacked behind the batch."""

    encoder: Any  # [b, layers, h, s, s]
    decoder: Any  # [b, layers, h, t, t]
    cross: Any  # [b, layers, h, t, s]

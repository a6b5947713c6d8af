"""Several hypotheses of each sentence: their state, and what comes out.

Axes: `b` sentence, `k` hypotheses of a sentence, `n = b·k` rows, `t` target position.
"""

from typing import Any, NamedTuple

from keras import ops, tree


class Hypotheses(NamedTuple):
    """Translations of a batch: a beam's best first, samples in the order drawn.

    Where a beam found fewer than `k`, the rest are padding with the score -inf.
    """

    tokens: Any  # int32 [b, k, t]: each ended by END where it ended, then padding
    scores: Any  # float32 [b, k], what the decoding rule rates them by


def spread(state: Any, count: int) -> Any:
    """The state of several hypotheses of each sentence, equal so far.

    A state with a method `spread` does it itself; otherwise each row of each leaf is
    repeated: row `i` becomes the rows `i·k … i·k + k - 1`.

    Args:
        state: The state of one hypothesis a sentence.
        count: Number of hypotheses, `k`.

    Returns:
        The state for `n = b·k` rows.
    """
    if count == 1:
        return state
    if hasattr(state, "spread"):
        return state.spread(count)
    return tree.map_structure(lambda leaf: ops.repeat(leaf, count, axis=0), state)


def reorder(state: Any, parents: Any) -> Any:
    """The state whose row `i` goes on from what row `parents[i]` was.

    A state with a method `reorder` does it itself; otherwise the rows of each leaf are
    gathered.

    Args:
        state: The state for `n` rows.
        parents: Integers `[n]`, each a row of the same sentence.
    """
    if hasattr(state, "reorder"):
        return state.reorder(parents)
    return tree.map_structure(lambda leaf: ops.take(leaf, parents, axis=0), state)

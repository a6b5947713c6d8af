"""Decoding that follows each hypothesis on its own: greedy, and sampling.

Axes: `b` sentence, `k` hypotheses of a sentence, `n = b·k` rows, `s` source position,
`p` position in a prefix, `t` target position, `v` vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras import ops

from keras_transformer.decoding.constraints import (
    Constraint,
    ForcedPrefix,
    constrained,
)
from keras_transformer.decoding.hypotheses import Hypotheses, spread
from keras_transformer.decoding.logits import log_total, pick, words_only
from keras_transformer.decoding.loop import search
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.system.slices import begins
from keras_transformer.tokens.reserved import END, PADDING, START


class _Found(NamedTuple):
    """What each row has said."""

    tokens: Any  # int32 [n], the last one
    ended: Any  # boolean [n]
    said: Any  # int32 [n, t], all tokens, then padding
    scores: Any  # float32 [n]


def is_empty(source: Any) -> Any:
    """Which sentences have no token, boolean `[b]`.

    Args:
        source: Source ids, integers `[b, s]`.
    """
    return ops.logical_not(ops.any(ops.not_equal(source, PADDING), axis=1))


def with_prefix(
    constraints: Sequence[Constraint], prefix: Any
) -> tuple[Constraint, ...]:
    """The constraints, and before them the prefix of each sentence.

    Args:
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.
        prefix: Integers `[b, p]`, 0 = free; or `None`.
    """
    if prefix is None:
        return tuple(constraints)
    return ForcedPrefix(prefix), *constraints


def follow(
    model: Decodable,
    source: Any,
    max_length: int,
    choose: Callable[[Any, Any], Any],
    count: int = 1,
    constraints: Sequence[Constraint] = (),
    scored: bool = True,
    apart: bool = False,
) -> Hypotheses:
    """Choose a token at each step, and go on from it.

    The loop ends when every sentence has ended, or at `max_length`. Where the
    constraints leave nothing to say, a translation breaks off.

    Args:
        model: Anything with `start` and `step`.
        source: Source ids, integers `[b, s]`, each ended by `END`, padded by 0. A
            row of padding only gives an empty translation.
        max_length: Longest translation, in tokens, its end included.
        choose: A function `(logits [n, v], index) → tokens [n]`, int32, none of them
            padding or start; where there are constraints, of log-probabilities.
        count: Hypotheses of each sentence, `k`, chosen independently.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.
        scored: Whether to compute scores, which takes one more pass over the logits.
        apart: Whether `choose` needs to know no row by its place; see `search`. A
            constraint may.

    Returns:
        `Hypotheses` of `[b, k, max_length]`; a score is the sum of the tokens'
        log-probabilities, -inf of what broke off, and 0 if none are computed.
    """
    source = ops.cast(source, "int32")
    ended = ops.repeat(is_empty(source), count, axis=0)
    rows = ops.shape(ended)[0]

    def unfinished(index, found):
        ended = ops.reshape(found.ended, (-1, count))
        return ops.logical_not(ops.all(ended, axis=1))

    def extend(index, found, state):
        tokens, ended, said, scores = found
        logits, state = model.step(tokens, state)
        logits = ops.cast(logits, "float32")
        total = log_total(logits)[:, 0] if scored or constraints else None
        if constraints:
            logits = words_only(logits) - ops.expand_dims(total, 1)
            logits = constrained(logits, said, index, constraints)
            total = ops.zeros_like(total)
        tokens = ops.where(ended, PADDING, choose(logits, index))
        if scored:
            gain = pick(logits, ops.expand_dims(tokens, 1))[:, 0] - total
            scores = scores + ops.where(ended, 0.0, gain)
        said = ops.slice_update(said, begins(index, 1, 2), ops.expand_dims(tokens, 1))
        # Padding is chosen only where nothing is possible.
        return _Found(tokens, ended | (tokens <= END), said, scores), state

    found = _Found(
        ops.full((rows,), START, "int32"),
        ended,
        ops.full((rows, max_length), PADDING, "int32"),
        ops.zeros((rows,), "float32"),
    )
    state = spread(model.start(source, max_length), count)
    apart = apart and not constraints
    found = search(extend, unfinished, found, state, max_length, apart)
    return Hypotheses(
        ops.reshape(found.said, (-1, count, max_length)),
        ops.reshape(found.scores, (-1, count)),
    )

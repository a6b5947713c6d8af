"""Beam search: several hypotheses of each sentence, and the best that ended.

Axes: `b` sentence, `k` hypotheses of a sentence that go on, `n = b·k` rows, `m` ended
hypotheses that are kept, `s` source position, `p` position in a prefix, `t` target
position, `v` vocabulary.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_transformer.decoding.constraints import (
    IMPOSSIBLE,
    Constraint,
    constrained,
)
from keras_transformer.decoding.hypotheses import Hypotheses, reorder, spread
from keras_transformer.decoding.logits import (
    best_tokens,
    highest,
    log_total,
    pick,
    rows,
    words_only,
)
from keras_transformer.decoding.loop import search
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.decoding.single import is_empty, with_prefix
from keras_transformer.system.ranges import Count, LengthPenalty, require
from keras_transformer.system.slices import begins
from keras_transformer.tokens.reserved import END, PADDING, START


class Live(NamedTuple):
    """The hypotheses that go on, the best of each sentence first."""

    token: Any  # int32 [b, k], the last one
    score: Any  # float32 [b, k], the sum of the log-probabilities so far
    said: Any  # int32 [b, k, t], all tokens, then padding


def length_divisors(max_length: int, penalty: float) -> np.ndarray:
    """What a sum of log-probabilities is divided by: `((5 + length) / 6)^penalty`.

    Args:
        max_length: Longest translation, its end included.
        penalty: The length penalty, `α`; with 0 every divisor is 1.

    Returns:
        Float32 `[max_length + 1]`, a divisor for each length, the end included.

    Example:
        >>> length_divisors(7, 1.0)[[1, 4, 7]].tolist()
        [1.0, 1.5, 2.0]

    Source: Wu et al. 2016 (GNMT), equation 14.
    """
    length = np.arange(max_length + 1, dtype="float64")
    return (((5 + length) / 6) ** penalty).astype("float32")


def beam(
    model: Decodable,
    source: Any,
    max_length: int,
    width: int = 4,
    length_penalty: float = 0.6,
    n_best: int = 1,
    constraints: Sequence[Constraint] = (),
    prefix: Any = None,
) -> Hypotheses:
    """Translate by following the `width` best hypotheses of each sentence.

    ```
    score(y) = Σ_t log p(y[t] | y[<t]) / ((5 + |y|) / 6)^α        |y| counts the end
    ```

    At each step every hypothesis is continued by every token. Of all that come out,
    the `width` best that do not end go on. One that ends is finished if it is among
    the `width` best of all; it leaves the beam and never changes again. The `n_best`
    best of the finished ones are kept.

    The search of a sentence is over when none that goes on can still become better
    than the worst that is kept. That is safe: a sum of log-probabilities can only
    fall, and no divisor is greater than that of `max_length`, so that every `y` that
    a hypothesis can become has

    ```
    score(y) ≤ sum so far / ((5 + max_length) / 6)^α
    ```

    With `n_best=1` it is over soonest.

    Without a length penalty a beam of width 1 is greedy decoding. With one it may go
    on after its first end, since a longer translation may be rated higher.

    Args:
        model: Anything with `start` and `step`.
        source: Source ids, integers `[b, s]`, each ended by `END`, padded by 0. A
            row of padding only gives an empty translation, with the score 0.
        max_length: Longest translation, in tokens, its end included. A hypothesis that
            is cut off there is rated as it stands; under `MaxLength(max_length - 1)`
            every one has to end.
        width: Hypotheses that go on at each step, `k`.
        length_penalty: The exponent `α`, at least 0. 0 compares sums, which favours
            short translations; 1 nearly compares averages.
        n_best: How many translations of each sentence are returned, `m`.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.
        prefix: What each translation begins with, integers `[b, p]`, 0 = free.

    Returns:
        `Hypotheses` of `[b, m, max_length]`, the best first, no two alike.

    Raises:
        ValueError: If `width` is less than 1, `length_penalty` is negative, or
            `n_best` is not in 1 … `width`.

    Source: Graves 2012; Sutskever et al. 2014, section 3.2; Wu et al. 2016, section 7.
    """
    _require_sizes(width, length_penalty, n_best)
    source = ops.cast(source, "int32")
    constraints = with_prefix(constraints, prefix)
    divisors = ops.convert_to_tensor(length_divisors(max_length, length_penalty))

    def undecided(index, found):
        live, kept = found
        return live.score[:, 0] / divisors[max_length] > kept.scores[:, -1]

    def extend(index, found, state):
        live, kept = found
        logits, state = model.step(ops.reshape(live.token, (-1,)), state)
        ends, *words = _ways_on(logits, live, index, constraints)
        after, parents = _go_on(live, *words, index)
        kept = _keep(kept, _finished(live, live.score + ends, after, divisors, index))
        if width > 1:
            state = reorder(state, ops.reshape(rows(parents, width), (-1,)))
        return (after, kept), state

    found = _begin(is_empty(source), max_length, width, n_best)
    state = spread(model.start(source, max_length), width)
    # A constraint may know a row by its place.
    live, kept = search(
        extend, undecided, found, state, max_length, apart=not constraints
    )
    cut_off = Hypotheses(live.said, live.score / divisors[max_length])
    tokens, scores = _keep(kept, cut_off)
    return Hypotheses(
        ops.where(ops.isfinite(scores)[:, :, None], tokens, PADDING), scores
    )


def _begin(empty, max_length, width, n_best):
    sentences = ops.shape(empty)[0]
    empty = ops.expand_dims(empty, 1)
    # All hypotheses begin alike: one of them is enough, and all would stay alike.
    first = ops.arange(width) == 0
    live = Live(
        ops.full((sentences, width), START, "int32"),
        _float32(ops.where(first & ops.logical_not(empty), 0.0, IMPOSSIBLE)),
        ops.full((sentences, width, max_length), PADDING, "int32"),
    )
    first = ops.arange(n_best) == 0
    kept = Hypotheses(
        ops.full((sentences, n_best, max_length), PADDING, "int32"),
        _float32(ops.where(first & empty, 0.0, IMPOSSIBLE)),
    )
    return live, kept


def _float32(scores):
    return ops.cast(scores, "float32")  # of two Python numbers `floatx` is made


def _ways_on(logits, live, index, constraints):
    """What each hypothesis may be continued by.

    Returns:
        The log-probabilities of the end `[b, k]`, those of the best words `[b, k, c]`,
        and these words, int32 `[b, k, c]`.
    """
    width, max_length = live.said.shape[1:]
    # No hypothesis gives more than `width` of the best to come.
    count = min(width, logits.shape[-1])
    logits = ops.cast(logits, "float32")
    total = log_total(logits)
    if constraints:
        said = ops.reshape(live.said, (-1, max_length))
        logits = constrained(words_only(logits) - total, said, index, constraints)
        total = ops.zeros_like(total)
    gains, words = best_tokens(logits, count, first=END + 1)
    shape = (-1, width, count)
    return (
        ops.reshape(logits[:, END] - total[:, 0], (-1, width)),
        ops.reshape(gains - total, shape),
        ops.reshape(words, shape),
    )


def _go_on(live, gains, words, index):
    """The best hypotheses that do not end, and whose they continue, int32 `[b, k]`."""
    _, width, count = gains.shape
    scores = ops.expand_dims(live.score, -1) + gains
    score, place = highest(ops.reshape(scores, (-1, width * count)), width)
    place = ops.cast(place, "int32")
    token = pick(ops.reshape(words, (-1, width * count)), place)
    parents = place // count
    said = _written(pick(live.said, parents), token, index)
    return Live(token, score, said), parents


def _finished(live, ended, after, divisors, index):
    """Those that end now, and are among the best of all that come out."""
    width = ended.shape[1]
    best = ops.top_k(ops.concatenate([after.score, ended], axis=1), width)[0]
    scores = ended / ops.take(divisors, index + 1, axis=0)
    scores = ops.where(ended >= best[:, -1:], scores, IMPOSSIBLE)
    end = ops.full_like(live.token, END)
    return Hypotheses(_written(live.said, end, index), scores)


def _keep(kept, finished):
    scores = ops.concatenate([kept.scores, finished.scores], axis=1)
    tokens = ops.concatenate([kept.tokens, finished.tokens], axis=1)
    scores, place = highest(scores, kept.scores.shape[1])
    return Hypotheses(pick(tokens, ops.cast(place, "int32")), scores)


def _written(said, token, index):
    return ops.slice_update(said, begins(index, 2, 3), ops.expand_dims(token, -1))


def _require_sizes(width, length_penalty, n_best):
    require(Count, width=width, n_best=n_best)
    require(LengthPenalty, length_penalty=length_penalty)
    if n_best > width:
        raise ValueError(
            f"n_best must be at most width, got n_best={n_best}, width={width}"
        )


@dataclasses.dataclass(frozen=True)
class Beam:
    """Follow the best hypotheses of each sentence; see `beam`.

    Args:
        width: Hypotheses that go on at each step.
        length_penalty: The exponent `α` of `((5 + |y|) / 6)^α`.
        n_best: How many translations of each sentence are returned.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.

    Raises:
        ValueError: If an option is outside its range.
    """

    width: int = 4
    length_penalty: float = 0.6
    n_best: int = 1
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self):
        _require_sizes(self.width, self.length_penalty, self.n_best)

    def inputs(self, sentences: Sequence[int], max_length: int) -> dict:
        """What the compiled loop is given beside the source: nothing.

        Args:
            sentences: The numbers of the sentences.
            max_length: Longest translation.
        """
        return {}

    def __call__(
        self, model: Decodable, source: Any, max_length: int, prefix: Any = None
    ) -> Hypotheses:
        """The best of each sentence, `[b, n_best, max_length]`.

        Args:
            model: Anything with `start` and `step`.
            source: Source ids, integers `[b, s]`.
            max_length: Longest translation, in tokens, its end included.
            prefix: What each translation begins with, integers `[b, p]`, 0 = free.
        """
        sizes = self.width, self.length_penalty, self.n_best
        return beam(model, source, max_length, *sizes, self.constraints, prefix)

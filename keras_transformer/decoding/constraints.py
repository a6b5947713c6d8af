"""Constraints: what may not be said, or is less wanted, at this step.

A constraint is a function `(log_probabilities, said, index) → log_probabilities`.
Greedy decoding, sampling and beam search apply the same ones, in order.

Axes: `b` sentence, `n` rows (hypotheses), `t` target position, `p` position in a
prefix, `v` vocabulary.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import numpy as np
from keras import ops

from keras_transformer.system.ranges import Count, CountOrNone, Range, require
from keras_transformer.tokens.reserved import END, PADDING

# A sum with it stays what it is: a sentence with one such token never comes back.
# Nothing here is differentiated.
IMPOSSIBLE = float("-inf")

Constraint = Callable[[Any, Any, Any], Any]
Penalty = Annotated[float, Range(1, 1e6)]


def constrained(
    log_probabilities: Any, said: Any, index: Any, constraints: Sequence[Constraint]
) -> Any:
    """The log-probabilities of what may come next.

    What a constraint takes away is not given to other tokens: the most probable
    translation under constraints is the model's most probable one among those that
    keep them.

    Args:
        log_probabilities: Float32 `[n, v]`, -inf where a token is impossible.
        said: The tokens so far, int32 `[n, t]`, padding from `index` on.
        index: Integer scalar: how many tokens were said.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`,
            applied in order. None may raise a log-probability above 0: beam search
            stops when no hypothesis can still become better.

    Returns:
        Float32 `[n, v]`, -inf where a token is impossible.
    """
    for constraint in constraints:
        log_probabilities = constraint(log_probabilities, said, index)
    return log_probabilities


def _tokens(log_probabilities):
    return ops.arange(log_probabilities.shape[-1], dtype="int32")


def _require_words(what, tokens):
    require(tuple[Annotated[int, Range(most=2**31 - 1)], ...], **{what: tokens})
    if min(tokens, default=END + 1) <= END:
        raise ValueError(
            f"{what} must be words, greater than {END} (padding 0, start 1, end "
            f"{END}), got {tokens}"
        )


def _require_known(what, tokens, size):
    if max(tokens, default=0) >= size:
        raise ValueError(
            f"{what} must be in the vocabulary of {size} tokens, got {tokens}"
        )


@dataclasses.dataclass(frozen=True)
class MinLength:
    """A translation has at least `length` tokens, its end not counted.

    Args:
        length: The number of tokens.

    Raises:
        ValueError: If `length` is negative.
    """

    length: int

    def __post_init__(self):
        require(CountOrNone, length=self.length)

    def __call__(self, log_probabilities: Any, said: Any, index: Any) -> Any:
        early = (_tokens(log_probabilities) == END) & (index < self.length)
        return ops.where(early, IMPOSSIBLE, log_probabilities)


@dataclasses.dataclass(frozen=True)
class MaxLength:
    """After `length` tokens only the end can follow.

    Unlike decoding's `max_length`, which cuts, it brings every translation to an end.

    Args:
        length: The number of tokens, the end not counted; at least 1.

    Raises:
        ValueError: If `length` is less than 1.
    """

    length: int

    def __post_init__(self):
        require(Count, length=self.length)

    def __call__(self, log_probabilities: Any, said: Any, index: Any) -> Any:
        late = (_tokens(log_probabilities) != END) & (index >= self.length)
        return ops.where(late, IMPOSSIBLE, log_probabilities)


@dataclasses.dataclass(frozen=True)
class Forbidden:
    """Tokens that are never said.

    Args:
        tokens: The tokens. Padding and start never are in any case, and the end has
            to come (`MinLength` holds it off).

    Raises:
        ValueError: If a token is no word, or, when called, is not in the vocabulary.
    """

    tokens: Sequence[int]

    def __post_init__(self):
        object.__setattr__(self, "tokens", tuple(int(token) for token in self.tokens))
        _require_words("forbidden tokens", self.tokens)

    def __call__(self, log_probabilities: Any, said: Any, index: Any) -> Any:
        size = log_probabilities.shape[-1]
        _require_known("forbidden tokens", self.tokens, size)
        forbidden = np.isin(np.arange(size), self.tokens)
        return ops.where(forbidden, IMPOSSIBLE, log_probabilities)


@dataclasses.dataclass(frozen=True)
class ForcedPrefix:
    """Translations begin with given tokens; their scores count them.

    Args:
        tokens: A prefix for all sentences, integers `[p]`, or one for each, integers
            `[b, p]`; padding leaves the choice free.

    Raises:
        ValueError: If `tokens` has another number of axes, or is a list with a token
            that is no word, or, when called, is not in the vocabulary. A tensor's
            tokens beyond it leave the choice free.
    """

    tokens: Any

    def __post_init__(self):
        if isinstance(self.tokens, tuple | list):
            object.__setattr__(self, "tokens", tuple(self.tokens))
            _require_words("a forced prefix", self.tokens)
        elif len(self.tokens.shape) not in (1, 2):
            raise ValueError(
                "a forced prefix must be [p] or [b, p], got shape "
                f"{tuple(self.tokens.shape)}"
            )

    def __call__(self, log_probabilities: Any, said: Any, index: Any) -> Any:
        size = log_probabilities.shape[-1]
        if isinstance(self.tokens, tuple | np.ndarray):
            _require_known("a forced prefix", np.ravel(self.tokens).tolist(), size)
        prefix = ops.cast(ops.convert_to_tensor(self.tokens), "int32")
        if len(prefix.shape) == 1:
            prefix = ops.expand_dims(prefix, 0)
        sentences, length = ops.shape(prefix)
        free = ops.full((sentences, 1), PADDING, "int32")
        prefix = ops.concatenate([prefix, free], axis=1)
        token = ops.take(prefix, ops.minimum(index, length), axis=1)  # b
        # Every hypothesis of a sentence begins with the sentence's prefix: b → b k v.
        token = ops.reshape(token, (-1, 1, 1))
        by_sentence = ops.reshape(log_probabilities, (sentences, -1, size))
        forced = (token > PADDING) & (token < size)
        other = forced & (_tokens(log_probabilities) != token)
        return ops.reshape(ops.where(other, IMPOSSIBLE, by_sentence), (-1, size))


@dataclasses.dataclass(frozen=True)
class RepetitionPenalty:
    """A token that was said before is less likely.

    `log p(v) ← penalty · log p(v)   if v was said: p(v) becomes p(v)^penalty`

    It is computed on log-probabilities. On logits, as in the paper, the result would
    change with a number added to all of them, which changes nothing that they mean.

    Args:
        penalty: 1 changes nothing, more discourages repetition; at least 1.

    Raises:
        ValueError: If `penalty` is less than 1.

    Source: Keskar et al. 2019 (CTRL), section 4.1.
    """

    penalty: float

    def __post_init__(self):
        require(Penalty, penalty=self.penalty)

    def __call__(self, log_probabilities: Any, said: Any, index: Any) -> Any:
        rows, length = ops.shape(said)
        before = ops.take_along_axis(log_probabilities, said, axis=-1)
        row = ops.expand_dims(ops.arange(rows, dtype="int32"), 1)
        places = ops.stack([ops.broadcast_to(row, (rows, length)), said], axis=-1)
        # A token that was said twice is written twice, with the same number; padding
        # stands where nothing was said yet, and is impossible as it is.
        return ops.scatter_update(
            log_probabilities,
            ops.reshape(places, (-1, 2)),
            ops.reshape(self.penalty * before, (-1,)),
        )

"""Models whose every logit is known, for the laws of decoding.

They have `start` and `step`, and a state whose every leaf is batch-first.
"""

import itertools
from typing import Any

import numpy as np
from keras import ops

from keras_transformer.tokens.reserved import END, PADDING, START

VOCABULARY = 7


class Script:
    """A model that says the tokens of its source, one after the other.

    Its state holds how far each row is; a row that has been read to its end says END.
    """

    def __init__(self, tempting: float = 0.0):
        self.tempting = tempting

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first token."""
        source = ops.cast(source, "int32")
        return {"source": source, "position": ops.zeros_like(source[:, 0])}

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """Logits for the token that the source has at this place."""
        length = state["source"].shape[1]
        place = ops.one_hot(state["position"], length, dtype="int32")
        wanted = ops.sum(place * state["source"], axis=1)
        wanted = ops.where(wanted == PADDING, END, wanted)
        logits = 3.0 * ops.one_hot(wanted, VOCABULARY, dtype="float32")
        special = ops.cast(ops.arange(VOCABULARY) < END, "float32")
        state = {**state, "position": state["position"] + 1}
        return logits + self.tempting * special, state


class Count:
    """A model that says the token after the one it is given: 3, 4, 5, 6, END."""

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first token: nothing is remembered."""
        return {"source": ops.cast(source, "int32")}

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """Logits for the next number."""
        tokens = ops.cast(tokens, "int32")
        after = ops.where(tokens == START, 3, tokens + 1)
        after = ops.where(after >= VOCABULARY, END, after)
        return 3.0 * ops.one_hot(after, VOCABULARY, dtype="float32"), state


TRAPS = (8, 11)


class Trap:
    """A model whose best first token leads to a bad end, and that remembers its past.

    Only some seeds are traps: `TRAPS`. Every sentence has three tokens and an end. The
    state is the history, so that a hypothesis with another's state gets another's
    logits.
    """

    def __init__(self, seed: int | None):
        self.table = (
            np.random.default_rng(seed).normal(size=(8**3, 3)).astype("float32")
        )
        self.table *= 2.0

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first token."""
        zero = ops.zeros_like(ops.cast(source, "int32")[:, 0])
        return {"history": zero, "position": zero}

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """Logits by the whole history; after three tokens, END."""
        tokens = ops.cast(tokens, "int32")
        history = ops.where(
            state["position"] == 0, 0, 4 * state["history"] + (tokens - 2)
        )
        said = ops.take(ops.convert_to_tensor(self.table), history, axis=0)
        low = ops.full_like(said[:, :1], -30.0)
        going = ops.concatenate([low, low, low, said, low], axis=1)
        ending = 30.0 * ops.one_hot(END, VOCABULARY, dtype="float32")
        over = ops.expand_dims(state["position"] >= 3, 1)
        logits = ops.where(over, ending, going)
        return logits, {"history": history, "position": state["position"] + 1}

    def best(self) -> Any:
        """The most probable sentence, found by trying all of them."""

        def log_softmax(row):
            return row - np.log(np.exp(row).sum())

        found = []
        for one in range(3):
            for two in range(3):
                for three in range(3):
                    after_one = one + 1
                    after_two = 4 * after_one + two + 1
                    total = (
                        log_softmax(self.table[0].astype("float64"))[one]
                        + log_softmax(self.table[after_one].astype("float64"))[two]
                        + log_softmax(self.table[after_two].astype("float64"))[three]
                    )
                    found.append((total, [one + 3, two + 3, three + 3]))
        return max(found)


class Tree:
    """A model whose every sentence's probability is known, and that remembers its past.

    A sentence is made of three words, in any order and number. What comes next depends
    on the source's first token and on the whole history, which is the state: a
    hypothesis with another's state gets another's logits. Greedy decoding of `SEEDS`
    misses the best sentence, and the best by average is not the best by sum.
    """

    SEEDS = (6, 16)
    LATE = 96  # with a length penalty of 2 a long sentence wins that was long behind
    # A long sentence wins from one source, a short one from the other; neither has the
    # best average, and a beam of four that mixes up its states misses them.
    BY_SUM = (36, 46)
    LONGER = (30, 34)  # at 0.6 a sum compared with what is divided ends too soon
    WORDS = (3, 4, 5)
    DEPTH = 4  # the longest history that it tells apart

    def __init__(self, seed: int | None):
        self.choices = len(self.WORDS) + 1
        shape = (VOCABULARY, self.choices**self.DEPTH, self.choices)
        generator = np.random.default_rng(seed)
        self.table = (2.0 * generator.normal(size=shape)).astype("float32")

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first token."""
        first = ops.cast(source, "int32")[:, 0]
        zero = ops.zeros_like(first)
        return {"first": first, "history": zero, "position": zero}

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """Logits of END and of the three words, by the whole history."""
        choice = ops.cast(tokens, "int32") - END
        histories = self.choices**self.DEPTH
        history = self.choices * state["history"] + choice
        history = ops.where(state["position"] == 0, 0, history)
        history = ops.clip(history, 0, histories - 1)
        table = ops.reshape(ops.convert_to_tensor(self.table), (-1, self.choices))
        known = ops.take(table, histories * state["first"] + history, axis=0)
        never = ops.full_like(known[:, :1], -1e4)
        logits = ops.concatenate([never, never, known, never], axis=1)
        position = state["position"] + 1
        return logits, {**state, "history": history, "position": position}

    def chances(self, first: Any, said: Any) -> Any:
        """Log-probabilities of END and of the three words after what was said."""
        history = 0
        for token in said:
            history = self.choices * history + int(token) - END
        row = self.table[int(first), history].astype("float64")
        return row - np.log(np.exp(row).sum())

    def total(self, first: Any, said: Any) -> Any:
        """The log-probability of a sentence, its end included, or of its beginning."""
        return sum(
            self.chances(first, said[:place])[int(said[place]) - END]
            for place in range(len(said))
        )

    def sentences(self, first: Any, max_length: int, penalty: float = 0.0) -> list[Any]:
        """Every sentence, also what is cut off at `max_length` tokens, the best first.

        Returns:
            Pairs `(score, tokens)`; END is a token, and counts as one.
        """
        found = []
        for length in range(1, max_length + 1):
            divisor = ((5 + length) / 6) ** penalty
            last = (END, *self.WORDS) if length == max_length else (END,)
            for *words, token in itertools.product(*[self.WORDS] * (length - 1), last):
                said = [*words, token]
                found.append((self.total(first, said) / divisor, said))
        return sorted(found, reverse=True)

    def greedy(self, first: Any, max_length: int) -> Any:
        """The sentence made of the likeliest token at each step."""
        said = []
        while len(said) < max_length and END not in said:
            said.append(int(np.argmax(self.chances(first, said))) + END)
        return said


class Dice:
    """A model that says two words, each by the same known probabilities."""

    WORDS = (3, 4, 5, 6)
    CHANCES = (0.5, 0.25, 0.15, 0.1)

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first throw."""
        return {"thrown": ops.zeros_like(ops.cast(source, "int32")[:, 0])}

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """The same logits twice, then END."""
        chances = np.log(np.array([[1e-9] * 3 + [*self.CHANCES]], "float32"))
        ending = 50.0 * np.eye(VOCABULARY, dtype="float32")[None, END]
        over = ops.expand_dims(state["thrown"] >= 2, 1)
        return ops.where(over, ending, chances), {"thrown": state["thrown"] + 1}

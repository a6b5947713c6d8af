"""Sampling: tokens drawn by their probability.

Axes: `b` sentence, `k` samples of a sentence, `n = b·k` rows, `s` source position, `p`
position in a prefix, `t` target position, `v` vocabulary.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_transformer.decoding.constraints import Constraint
from keras_transformer.decoding.filters import (
    keep_min_p,
    keep_top_k,
    keep_top_p,
    temper,
)
from keras_transformer.decoding.hypotheses import Hypotheses
from keras_transformer.decoding.logits import most_likely, words_only
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.decoding.single import follow, with_prefix
from keras_transformer.system.ranges import Count, Seed, require


def draw(logits: Any, uniform: Any) -> Any:
    """A token of each row, drawn by its softmax.

    It is the first token at which the summed probabilities exceed the uniform number:
    one random number a token, and the same token on every backend.

    Args:
        logits: Float `[n, v]`; what is -inf is never drawn.
        uniform: Float `[n]` in [0, 1).

    Returns:
        Tokens, int32 `[n]`.

    Example:
        >>> import numpy as np
        >>> logits = np.log(np.array([[0.2, 0.5, 0.3]] * 3, "float32"))
        >>> drawn = draw(logits, np.array([0.1, 0.69, 0.71], "float32"))
        >>> np.asarray(drawn).tolist()
        [0, 1, 2]
    """
    chances = ops.softmax(logits, axis=-1)
    summed = ops.cumsum(chances, axis=-1)
    wanted = ops.expand_dims(uniform, 1) * summed[:, -1:]
    # Summed in parallel, the numbers may by rounding rise where nothing is added.
    reached = (summed > wanted) & (chances > 0)
    first = most_likely(ops.cast(reached, "float32"), first=0)
    likeliest = most_likely(logits, first=0)
    return ops.where(ops.any(reached, axis=-1), first, likeliest)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Draw each token by its probability.

    First the constraints, then `temperature`, `top_k`, `top_p` and `min_p`, in this
    order; what they leave is drawn from, with probabilities made to sum to 1.

    Args:
        temperature: Sharper below 1, flatter above.
        top_k: Draw from the `k` most likely tokens only; `None` draws from all.
        top_p: Draw from the most likely tokens that together have this probability.
        min_p: Draw from tokens at least this many times as likely as the likeliest.
        count: Samples of each sentence, drawn independently.
        seed: Fixes the samples, of each sentence by its number in the input, whatever
            the batch that it is decoded in.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.

    Raises:
        ValueError: If an option is outside its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    count: int = 1
    seed: int = 0
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self):
        require(Count, count=self.count)
        require(Seed, seed=self.seed)
        self.filtered(np.zeros((1, 3), "float32"))  # refuses what is out of range

    def filtered(self, logits: Any) -> Any:
        """The logits that are drawn from, float `[n, v]`.

        Args:
            logits: Float `[n, v]`.
        """
        if self.temperature != 1:
            logits = temper(logits, self.temperature)
        if self.top_k is not None:
            logits = keep_top_k(logits, self.top_k)
        if self.top_p is not None:
            logits = keep_top_p(logits, self.top_p)
        if self.min_p is not None:
            logits = keep_min_p(logits, self.min_p)
        return logits

    def inputs(self, sentences: Sequence[int], max_length: int) -> dict:
        """The numbers that sentences are drawn with, float32 `[b, k, max_length]`.

        Args:
            sentences: The numbers of the sentences.
            max_length: Longest translation.
        """
        uniform = [
            np.random.default_rng([self.seed, sentence, sample]).random(
                max_length, "float32"
            )
            for sentence in sentences
            for sample in range(self.count)
        ]
        return {"uniform": np.reshape(uniform, (-1, self.count, max_length))}

    def __call__(
        self,
        model: Decodable,
        source: Any,
        max_length: int,
        prefix: Any = None,
        uniform: Any = None,
    ) -> Hypotheses:
        """Samples of each sentence, `[b, count, max_length]`, in the order drawn.

        Their scores are the log-probabilities of their tokens, before temperature and
        filters.

        Args:
            model: Anything with `start` and `step`.
            source: Source ids, integers `[b, s]`.
            max_length: Longest translation, in tokens, its end included.
            prefix: What each translation begins with, integers `[b, p]`, 0 = free.
            uniform: The numbers to draw with, float `[b, count, max_length]` in
                [0, 1); by default `inputs` of the sentences 0, 1, 2 …

        Raises:
            ValueError: If the size of the batch is unknown, and no numbers are given.
        """
        if uniform is None:
            if source.shape[0] is None:
                raise ValueError(
                    "a batch of unknown size is sampled with given numbers: pass "
                    f"uniform, got a source of shape {tuple(source.shape)}"
                )
            uniform = self.inputs(range(source.shape[0]), max_length)["uniform"]
        uniform = ops.reshape(uniform, (-1, max_length))

        def choose(logits, index):
            return draw(
                self.filtered(words_only(logits)), ops.take(uniform, index, axis=1)
            )

        constraints = with_prefix(self.constraints, prefix)
        return follow(model, source, max_length, choose, self.count, constraints)

"""Greedy decoding: the most likely token, every time.

Axes: `b` sentence, `s` source position, `p` position in a prefix, `t` target position.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from keras_transformer.decoding.constraints import Constraint
from keras_transformer.decoding.hypotheses import Hypotheses
from keras_transformer.decoding.logits import most_likely
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.decoding.single import follow, with_prefix


@dataclasses.dataclass(frozen=True)
class Greedy:
    """Take the most likely token at each step.

    Args:
        scored: Whether to compute scores, the log-probabilities of the translations,
            which takes one more pass over the logits; without them they are 0.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`,
            such as `MinLength(3)`.
    """

    scored: bool = False
    constraints: tuple[Constraint, ...] = ()

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
        """One hypothesis a sentence, `[b, 1, max_length]`.

        Args:
            model: Anything with `start` and `step`.
            source: Source ids, integers `[b, s]`.
            max_length: Longest translation, in tokens, its end included.
            prefix: What each translation begins with, integers `[b, p]`, 0 = free.
        """
        return follow(
            model,
            source,
            max_length,
            lambda logits, index: most_likely(logits),
            constraints=with_prefix(self.constraints, prefix),
            scored=self.scored,
            apart=True,
        )


def greedy(
    model: Decodable,
    source: Any,
    max_length: int,
    constraints: Sequence[Constraint] = (),
) -> Any:
    """Translate by taking the most likely token at each step.

    The loop ends when every sentence has ended, or at `max_length`.

    Args:
        model: Anything with `start` and `step`.
        source: Source ids, integers `[b, s]`, each ended by `END`, padded by 0. A
            row of padding only gives an empty translation.
        max_length: Longest translation, in tokens, its end included.
        constraints: Functions `(log_probabilities, said, index) → log_probabilities`.

    Returns:
        Target ids, int32 `[b, max_length]`: each ended by `END` where it ended in
        time, then padding.
    """
    method = Greedy(constraints=tuple(constraints))
    return method(model, source, max_length).tokens[:, 0]

"""How fast a model trains: steps with a clock beside them.

Axes: `b` sentence, `t` target position.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np

from keras_transformer.system.progress import progress_bar
from keras_transformer.tokens.reserved import PADDING


@dataclasses.dataclass(frozen=True)
class Steps:
    """What some steps of training were like, one number a step.

    Args:
        losses: The loss of each batch.
        tokens: How many real target tokens each batch held.
        seconds: How long each step took.
        first: Whether it was the first of its shape, for which a program is made.
    """

    losses: list[float]
    tokens: list[int]
    seconds: list[float]
    first: list[bool]

    @property
    def first_seconds(self) -> float:
        """Seconds of all first steps: compilation, and a step each."""
        return sum(
            s for s, first in zip(self.seconds, self.first, strict=True) if first
        )

    @property
    def median_seconds(self) -> float:
        """The median of the other steps."""
        return statistics.median(seconds for seconds, _ in self._steady())

    @property
    def tokens_per_second(self) -> float:
        """Real target tokens a second, of all but the first steps."""
        steady = self._steady()
        return sum(tokens for _, tokens in steady) / sum(
            seconds for seconds, _ in steady
        )

    def _steady(self):
        rows = zip(self.seconds, self.tokens, self.first, strict=True)
        return [(seconds, tokens) for seconds, tokens, first in rows if not first]


def timed_steps(step: Callable, batches: Iterable, progress: bool = True) -> Steps:
    """Train on batches, and time every step.

    Args:
        step: Called with `inputs, labels`; returns a dict with the `loss`, and returns
            when it is done.
        batches: Pairs of inputs and labels `[b, t]`, 0 = padding.
        progress: Whether to show a progress bar.

    Returns:
        The `Steps`.

    Raises:
        ValueError: If there is no batch.

    Example:
        >>> labels = np.array([[5, 2, 0], [2, 0, 0]])
        >>> steps = timed_steps(
        ...     lambda inputs, labels: {"loss": 1.5}, [({}, labels)] * 3, progress=False
        ... )
        >>> steps.losses, steps.tokens, steps.first
        ([1.5, 1.5, 1.5], [3, 3, 3], [True, False, False])
    """
    batches, seen, rows = list(batches), set(), []
    if not batches:
        raise ValueError("there must be a batch to train on, got none")
    for inputs, labels in progress_bar(batches, progress, unit="batch"):
        began = time.perf_counter()
        loss = float(step(inputs, labels)["loss"])
        took = time.perf_counter() - began
        tokens = int(np.count_nonzero(np.asarray(labels) != PADDING))
        rows.append((loss, tokens, took, np.shape(labels) not in seen))
        seen.add(np.shape(labels))
    return Steps(*map(list, zip(*rows, strict=True)))

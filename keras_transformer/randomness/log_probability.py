"""How the log-probability of a draw reaches the loss.

A layer that draws at random sits deep inside a model; the loss that its gradient needs
stands at the model's end. Between them a collector is open, as a gradient tape is: the
layer records, the trainer reads. Models in between need not know.

Axes: `b` batch.
"""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from keras import ops

_open = contextvars.ContextVar("keras_transformer_log_probability", default=None)


class LogProbabilities:
    """What was recorded while a collector was open."""

    def __init__(self):
        self.records = []

    def total(self) -> Any:
        """The log-probability of all draws of an example, float32 `[b]`.

        Returns:
            The sum over the records and over every axis but the first; `None` if
            nothing was recorded.
        """
        total = None
        for record in self.records:
            axes = tuple(range(1, len(record.shape)))
            row = ops.sum(record, axis=axes) if axes else record
            total = row if total is None else total + row
        return total


@contextlib.contextmanager
def log_probabilities() -> Iterator[LogProbabilities]:
    """Collect the log-probabilities of all draws inside the `with` block.

    Collectors nest, the innermost one receives. That is how a loop passes them on: what
    is recorded inside the body of a compiled loop cannot leave it but as a result of
    the loop.

    ```python
    def body(state):
        with log_probabilities() as drawn:
            context = attention(...)
        return ..., drawn.total()          # one [b] a step
    ...
    record(sum over the steps)             # into the collector outside, if any is open
    ```

    Returns:
        A context manager that gives a `LogProbabilities`.

    Example:
        >>> import numpy as np
        >>> with log_probabilities() as drawn:
        ...     record(np.log(np.array([[0.5, 0.5], [1.0, 0.5]], "float32")))
        >>> np.exp(np.asarray(drawn.total())).round(4).tolist()
        [0.25, 0.5]
    """
    collector = LogProbabilities()
    token = _open.set(collector)
    try:
        yield collector
    finally:
        _open.reset(token)


def record(log_probability: Any) -> None:
    """Hand log-probabilities to the innermost open collector; without one, nothing.

    Args:
        log_probability: Float32 `[b, ...]`.
    """
    collector = _open.get()
    if collector is not None:
        collector.records.append(log_probability)

"""Means over tokens, gathered batch by batch, which a checkpoint can hold."""

import dataclasses

import numpy as np

from keras_transformer.tokens.reserved import PADDING


@dataclasses.dataclass
class TokenMeans:
    """Means in which every kept token weighs the same, whatever batch it was in.

    Keras resets its metrics in each `train_on_batch` and `test_on_batch`: what they
    return are the means of that batch alone.

    Args:
        tokens: Number of kept tokens so far.
        totals: For each name the sum over those tokens.

    Example:
        >>> measured = TokenMeans()
        >>> measured.add({"loss": 1.0}, np.array([[5, 6, 7, 2]]))
        >>> measured.add({"loss": 3.0}, np.array([[2, 0, 0, 0]]))  # one token
        >>> measured.means()
        {'loss': 1.4}
    """

    tokens: int = 0
    totals: dict[str, float] = dataclasses.field(default_factory=dict)

    def add(self, means: dict, labels: np.ndarray) -> None:
        """Count a batch.

        Args:
            means: The means over the kept tokens of the batch, by name.
            labels: The labels of the batch; padding is not kept.
        """
        tokens = int(np.count_nonzero(labels != PADDING))
        self.tokens += tokens
        for name, mean in means.items():
            self.totals[name] = self.totals.get(name, 0.0) + tokens * float(mean)

    def means(self) -> dict[str, float]:
        """The means so far."""
        return {name: total / self.tokens for name, total in self.totals.items()}

"""What an experiment has stored, as a lesson reads it."""

import math
import pathlib
import statistics
import typing

from keras_transformer.system.reading import read_json


class Mean(typing.NamedTuple):
    """A figure over seeds.

    Args:
        mean: The mean.
        deviation: The standard deviation of a single seed's figure; NaN for one seed.
        values: Each seed's figure, in the order of the seeds.
    """

    mean: float
    deviation: float
    values: tuple[float, ...]


class Stored:
    """The stored rows of an experiment.

    Args:
        path: Its file, `results/experiments/<name>.json`.

    Example:
        ```
        stored = Stored("../results/experiments/encoder_only.json")
        stored.mean("pretrained", "accuracy").mean
        ```
    """

    def __init__(self, path: str | pathlib.Path):
        told = read_json(pathlib.Path(path))
        self.title: str = told["title"]
        self.command: str = told["command"]
        self.variants: dict[str, str] = told["variants"]
        self.rows = sorted(told["rows"], key=lambda row: row["seed"])

    def seeds(self, variant: str) -> list[int]:
        """The seeds of a variant that are stored."""
        return [row["seed"] for row in self._of(variant)]

    def mean(self, variant: str, figure: str) -> Mean:
        """A figure of a variant over its seeds.

        Args:
            variant: Name of the variant.
            figure: Name of what was measured, a number.

        Raises:
            ValueError: If nothing is stored of the variant, or no such figure.
        """
        values = [float(each) for each in self.each(variant, figure)]
        several = statistics.stdev(values) if len(values) > 1 else math.nan
        return Mean(statistics.fmean(values), several, tuple(values))

    def each(self, variant: str, figure: str) -> list[typing.Any]:
        """A figure of a variant, once for each seed, numbers or lists.

        Args:
            variant: Name of the variant.
            figure: Name of what was measured.

        Raises:
            ValueError: If nothing is stored of the variant, or no such figure.
        """
        rows = self._of(variant)
        if any(figure not in row["measured"] for row in rows):
            known = sorted(rows[0]["measured"])
            raise ValueError(f"{variant} has the figures {known}, got {figure!r}")
        return [row["measured"][figure] for row in rows]

    def _of(self, variant):
        rows = [row for row in self.rows if row["variant"] == variant]
        if not rows:
            known = sorted({row["variant"] for row in self.rows})
            raise ValueError(f"stored are the variants {known}, got {variant!r}")
        return rows

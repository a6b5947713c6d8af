"""What the tables of the scoreboard say of a model, and how numbers are written."""

import itertools
import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Column(NamedTuple):
    """A column of a board: a figure of a split, over the seeds of a variant."""

    title: str
    split: str
    field: str
    statistic: str = "mean"


COLUMNS = {
    "phrasebook": (
        Column("BLEU", "test", "bleu"),
        Column("± sd", "test", "bleu", "sd"),
        Column("BLEU, long", "test_long", "bleu"),
        Column("exact", "test", "exact"),
        Column("AER", "test", "aer"),
    ),
    "multi30k-de-en": (
        Column("BLEU", "test_2016", "bleu"),
        Column("± sd", "test_2016", "bleu", "sd"),
        Column("chrF", "test_2016", "chrf"),
        Column("BLEU, tokens", "test_2016", "tokenized_bleu"),
        Column("BLEU, valid", "valid", "bleu"),
        Column("BLEU, 2017", "test_2017", "bleu"),
        Column("BLEU, COCO", "mscoco", "bleu"),
    ),
}
"""What each study's table says of a model."""


def seconds(run: Mapping) -> float:
    """How long a run trained."""
    return run["seconds"]


def steady_minutes(run: Mapping) -> float:
    """How long a run would have trained, had every pass been like the median.

    A run of an hour shares its machine, and may have been suspended for a while.
    """
    ends = [0.0, *(epoch["seconds"] for epoch in run["history"])]
    passes = [end - start for start, end in itertools.pairwise(ends)]
    return len(passes) * statistics.median(passes) / 60


def on_accelerator(run: Mapping) -> bool:
    """Whether a run was trained on something else than a processor."""
    return bool(run.get("device", {}).get("accelerators"))


TIMES: Mapping[str, tuple[str, Callable[[Mapping], float]]] = {
    "phrasebook": ("seconds", seconds),
    "multi30k-de-en": ("minutes", steady_minutes),
}
"""How each study's table says the time of training."""

FORMATS = {
    "parameters": ",d",
    "BLEU": ".1f",
    "± sd": ".1f",
    "BLEU, long": ".1f",
    "exact": ".1%",
    "AER": ".3f",
    "seconds": ".0f",
}
"""How each column of the phrasebook's board is written: what the lessons show."""
ALL_FORMATS = FORMATS | {
    "BLEU, tokens": ".1f",
    "BLEU, valid": ".1f",
    "BLEU, 2017": ".1f",
    "BLEU, COCO": ".1f",
    "chrF": ".1f",
    "minutes": ".0f",
    "minutes, GPU": ".1f",
    "seconds, GPU": ".0f",
}
"""How each column of any board is written."""

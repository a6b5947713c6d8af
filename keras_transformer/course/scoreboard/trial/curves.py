"""The trial as curves: BLEU against what it cost to get there."""

import pathlib
import statistics
from collections.abc import Callable, Mapping

from keras_transformer import plots
from keras_transformer.course.scoreboard.trial.plan import Runs, alone

AGAINST: Mapping[str, tuple[str, Callable[[dict], list[float]]]] = {
    "passes": ("passes", lambda run: [row["epoch"] for row in run["history"]]),
    "multiplications": (
        "10¹² multiplications",
        lambda run: [
            row["epoch"] * run["multiplications_a_pass"] / 1e12
            for row in run["history"]
        ],
    ),
    "minutes": (
        "minutes",
        lambda run: [row["seconds"] / 60 for row in run["history"]],
    ),
}
"""What runs across, by the name of a drawing."""


def curves(runs: Runs, against: str) -> plots.Picture:
    """Validation BLEU while the models train, the mean over the seeds of a rung.

    A curve ends where the first of its seeds does.

    Args:
        runs: What `plan.stored` returned; at least one rung.
        against: A name of `AGAINST`.

    Raises:
        ValueError: If minutes are asked for that were not measured on a machine that
            had nothing else to do.
    """
    label, across = AGAINST[against]
    if against == "minutes" and not alone(runs):
        raise ValueError(
            "minutes are drawn of runs that were alone on their machine, got others"
        )
    x, lines = {}, {}
    for found in runs.values():
        title = found[0]["title"]
        places = map(across, found)
        x[title] = [statistics.mean(each) for each in zip(*places, strict=False)]
        scores = ([row["valid_bleu"] for row in run["history"]] for run in found)
        lines[title] = [statistics.mean(each) for each in zip(*scores, strict=False)]
    return plots.curves(
        x,
        lines,
        x_label=label,
        y_label="BLEU of the validation set",
        title="Multi30k, German to English: each model until it gets no better",
    )


def shown(runs: Runs) -> list[str]:
    """The drawings that what is stored allows.

    Args:
        runs: What `plan.stored` returned.
    """
    return [name for name in AGAINST if runs and (alone(runs) or name != "minutes")]


def picture_path(name: str) -> pathlib.Path:
    """Where a drawing stands."""
    return pathlib.Path(f"docs/trial_{name}.png")

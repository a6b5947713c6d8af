"""What the trial compares, how long each trains, and where the results stand."""

import pathlib
from collections.abc import Mapping, Sequence

from keras_transformer.course import studies
from keras_transformer.system.reading import read_json
from keras_transformer.translation.recipes import Recipe

Runs = Mapping[str, Sequence[dict]]
"""The runs of each rung, by its name."""

CORPUS = "multi30k-de-en"
RUNGS = ("soft_scaled_dot", "soft_additive", "transformer", "transformer_rotary")
SEEDS = (1, 2)
RATES = (1e-3, 2e-3, 4e-3)
"""Peak learning rates to choose from; the study's own is the middle one."""
FIRST, MOST, PATIENCE = 3, 60, 6
"""Passes before a rate is chosen; passes at most; passes without a better score."""
SEARCHES = {"greedy": 1, "beam": 4}
"""Hypotheses that are followed, by the name of the search."""
RESULTS = pathlib.Path("results/trial")
RUNS = pathlib.Path("runs/trial")
COMMAND = "python -m keras_transformer.course.scoreboard.trial"


def recipe_of(rung: str, seed: int, rate: float, passes: int) -> Recipe:
    """The study's recipe of a rung, with another rate, and passes until it is enough.

    Args:
        rung: Name of a variant.
        seed: Seed of weights, dropout and data order.
        rate: Peak learning rate.
        passes: Passes at most.
    """
    return studies.recipe(
        rung,
        CORPUS,
        seed=seed,
        peak_learning_rate=rate,
        epochs=passes,
        patience=PATIENCE,
        score_every=1,
    )


def rate_path(results: pathlib.Path, rung: str, rate: float) -> pathlib.Path:
    """Where the first passes at a rate are stored."""
    return results / CORPUS / "rates" / f"{rung}-{rate:g}.json"


def run_path(results: pathlib.Path, rung: str, seed: int) -> pathlib.Path:
    """Where a run is stored."""
    return results / CORPUS / f"{rung}-{seed}.json"


def rates(results: pathlib.Path, rung: str) -> dict[float, float | None]:
    """Validation BLEU after the first passes at each rate; `None` where it diverged.

    Args:
        results: Folder of all results.
        rung: Name of a variant.
    """
    paths = {rate: rate_path(results, rung, rate) for rate in RATES}
    return {rate: read_json(path)["valid_bleu"] for rate, path in paths.items()}


def chosen(figures: dict[float, float | None]) -> float:
    """The rate with the highest figure.

    Args:
        figures: What `rates` returned.

    Raises:
        ValueError: If every rate diverged.

    Example:
        >>> chosen({0.001: 20.5, 0.002: 24.0, 0.004: None})
        0.002
    """
    known = {rate: bleu for rate, bleu in figures.items() if bleu is not None}
    if not known:
        raise ValueError(f"at least one rate must train, got {figures}")
    return max(known, key=lambda rate: known[rate])


def stored(results: pathlib.Path) -> Runs:
    """The runs that are stored, by rung, in the order of rungs and seeds.

    Args:
        results: Folder of all results.
    """
    found = {
        rung: [read_json(path) for path in sorted((results / CORPUS).glob(pattern))]
        for rung in RUNGS
        for pattern in [f"{rung}-[0-9]*.json"]
    }
    return {rung: runs for rung, runs in found.items() if runs}


def alone(runs: Runs) -> bool:
    """Whether every run was alone on its machine, so that its seconds say something.

    Args:
        runs: What `stored` returned.
    """
    return all(run["alone"] for found in runs.values() for run in found)

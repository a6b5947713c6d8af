"""An experiment: variants, each measured with several seeds, stored row by row."""

import dataclasses
import datetime
import importlib
import pathlib
import pkgutil
import time
import typing
from collections.abc import Callable, Iterable, Mapping

from keras_transformer.course import experiments
from keras_transformer.system.devices import device_report
from keras_transformer.system.files import write_json
from keras_transformer.system.processes import in_its_own_process
from keras_transformer.system.reading import read_json
from keras_transformer.translation.run_folder import versions

RESULTS = pathlib.Path("results/experiments")


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What is compared, and how one of it is measured.

    Args:
        title: The question that it answers.
        variants: What each variant is, as a table says it, by its name.
        measure: Called with the name of a variant and a seed; returns what is stored of
            it: numbers, or lists of numbers, by name.
    """

    title: str
    variants: Mapping[str, str]
    measure: Callable[[str, int], dict[str, typing.Any]]


def names() -> list[str]:
    """The experiments: the modules of this room that define an `EXPERIMENT`."""
    found = {each.name for each in pkgutil.iter_modules(experiments.__path__)}
    return sorted(found - {"__main__", "experiment", "stored"})


def experiment(name: str) -> Experiment:
    """An experiment by name.

    Raises:
        ValueError: If there is no such experiment.
    """
    if name not in names():
        raise ValueError(f"the experiments are {', '.join(names())}, got {name!r}")
    return importlib.import_module(f"{experiments.__name__}.{name}").EXPERIMENT


def run(
    name: str,
    seeds: Iterable[int],
    only: Iterable[str] = (),
    folder: pathlib.Path = RESULTS,
) -> None:
    """Measure what is not stored yet, each in a process of its own.

    An interrupted run loses what it was measuring, and goes on when started again.

    Args:
        name: Name of the experiment.
        seeds: Seeds of weights, dropout and data.
        only: Names of variants; all of them by default.
        folder: Where `<name>.json` is.

    Raises:
        ValueError: If there is no such experiment, or no such variant.
    """
    asked, only = experiment(name), list(only)
    if unknown := sorted(set(only) - set(asked.variants)):
        raise ValueError(
            f"the variants of {name} are {', '.join(asked.variants)}, "
            f"got {', '.join(unknown)}"
        )
    path = pathlib.Path(folder) / f"{name}.json"
    for seed in seeds:
        for variant in only or asked.variants:
            rows = read_json(path)["rows"] if path.is_file() else []
            if (variant, seed) not in {(row["variant"], row["seed"]) for row in rows}:
                in_its_own_process(measure_and_store, name, variant, seed, path)


def measure_and_store(name: str, variant: str, seed: int, path: pathlib.Path) -> None:
    """Measure one variant with one seed, and add the row to the file.

    Args:
        name: Name of the experiment.
        variant: Name of the variant.
        seed: The seed.
        path: The file of the experiment.
    """
    asked = experiment(name)
    began = time.perf_counter()
    measured = asked.measure(variant, seed)
    row = {
        "variant": variant,
        "seed": seed,
        "measured": measured,
        "seconds": round(time.perf_counter() - began, 1),
        "date": datetime.date.today().isoformat(),
        "device": device_report(),
        "versions": versions(),
    }
    # What another run has stored meanwhile is kept.
    rows = read_json(path)["rows"] if path.is_file() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(
        path,
        {
            "title": asked.title,
            "command": f"python -m keras_transformer.course.experiments {name}",
            "variants": dict(asked.variants),
            "rows": [*rows, row],
        },
    )

"""Four rungs that carry a claim, each trained until it gets no better.

```
python -m keras_transformer.course.scoreboard.trial                  # what is missing
python -m keras_transformer.course.scoreboard.trial --rung transformer --seed 1
```

Each rung chooses its peak learning rate of three, by validation BLEU after the first
passes of seed 1. Then it is trained until validation BLEU has not risen for some
passes, and decodes greedily and with a beam. All else is as the study has it. Each
training has a process of its own; one that was interrupted goes on from its checkpoint.
A JSON a rate and a JSON a run in `results/trial/<corpus>/`.
"""

import argparse
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.course.scoreboard.trial.run import run, try_rate
from keras_transformer.system.processes import in_its_own_process
from keras_transformer.system.reading import read_json

Task = tuple[pathlib.Path, Callable[..., None], tuple[Any, ...]]


def tasks(
    rungs: list[str],
    seeds: list[int],
    results: pathlib.Path,
    folder: pathlib.Path,
    alone: bool = False,
) -> Iterator[Task]:
    """All rates first, then every rung with one seed, then with the next.

    Args:
        rungs: Names of variants.
        seeds: Seeds.
        results: Folder of all results.
        folder: Folder of all trainings.
        alone: Whether nothing else runs on the machine.

    Yields:
        `(path, function, arguments)`: what writes each result.
    """
    for rung in rungs:
        for rate in plan.RATES:
            path = plan.rate_path(results, rung, rate)
            yield path, try_rate, (rung, rate, results, folder)
    for seed in seeds:
        for rung in rungs:
            path = plan.run_path(results, rung, seed)
            yield path, run, (rung, seed, results, folder, alone)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(
        prog=plan.COMMAND,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rung", nargs="+", choices=plan.RUNGS, default=plan.RUNGS)
    parser.add_argument("--seed", nargs="+", type=int, default=plan.SEEDS)
    parser.add_argument("--results", type=pathlib.Path, default=plan.RESULTS)
    parser.add_argument("--folder", type=pathlib.Path, default=plan.RUNS)
    parser.add_argument(
        "--alone",
        action="store_true",
        help="nothing else runs on this machine: its minutes may be shown",
    )
    given = parser.parse_args(arguments)
    where = given.results, given.folder, given.alone
    for path, function, asked in tasks(given.rung, given.seed, *where):
        if not path.exists():
            in_its_own_process(function, *asked)
            history = read_json(path).get("history", [])
            scored = [f"{row['valid_bleu']:.1f}" for row in history]
            print(f"{path.stem}: validation BLEU {' '.join(scored)}", flush=True)


if __name__ == "__main__":
    main()

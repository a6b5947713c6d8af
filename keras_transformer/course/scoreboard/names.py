"""Whether names and numbers come through: what `SCOREBOARD.md` says of it."""

import pathlib

from keras_transformer.course.experiments import Stored
from keras_transformer.course.experiments.names_and_numbers import EXPERIMENT
from keras_transformer.course.scoreboard.told import not_measured, spread

COMMAND = "python -m keras_transformer.course.experiments names_and_numbers"
WANTED = 0.95
COLUMNS = {"number": "numbers", "name": "names", "capitals": "capitals", "all": "all"}


def section(path: pathlib.Path) -> str:
    """A sentence, and a row a model.

    Args:
        path: The stored experiment.
    """
    if not path.is_file():
        return not_measured(COMMAND)
    stored = Stored(path)
    known = {row["variant"] for row in stored.rows}
    made = [name for name in EXPERIMENT.variants if name in known]
    shares = {name: stored.mean(name, "all").mean for name in made}
    best = max(made, key=lambda name: shares[name])
    enough = "as wanted" if shares[best] >= WANTED else f"less than {WANTED:.0%}"
    lines = [
        f"**Most come through with {EXPERIMENT.variants[best]}**: "
        f"{shares[best]:.1%} of the captions, {enough}.",
        "",
        f"| | {' | '.join(COLUMNS.values())} | BLEU, untouched | seeds |",
        "|---" + "|---:" * (len(COLUMNS) + 2) + "|",
    ]
    for name in made:
        told = [f"{stored.mean(name, figure).mean:.1%}" for figure in COLUMNS]
        told.append(spread(stored.mean(name, "bleu_test_2016").values))
        told.append(str(len(stored.seeds(name))))
        lines.append(f"| {EXPERIMENT.variants[name]} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"

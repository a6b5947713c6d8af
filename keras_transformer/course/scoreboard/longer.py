"""What closes the gap of long sentences: what `SCOREBOARD.md` says of it."""

import pathlib
import statistics

from keras_transformer.course.experiments import Stored
from keras_transformer.course.experiments.longer_sentences import ASKED, MODELS
from keras_transformer.course.scoreboard.answers import verdict

COMMAND = "python -m keras_transformer.course.experiments longer_sentences"


def section(path: pathlib.Path) -> str:
    """A sentence a model, and a table: as trained, and with pairs joined.

    Args:
        path: The stored experiment.
    """
    if not path.is_file():
        return f"Not measured yet (`{COMMAND}`).\n"
    stored, lines, rows = Stored(path), [], []
    for name, (title, _) in MODELS.items():
        found = {
            (way, split): stored.mean(f"{name}{way}", f"bleu_{split}").values
            for way in ("", "_joined")
            for split in ASKED
        }
        told = []
        for split, what in zip(ASKED, ("phrasebook", "longer"), strict=True):
            pair = [list(found[way, split]) for way in ("_joined", "")]
            one, other = map(_mean, pair)
            told.append(f"{verdict(*pair)} on {what} ({one} against {other})")
        lines.append(f"- **{title}, with pairs joined**: {', '.join(told)}.")
        rows.append(f"| {title} | {' | '.join(map(_spread, found.values()))} |")
    lines += ["", "| | phrasebook | longer | joined: phrasebook | longer |"]
    lines.append("|---" + "|---:" * 4 + "|")
    return "\n".join([*lines, *rows]) + "\n"


def _mean(values):
    return format(statistics.fmean(values), ".1f")


def _spread(values):
    spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return _mean(values) + spread

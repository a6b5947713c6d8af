"""What closes the gap of long sentences: what `SCOREBOARD.md` says of it."""

import pathlib
import statistics

from keras_transformer.course.experiments import Stored
from keras_transformer.course.experiments.longer_sentences import ASKED, LONGER, MODELS
from keras_transformer.course.scoreboard.answers import verdict
from keras_transformer.course.scoreboard.board import Board
from keras_transformer.course.scoreboard.told import not_measured, spread

COMMAND = "python -m keras_transformer.course.experiments longer_sentences"


def section(path: pathlib.Path, phrasebook: Board) -> str:
    """A sentence a model, and a table: as trained on the scoreboard, and joined.

    Args:
        path: The stored experiment.
        phrasebook: The models that were trained on single pairs.
    """
    if not path.is_file():
        return not_measured(COMMAND)
    stored, lines, rows = Stored(path), [], []
    for name, title in MODELS.items():
        told, cells = [], []
        for split, what in zip(ASKED, ("phrasebook", "longer"), strict=True):
            joined = list(stored.mean(name, f"bleu_{split}").values)
            single = phrasebook.values(name, split, "bleu")
            one, other = map(statistics.fmean, (joined, single))
            word = verdict(joined, single)
            told.append(f"{word} on {what} ({one:.1f} against {other:.1f})")
            cells += [spread(single), spread(joined)]
        few = "" if len(joined) > 2 else f", as far as {_seeds(len(joined))} can say"
        lines.append(f"- **{title}, pairs joined**: {', '.join(told)}{few}.")
        rows.append(f"| {title} | {' | '.join(cells)} | {len(joined)} |")
    name, title = LONGER
    if any(row["variant"] == name for row in stored.rows):
        found = [stored.mean(name, f"bleu_{split}").values for split in ASKED]
        told = " | ".join(f"– | {spread(each)}" for each in found)
        rows.append(f"| {title} | {told} | {len(found[0])} |")
    heads = "| | phrasebook | joined | longer | joined | seeds, joined |"
    lines += ["", heads, "|---|" + "---:|" * 5]
    return "\n".join([*lines, *rows]) + "\n"


def _seeds(count):
    return "1 seed" if count == 1 else f"{count} seeds"

"""Do weights explain? What `SCOREBOARD.md` says of the experiment that asks."""

import pathlib
import statistics

from keras_transformer.course.experiments import Stored
from keras_transformer.course.experiments.do_weights_explain import (
    BOTH_WAYS,
    COUNTED,
    METHODS,
)
from keras_transformer.course.scoreboard.told import not_measured, spread

COMMAND = "python -m keras_transformer.course.experiments do_weights_explain"


def section(path: pathlib.Path) -> str:
    """A sentence a model, and the table of all methods.

    Args:
        path: The stored experiment.
    """
    if not path.is_file():
        return not_measured(COMMAND)
    stored = Stored(path)
    models = {
        k: title
        for k, title in stored.variants.items()
        if k not in (COUNTED, BOTH_WAYS)
    }
    right = {
        (model, method): stored.mean(model, f"{method} right").values
        for model in models
        for method in METHODS
    }
    error = {key: stored.mean(key[0], f"{key[1]} aer").values for key in right}
    lines = []
    for model, title in models.items():
        best = max(METHODS, key=lambda name: statistics.fmean(right[model, name]))
        usual = _percent(right[model, "writes"])
        told = f"- **{title}**: most often right is {METHODS[best]}, for "
        lines.append(f"{told}{_percent(right[model, best])} of the words")
        lines[-1] += "." if best == "writes" else f"; the usual reading for {usual}."
    lines += ["", f"| right, AER | {' | '.join(models.values())} |"]
    lines.append("|---|" + "---:|" * len(models))
    for method, told in METHODS.items():
        cells = (
            f"{_percent(right[model, method])}, "
            f"{statistics.fmean(error[model, method]):.2f}"
            for model in models
        )
        lines.append(f"| {told} | {' | '.join(cells)} |")
    measured = {row["variant"] for row in stored.rows}
    if COUNTED in measured:
        share, error = (
            stored.mean(COUNTED, f"{COUNTED} {figure}").mean
            for figure in ("right", "aer")
        )
        lines += ["", "Without any network, IBM model 1, which counts what stands"]
        lines[-1] += f" together, is right for {100 * share:.1f}%, AER {error:.2f}."
    if BOTH_WAYS in measured:
        errors = stored.mean(BOTH_WAYS, f"{BOTH_WAYS} aer").values
        few = f" ({len(errors)} seed{'s' * (len(errors) > 1)})"
        lines += ["", "**With a second Transformer that translates back**, AER"]
        lines[-1] += (
            f" {spread(errors, '.3f')}{few}: the mean of both, and of it each word's"
        )
        lines[-1] += " strongest partner, on either side."
    return "\n".join(lines) + "\n"


def _percent(values):
    return f"{spread([100 * value for value in values])}%"

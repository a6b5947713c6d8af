"""What the trial says: its answer, and its table."""

import statistics
from collections.abc import Callable, Sequence

from keras_transformer.course.scoreboard.answers import verdict
from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.course.scoreboard.trial.curves import picture_path, shown
from keras_transformer.course.scoreboard.trial.plan import Runs, alone

_RECURRENT, _TRANSFORMERS = plan.RUNGS[:2], plan.RUNGS[2:]
_TEST = "test_2016"


def _bleu(runs, search, split=_TEST):
    return [run["scores"][search][split]["bleu"] for run in runs]


def _best_pass(run):
    return max(run["history"], key=lambda row: row["valid_bleu"])["epoch"]


def answer(runs: Runs) -> str:
    """Whether the better Transformer beats the better GRUs, as a sentence.

    Args:
        runs: What `plan.stored` returned.

    Returns:
        While a rung has no run, which of them are missing.
    """
    if missing := [rung for rung in plan.RUNGS if rung not in runs]:
        names = ", ".join(f"`{rung}`" for rung in missing)
        return f"Not measured yet: {names} (`{plan.COMMAND}`).\n"
    said = []
    for search in plan.SEARCHES:
        best, other = (
            # Chosen by validation, and compared on the test.
            max(
                (runs[rung] for rung in rungs),
                key=lambda found, by=search: statistics.mean(_bleu(found, by, "valid")),
            )
            for rungs in (_TRANSFORMERS, _RECURRENT)
        )
        pair = [_bleu(found, search) for found in (best, other)]
        one, instead = map(statistics.mean, pair)
        said.append(f"{search} {verdict(*pair)} ({one:.1f} against {instead:.1f} BLEU)")
    return f"The better Transformer, not the better GRUs: {', '.join(said)}.\n"


def table(runs: Runs) -> str:
    """A row a rung, means over its seeds.

    Args:
        runs: What `plan.stored` returned; at least one rung.
    """
    columns: dict[str, Callable[[Sequence[dict]], str]] = {
        "model": lambda found: found[0]["title"],
        "peak rate": lambda found: f"{found[0]['rate']:g}",
        "passes to the best": lambda found: _mean(map(_best_pass, found), ".0f"),
        "10¹² multiplications a pass": lambda found: (
            f"{found[0]['multiplications_a_pass'] / 1e12:.1f}"
        ),
        "minutes": lambda found: _mean(
            (run["history"][-1]["seconds"] / 60 for run in found), ".0f"
        ),
        **{
            f"{split}, {search}": lambda found, split=split, search=search: _mean(
                _bleu(found, search, split), ".1f"
            )
            for search in plan.SEARCHES
            for split in ("valid", _TEST)
        },
        "seeds": lambda found: str(len(found)),
    }
    if not alone(runs):
        del columns["minutes"]
    lines = [f"| {' | '.join(columns)} |", "|---" + "|---:" * (len(columns) - 1) + "|"]
    for found in runs.values():
        lines.append(f"| {' | '.join(say(found) for say in columns.values())} |")
    return "\n".join(lines) + "\n"


def _mean(values, form):
    return format(statistics.mean(values), form)


def section(runs: Runs) -> str:
    """The trial as Markdown: its answer, and what is stored of it.

    Args:
        runs: What `plan.stored` returned.
    """
    parts = [answer(runs)]
    if runs:
        images = [
            f"![BLEU against {name}]({picture_path(name)})" for name in shown(runs)
        ]
        parts += [table(runs), "\n\n".join(images) + "\n"]
    return "\n".join(parts)

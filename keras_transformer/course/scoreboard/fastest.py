"""Who is the fastest to a score: what `SCOREBOARD.md` says of the stored runs."""

import pathlib
from typing import Any

from keras_transformer.system.reading import read_json
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.time_to import QUIET

PUBLISHED = (
    "What others publish: BLEU {:g} on `{}`, of a Transformer with 9 million weights "
    "after ten passes (`bentrevett/pytorch-seq2seq`)."
)
COMMAND = "keras-transformer scoreboard --time-to"
BEFORE = {"training.score_every", "decoding.beam"}
"""What is the same in every timed run, whatever the recipe says."""


def section(folder: pathlib.Path, corpus: str, split: str, bleu: float) -> str:
    """A table of the runs to one score, the fastest first.

    A machine that was busy before a run has a row, but no minutes and no rank.

    Args:
        folder: The folder of all results, one of each corpus in it.
        corpus: Name of the corpus.
        split: The split that decided.
        bleu: The score that was asked for.
    """
    paths = sorted((folder / corpus).glob("*.json"))
    runs = [(path, read_json(path)) for path in paths]
    asked, told = {"split": split, "wanted": bleu}, PUBLISHED.format(bleu, split)
    runs = [(p, run) for p, run in runs if asked.items() <= run.items()]
    if not runs:
        return f"{told}\n\nNot measured yet (`{COMMAND} {bleu:g}`).\n"
    runs.sort(key=lambda found: (not quiet(found[1]), found[1]["minutes"]))
    lines = [
        told,
        "",
        "| minutes | passes | BLEU then | recipe | parameters | seed | machine | run |",
        "|---:|---:|---:|---|---:|---:|---|---|",
    ]
    for path, run in runs:
        minutes = f"{run['minutes']:.1f}" if quiet(run) else "–"
        device, seed = run["device"], run["recipe"]["training"]["seed"]
        cores = f"{device['cores']} cores of {device['processor']}"
        machine = ", ".join(device["accelerators"]) or cores
        lines.append(
            f"| {minutes} | {run['passes']} | {run['bleu']:.1f} | {changes(run)} "
            f"| {run['parameters'] / 1e6:.1f}M | {seed} "
            f"| {machine}, TensorFlow {run['versions'].get('tensorflow', '–')} "
            f"| [{run['date']}](results/time_to/{corpus}/{path.name}) |"
        )
    return "\n".join(lines) + "\n"


def quiet(run: dict) -> bool:
    """Whether nothing else ran on the machine before, as far as it could be known.

    Args:
        run: What `time_to` returned.
    """
    return run["load_before"] is not None and run["load_before"] <= QUIET


def changes(run: dict) -> str:
    """What is trained, as the flags that make it of the recipe of its corpus.

    Args:
        run: What `time_to` returned.
    """
    base = next((r for r in RECIPES.values() if r.corpus == run["corpus"]), Recipe())
    name = next((name for name, r in RECIPES.items() if r == base), "–")
    own, recipe = _flat(base.to_dict()), _flat(run["recipe"])
    flags = [
        f"`--{key.replace('_', '-')} {_shown(value)}`"
        for key, value in recipe.items()
        if own.get(key) != value and key not in BEFORE | {"training.seed"}
    ]
    return " ".join([f"`{name}`", *flags])


def _flat(values: dict, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = list(value) if isinstance(value, tuple) else value
    return found


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)

"""How long a recipe takes to a score: from pairs on the disk to a translator."""

import dataclasses
import datetime
import os
import pathlib
import tempfile
import time
from collections.abc import Callable

import keras

from keras_transformer import corpora
from keras_transformer.corpora import Corpus
from keras_transformer.system.files import write_json
from keras_transformer.translation import experiment
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import read_device, versions
from keras_transformer.translation.scoring import evaluate_splits

QUIET = 0.5
"""Processes that may run or wait on a machine whose minutes are compared."""


def time_to(
    bleu: float,
    recipe: Recipe,
    split: str | None = None,
    corpus: Corpus | None = None,
    progress: bool = True,
    say: Callable[[str], None] = print,
) -> dict:
    """Train until a test split is translated as well as asked, and take the time.

    The clock runs from before the corpus is read to the end of the first pass after
    which greedy decoding reaches the score: vocabularies, compiling, and a score after
    every pass are part of it. The training ends there: the first 1,000 sentences of the
    split decide when, so its score is no estimate of what the translator is worth.

    Args:
        bleu: The score, in (0, 100].
        recipe: What is trained; it is scored after every pass, greedily.
        split: The split; by default the first that is held out for testing.
        corpus: The corpus; by default the one that the recipe names.
        progress: Whether to show a progress bar.
        say: Called with each line of report.

    Returns:
        The minutes, what was trained, on which machine with which versions, and how
        busy the machine was before: fit for JSON.

    Raises:
        ValueError: If the recipe ends below the score, or there is no such split.
    """
    if not 0 < bleu <= 100:
        raise ValueError(f"bleu must be in (0, 100], got {bleu}")
    busy = load()
    started = time.monotonic()
    corpus = corpus or corpora.load(recipe.corpus, recipe.columns)
    split = _tested(corpus, split)
    seen = {**corpus.splits, "valid": corpus.splits[split]}
    training = dataclasses.replace(recipe.training, score_every=1)
    timed = dataclasses.replace(recipe.searching(beam=1), training=training)
    reached = _Reached(bleu, started)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "run"
        translator = experiment.train(
            timed,
            folder,
            dataclasses.replace(corpus, splits=seen),
            callbacks=(reached,),
            progress=progress,
            say=say,
        )
        device = read_device(folder)
    if reached.minutes is None:
        raise ValueError(
            f"{split} must reach BLEU {bleu:g} within the recipe's {training.epochs} "
            f"passes, got {max(reached.scores):.1f}"
        )
    whole = evaluate_splits(translator, corpus, (split,))[split]
    return {
        "corpus": corpus.name,
        "split": split,
        "wanted": bleu,
        "minutes": round(reached.minutes, 2),
        "passes": len(reached.scores),
        "scores": [round(each, 2) for each in reached.scores],
        "bleu": whole["bleu"],
        "signature": whole["signature"],
        "parameters": translator.model.count_params(),
        "load_before": busy,
        "device": device,
        "date": datetime.date.today().isoformat(),
        "versions": versions(),
        "recipe": timed.to_dict(),
    }


def store(found: dict, folder: pathlib.Path) -> pathlib.Path:
    """Write a result to a file of its own.

    Args:
        found: What `time_to` returned.
        folder: The folder of all results; made if it does not exist.

    Returns:
        The path of the file.
    """
    seed = found["recipe"]["training"]["seed"]
    name = f"{found['split']}-{found['wanted']:g}-{found['date']}-seed-{seed}"
    folder = pathlib.Path(folder) / pathlib.PurePath(found["corpus"]).stem  # or a table
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := folder / f"{name}-{number}.json").exists():
        number += 1
    write_json(path, found)
    return path


def load() -> float | None:
    """Processes that ran or waited, mean of the last minute; none if not known."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _tested(corpus, split):
    others = [name for name in corpus.splits if name not in ("train", "valid")]
    if split is None and others:
        return others[0]
    if split not in others:
        raise ValueError(f"split must be one of {others}, got {split!r}")
    return split


class _Reached(keras.callbacks.Callback):
    """Ends the training at a score, and knows when."""

    def __init__(self, bleu, started):
        super().__init__()
        self.bleu, self.started = bleu, started
        self.scores, self.minutes = [], None

    def on_epoch_end(self, epoch, logs=None):
        self.scores.append(logs["valid_bleu"])
        if self.scores[-1] >= self.bleu:
            self.minutes = (time.monotonic() - self.started) / 60
            self.model.stop_training = True

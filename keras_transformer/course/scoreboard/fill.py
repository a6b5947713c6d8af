"""The one way a result comes about: a variant trains, others decode with its weights.

Nothing here needs TensorFlow: `runs` hands in what reads text, `token_runs` what reads
tokens.
"""

import datetime
import json
import pathlib
from collections.abc import Callable, Iterable
from typing import Any

import keras

from keras_transformer.course.studies import sharing, variant, with_seed
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import read_device, versions


def train_and_decode(
    corpus: str,
    names: Iterable[str],
    seed: int,
    folder: pathlib.Path,
    train: Callable[[Recipe], keras.Model],
    decode: Callable[[keras.Model, Recipe], Any],
) -> dict[str, tuple[dict, Any]]:
    """Train one model, or find its weights, and decode as each variant does.

    Args:
        corpus: Name of the study.
        names: Variants that share their weights.
        seed: Seed of weights, dropout and data order.
        folder: Folder of the training.
        train: Called with the recipe of the variant that trains; returns the model,
            and leaves the history in the folder.
        decode: Called with the model, and the recipe of each variant.

    Returns:
        For each name `about_training`, and what `decode` returned.
    """
    names = list(names)
    trainer = sharing(corpus, names[0])[0]
    model = train(with_seed(variant(corpus, trainer).recipe, seed))
    found = {}
    for name in names:
        recipe = with_seed(variant(corpus, name).recipe, seed)
        decoded = decode(model, recipe)
        found[name] = about_training(folder, model, recipe), decoded
    return found


def about_training(folder: pathlib.Path, model: keras.Model, recipe: Recipe) -> dict:
    """What a result file says of a training, but for what it is called and reached.

    Args:
        folder: Folder of the training, with its `history.json`.
        model: The trained model.
        recipe: How it was trained, and is decoded.
    """
    history = json.loads((folder / "history.json").read_text("utf-8"))
    return {
        "parameters": model.count_params(),
        "seconds": history[-1]["seconds"],
        "device": read_device(folder),
        "date": datetime.date.today().isoformat(),
        "versions": versions(),
        "recipe": recipe.to_dict(),
        "history": history,
    }


def result(
    corpus: str, name: str, seed: int, command: str, scores: dict, training: dict
) -> dict:
    """What a result file holds.

    Args:
        corpus: Name of the study.
        name: Name of the variant.
        seed: Seed of weights, dropout and data order.
        command: What makes it anew.
        scores: What it reached, by split.
        training: What `about_training` returned.
    """
    asked, training = variant(corpus, name), dict(training)
    return {
        "name": name,
        "title": asked.title,
        "trained_by": asked.trained_by or name,
        "corpus": corpus,
        "seed": seed,
        "command": command,
        "parameters": training.pop("parameters"),
        "seconds": training.pop("seconds"),
        "scores": scores,
        **training,
    }

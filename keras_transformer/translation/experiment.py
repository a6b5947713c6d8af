"""From a recipe to a trained and measured translator."""

import pathlib
import shutil
from collections.abc import Callable

import keras

from keras_transformer import corpora
from keras_transformer.corpora import Corpus
from keras_transformer.system.files import write_json
from keras_transformer.text import Tokenizer
from keras_transformer.training import LengthBuckets
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.translation.fit import fit_recipe
from keras_transformer.translation.needs import require_memory, to_train
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import (
    FINISHED,
    RECIPE,
    is_finished,
    read_recipe,
)
from keras_transformer.translation.scoring import evaluate, evaluate_splits
from keras_transformer.translation.token_files import TOKENS, save_tokens
from keras_transformer.translation.translator import (
    Translator,
    load_tokenizers,
    save_tokenizers,
)

__all__ = ["clear", "evaluate", "evaluate_splits", "named_recipe", "prepare", "train"]

SCORED = 1000
"""Validation sentences that are translated for a score during training, at most."""


def train(
    recipe: Recipe | str,
    folder: str | pathlib.Path,
    corpus: Corpus | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    progress: bool = True,
    say: Callable[[str], None] = print,
    devices: int = 0,
) -> Translator:
    """Train a translator, or go on training it, or load it where it is finished.

    Args:
        recipe: A recipe, or the name of one.
        folder: The folder of the run: checkpoints, history, and in the end the
            translator.
        corpus: The corpus; by default the one that the recipe names.
        callbacks: Keras callbacks.
        progress: Whether to show a progress bar.
        say: Called with each line of report.
        devices: How many devices share a batch; 0 takes what there is.

    Returns:
        The translator with the best weights.

    Raises:
        CheckpointError: If the folder holds a run of another recipe.
        CorpusError: If the corpus cannot be read.
        ValueError: If there are not so many devices.
    """
    recipe, folder = named_recipe(recipe), pathlib.Path(folder)
    if is_finished(folder):
        translator = Translator.load(folder)
        _require_same(translator.recipe, recipe, folder)
        say(FINISHED.format(folder))
        return translator
    # A vocabulary is not known yet: the smallest is counted.
    require_memory("training", to_train(recipe, (0, 0)))
    corpus = corpus or corpora.load(recipe.corpus)
    source, target, batches, valid = _tokens(recipe, folder, corpus, say)
    scored, language = corpus.splits["valid"].take(SCORED), corpus.target_language

    made = []  # one for all: its decoder is compiled once

    def scorer(model):
        made.append(Translator(model, source, target, recipe))
        return lambda: {"valid_bleu": evaluate(made[0], scored, language).bleu}

    fit_recipe(
        recipe,
        folder,
        (len(source.vocabulary), len(target.vocabulary)),
        batches,
        valid,
        devices,
        callbacks,
        progress,
        say,
        scorer,
        monitor="valid_bleu",
    )
    return made[0]


def prepare(
    recipe: Recipe | str,
    folder: str | pathlib.Path,
    corpus: Corpus | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Learn the vocabularies, and write all that training needs as numbers.

    `token_files.train_tokens` goes on from there, on a machine without TensorFlow too.

    Args:
        recipe: A recipe, or the name of one.
        folder: The folder of the run; made if it does not exist.
        corpus: The corpus; by default the one that the recipe names.
        say: Called with each line of report.

    Raises:
        CheckpointError: If the folder holds a run of another recipe.
        CorpusError: If the corpus cannot be read.
    """
    recipe, folder = named_recipe(recipe), pathlib.Path(folder)
    corpus = corpus or corpora.load(recipe.corpus)
    source, target, batches, valid = _tokens(recipe, folder, corpus, say)
    sizes = len(source.vocabulary), len(target.vocabulary)
    save_tokens(folder / TOKENS, sizes, batches, valid)


def _tokens(recipe, folder, corpus, say):
    """The tokenizers, and the batches to train on and to validate with."""
    for name, pairs in corpus.splits.items():
        for rule, count in pairs.skipped.items():
            say(f"{name}: {count} lines left out: {rule}")
    train_pairs, valid_pairs = corpus.splits["train"], corpus.splits["valid"]
    source, target = _tokenizers(recipe, train_pairs, folder)
    batches = _batches(recipe, train_pairs, source, target, say, "training")
    valid = _batches(recipe, valid_pairs, source, target, say, "validation")
    return source, target, batches, valid


def named_recipe(recipe: Recipe | str) -> Recipe:
    """The recipe itself, or the one of that name.

    Raises:
        ValueError: If there is no recipe of that name.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"the recipes are {', '.join(RECIPES)}, got {recipe!r}")
    return RECIPES[recipe]


def clear(folder: pathlib.Path) -> None:
    """Delete a run's folder, if it is one.

    Raises:
        ValueError: If the folder holds something else than a run.
    """
    folder = pathlib.Path(folder)
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / RECIPE).is_file():
        raise ValueError(f"a run's folder holds {RECIPE}, got {folder} without it")
    shutil.rmtree(folder)


def _tokenizers(recipe, pairs, folder):
    """Learn the vocabularies; a run that goes on uses the ones it began with."""
    begun = folder / RECIPE
    if begun.is_file():
        try:
            _require_same(read_recipe(folder), recipe, folder)
            return load_tokenizers(folder)
        except FileNotFoundError:
            pass  # it was stopped before its vocabularies were written
    text = recipe.text
    options = text.vocabulary_size, text.case, text.form
    if text.shared:
        source = target = Tokenizer.learn([*pairs.source, *pairs.target], *options)
    else:
        source = Tokenizer.learn(pairs.source, *options)
        target = Tokenizer.learn(pairs.target, *options)
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizers(folder, source, target)
    write_json(begun, recipe.to_dict())
    return source, target


def _require_same(found: Recipe, wanted: Recipe, folder):
    if found != wanted:
        differing = [
            name
            for name, value in found.to_dict().items()
            if value != wanted.to_dict()[name]
        ]
        raise CheckpointError(
            f"{folder} holds a run of another recipe (they differ in "
            f"{', '.join(differing)}); train into another folder"
        )


def _batches(recipe, pairs, source, target, say, what):
    lengths = recipe.training.lengths
    source_ids, target_ids = source.encode(pairs.source), target.encode(pairs.target)
    kept = [
        index
        for index, (s, t) in enumerate(zip(source_ids, target_ids, strict=True))
        if max(len(s), len(t)) < lengths[-1]
    ]
    if len(kept) < len(pairs):
        say(
            f"{len(pairs) - len(kept)} of {len(pairs)} {what} pairs left out: "
            f"longer than {lengths[-1] - 1} tokens"
        )
    if not kept:
        raise ValueError(
            f"no {what} pair has at most {lengths[-1] - 1} tokens a side; "
            "raise training.lengths"
        )
    return LengthBuckets(
        [source_ids[index] for index in kept],
        [target_ids[index] for index in kept],
        lengths=lengths,
        batch_tokens=recipe.training.batch_tokens,
        seed=recipe.training.seed,
    )

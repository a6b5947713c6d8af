"""From a recipe to a trained and measured translator."""

import contextlib
import pathlib
from collections.abc import Callable

import keras

from keras_transformer import corpora
from keras_transformer.corpora import Corpus
from keras_transformer.system.files import clear_unfinished, write_json
from keras_transformer.system.hosts import agree
from keras_transformer.system.locks import only_writer
from keras_transformer.text import Tokenizer
from keras_transformer.training import LengthBuckets, NotFiniteError
from keras_transformer.training.finite import SHOWN
from keras_transformer.training.flat_sentences import SentenceSpool, lengths_of
from keras_transformer.translation.auto import Choice
from keras_transformer.translation.fit import fit_recipe
from keras_transformer.translation.needs import require_memory, to_train
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import (
    CHOICE,
    FINISHED,
    OWN,
    RECIPE,
    START,
    TOKENS,
    clear,
    is_begun,
    is_finished,
    require_room,
    require_run,
    require_same,
    require_same_pairs,
    require_same_start,
)
from keras_transformer.translation.scoring import evaluate, evaluate_splits
from keras_transformer.translation.start import Start, require_other
from keras_transformer.translation.token_files import save_tokens, tokens_made_of
from keras_transformer.translation.tokenizer_folders import (
    fingerprints,
    load_tokenizers,
    save_tokenizers,
)
from keras_transformer.translation.translator import Translator

__all__ = ["clear", "evaluate", "evaluate_splits", "named_recipe", "prepare", "train"]

SCORED = 1000
"""Validation sentences that are translated for a score during training, at most."""
PIECE = 10_000
"""Pairs that are cut into tokens at once."""


def train(
    recipe: Recipe | str,
    folder: str | pathlib.Path,
    corpus: Corpus | None = None,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    progress: bool = True,
    say: Callable[[str], None] = print,
    devices: int = 0,
    restart: bool = False,
    start_from: str | pathlib.Path | None = None,
    choice: Choice | None = None,
) -> Translator:
    """Train a translator, or go on training it, or load it where it is finished.

    Nothing is written, and with `restart` nothing is deleted, before corpus, model and
    folder are known to be good.

    Args:
        recipe: A recipe, or the name of one.
        folder: The folder of the run: checkpoints, history, and in the end the
            translator.
        corpus: The corpus; by default the one that the recipe names.
        callbacks: Keras callbacks.
        progress: Whether to show a progress bar.
        say: Called with each line of report.
        devices: How many devices share a batch; 0 takes what there is.
        restart: Whether to begin anew where the folder holds a run: what that has
            written is deleted.
        start_from: The folder of a finished translator, whose vocabularies and weights
            the run begins with: for more passes, or for another corpus.
        choice: Why the recipe is as it is, if it was chosen by size: kept beside it.

    Returns:
        The translator with the best weights.

    Raises:
        CheckpointError: If the folder holds a run of another recipe, or from other
            weights.
        CorpusError: If the corpus cannot be read.
        FileNotFoundError: If there is no translator to start from.
        FolderInUseError: If another run writes to the folder.
        NotFiniteError: If a loss or a weight becomes NaN or infinite.
        ValueError: If there are not so many devices, there is no room, or a folder to
            restart in holds something else than a run.
    """
    recipe, folder = named_recipe(recipe), pathlib.Path(folder)
    if start_from is not None:
        require_other(start_from, folder)
    if choice is not None and not restart:
        require_same_pairs(recipe, folder, choice.to_dict())
    agree(restart=restart, finished=is_finished(folder))
    if not restart and is_finished(folder):
        return _finished(recipe, folder, say)
    # A vocabulary is not known yet: the smallest is counted.
    require_memory("training", to_train(recipe, (0, 0)))
    start = None if start_from is None else Start.read(start_from, recipe)
    with only_writer(folder):
        if restart:
            require_run(folder)
        elif is_finished(folder):  # meanwhile
            return _finished(recipe, folder, say)
        begun = not restart and is_begun(recipe, folder)
        if begun:
            require_same_start(folder, start and start.digest)
        corpus = corpus or corpora.load(recipe.corpus, recipe.columns)
        source, target, batches, valid = _tokens(
            recipe, folder, corpus, say, begun, start
        )
        scored, language = corpus.splits["valid"].take(SCORED), corpus.target_language

        made = []  # one for all: its decoder is compiled once

        def scorer(model):
            made.append(Translator(model, source, target, recipe))
            return lambda: {"valid_bleu": evaluate(made[0], scored, language).bleu}

        def lay_out():
            if restart:
                clear(folder)
            _lay_out(recipe, folder, source, target, start, choice)

        try:
            fit_recipe(
                recipe,
                folder,
                (len(source.vocabulary), len(target.vocabulary)),
                batches,
                valid,
                fingerprints(source, target),
                devices,
                callbacks,
                progress,
                say,
                scorer,
                monitor="valid_bleu",
                lay_out=lay_out,
                restart=restart,
                start=start and start.weights,
            )
        except NotFiniteError as error:
            for pair in error.pairs[:SHOWN]:  # numbers say little without their text
                (text,) = source.decode([batches.source[pair]])
                (translation,) = target.decode([batches.target[pair]])
                say(f"training pair {pair + 1}: {text} → {translation}")
            raise
    return made[0]


def _finished(recipe, folder, say):
    translator = Translator.load(folder)
    require_same(translator.recipe, recipe, folder)
    say(FINISHED.format(folder))
    return translator


def prepare(
    recipe: Recipe | str,
    folder: str | pathlib.Path,
    corpus: Corpus | None = None,
    say: Callable[[str], None] = print,
    choice: Choice | None = None,
) -> None:
    """Learn the vocabularies, and write all that training needs as numbers.

    `token_files.train_tokens` goes on from there, on a machine without TensorFlow too.
    The texts of the corpus are in memory; its tokens go to the disk piece by piece.

    Args:
        recipe: A recipe, or the name of one.
        folder: The folder of the run; made if it does not exist.
        corpus: The corpus; by default the one that the recipe names.
        say: Called with each line of report.
        choice: As for `train`.

    Raises:
        CheckpointError: If the folder holds a run of another recipe.
        CorpusError: If the corpus cannot be read.
        FolderInUseError: If another run writes to the folder.
        ValueError: If there is no room.
    """
    recipe, folder = named_recipe(recipe), pathlib.Path(folder)
    if choice is not None:
        require_same_pairs(recipe, folder, choice.to_dict())
    with only_writer(folder):
        begun = is_begun(recipe, folder)
        corpus = corpus or corpora.load(recipe.corpus, recipe.columns)
        tokens = _tokens(recipe, folder, corpus, say, begun, spooled=True)
        source, target, batches, valid = tokens
        sizes = len(source.vocabulary), len(target.vocabulary)
        recipe.model.make(*sizes, recipe.text, recipe.training)  # or it is refused
        sides = batches.source, batches.target
        require_room(folder, 16 * sum(int(lengths_of(side).sum()) for side in sides))
        clear_unfinished(folder, OWN)
        _lay_out(recipe, folder, source, target, choice=choice)
        made = tokens_made_of(recipe, fingerprints(source, target))
        save_tokens(folder / TOKENS, sizes, batches, valid, made)


def _tokens(recipe, folder, corpus, say, begun, start=None, spooled=False):
    """The tokenizers, and the batches to train on and to validate with."""
    for name, pairs in corpus.splits.items():
        for rule, count in pairs.skipped.items():
            say(f"{name}: {count} lines left out: {rule}")
    train_pairs, valid_pairs = corpus.splits["train"], corpus.splits["valid"]
    source, target = _tokenizers(recipe, train_pairs, folder, begun, start)
    made = recipe, (source, target), say, folder if spooled else None
    batches = _batches("training", train_pairs, *made)
    valid = _batches("validation", valid_pairs, *made)
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


def _tokenizers(recipe, pairs, folder, begun, start):
    """Learn the vocabularies; a run that goes on uses the ones it began with."""
    if begun:
        with contextlib.suppress(FileNotFoundError):  # it was stopped before them
            return load_tokenizers(folder)
    if start is not None:
        return start.source, start.target
    text = recipe.text
    options = text.vocabulary_size, text.case, text.form
    if text.shared:
        source = target = Tokenizer.learn([*pairs.source, *pairs.target], *options)
    else:
        source = Tokenizer.learn(pairs.source, *options)
        target = Tokenizer.learn(pairs.target, *options)
    return source, target


def _lay_out(recipe, folder, source, target, start=None, choice=None):
    """Write what a run begins with."""
    save_tokenizers(folder, source, target)
    if start is not None:
        write_json(folder / START, {"weights": start.digest})
    if choice is not None:
        write_json(folder / CHOICE, choice.to_dict())
    if not (folder / RECIPE).is_file():
        write_json(folder / RECIPE, recipe.to_dict())


def _batches(what, pairs, recipe, tokenizers, say, spool):
    """The batches of some pairs, their ids on the disk of a folder or in memory."""
    lengths = recipe.training.lengths
    sides = [SentenceSpool(spool) if spool else [] for _ in tokenizers]
    texts = pairs.source, pairs.target
    for first in range(0, len(pairs), PIECE):
        both = zip(tokenizers, texts, strict=True)
        ids = (each.encode(side[first : first + PIECE]) for each, side in both)
        for pair in zip(*ids, strict=True):
            if max(map(len, pair)) < lengths[-1]:
                for side, sentence in zip(sides, pair, strict=True):
                    side.append(sentence)
    if spool:
        sides = [side.read() for side in sides]
    kept = len(sides[0])
    if kept < len(pairs):
        say(
            f"{len(pairs) - kept} of {len(pairs)} {what} pairs left out: "
            f"longer than {lengths[-1] - 1} tokens"
        )
    if not kept:
        raise ValueError(
            f"no {what} pair has at most {lengths[-1] - 1} tokens a side; "
            "raise training.lengths"
        )
    return LengthBuckets(
        *sides,
        lengths=lengths,
        batch_tokens=recipe.training.batch_tokens,
        seed=recipe.training.seed,
    )

"""Training from tokens on disk: a machine with GPUs need not hold the text.

There a run starts from the numbers that `experiment.prepare` wrote; its folder goes
back to where the text is.
"""

import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_transformer.system.hosts import agree
from keras_transformer.system.locks import only_writer
from keras_transformer.training import FlatSentences, LengthBuckets, TrainingConfig
from keras_transformer.training.checkpoint import (
    CheckpointError,
    load_arrays,
    save_arrays,
)
from keras_transformer.training.identity import differences
from keras_transformer.training.mapped_arrays import map_arrays
from keras_transformer.translation.fit import fit_recipe
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import (
    FINISHED,
    TOKENS,
    is_finished,
    read_recipe,
)
from keras_transformer.translation.weights import made_of, vocabularies_on_disk

_ANEW = "keras-transformer prepare writes it"


def save_tokens(
    path: pathlib.Path,
    sizes: tuple[int, int],
    train: LengthBuckets,
    valid: LengthBuckets,
    made_of: Mapping[str, Any] | None = None,
) -> None:
    """Write the token ids of two sets of batches into one file, piece by piece.

    Args:
        path: The `.npz` file.
        sizes: Sizes of the source and of the target vocabulary.
        train: Batches to train on.
        valid: Batches to validate with.
        made_of: What the tokens were made with, fit for JSON.
    """
    sides = (side for batches in (train, valid) for side in _both(batches))
    about = {"sizes": list(sizes), "made_of": dict(made_of or {})}
    save_arrays(path, [array for side in sides for array in _pack(side)], about)


def load_tokens(
    path: pathlib.Path, training: TrainingConfig
) -> tuple[tuple[int, int], LengthBuckets, LengthBuckets]:
    """Open what `save_tokens` wrote.

    The ids stay on the disk: they are mapped, and read as batches ask for them. Every
    process that trains from the file, on this host or another, reads its own.

    Args:
        path: The file.
        training: The `TrainingConfig`: its lengths, batch size and seed.

    Returns:
        `(sizes, train, valid)`, as they were given to `save_tokens`.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    return _load(path, training)[0]


def _load(path, training):
    arrays, about = map_arrays(path, _ANEW)
    sizes, made = about.get("sizes"), about.get("made_of")
    if not isinstance(sizes, list) or not isinstance(made, dict) or len(arrays) != 8:
        raise CheckpointError(f"{path} holds no tokens; {_ANEW}")
    try:
        sides = list(map(FlatSentences, arrays[::2], arrays[1::2]))
    except (ValueError, TypeError, IndexError) as error:
        raise CheckpointError(f"{path} holds no tokens ({error}); {_ANEW}") from error
    both = (
        LengthBuckets(
            *pair,
            lengths=training.lengths,
            batch_tokens=training.batch_tokens,
            seed=training.seed,
        )
        for pair in (sides[:2], sides[2:])
    )
    return (tuple(sizes), *both), made


def read_vocabularies(path: pathlib.Path) -> dict[str, str]:
    """The fingerprints of the vocabularies that tokens were made with.

    Args:
        path: The file that `save_tokens` wrote.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    _, about = map_arrays(path, _ANEW)
    return about["made_of"]["vocabularies"]


def tokens_made_of(recipe: Recipe, vocabularies: Mapping[str, str]) -> dict:
    """What tokens depend on, but for the text: fit for JSON.

    Args:
        recipe: The recipe.
        vocabularies: The fingerprint of each vocabulary.
    """
    made = made_of(recipe, vocabularies)
    return {field: made[field] for field in ("text", "vocabularies")}


def save_sentences(
    path: pathlib.Path, splits: Mapping[str, Sequence[Sequence[int]]], about: dict
) -> None:
    """Write the token ids of several lists of sentences into one file.

    Args:
        path: The `.npz` file.
        splits: For each name its sentences.
        about: Anything JSON holds.
    """
    arrays = [array for sentences in splits.values() for array in _pack(sentences)]
    save_arrays(path, arrays, {**about, "splits": list(splits)})


def load_sentences(path: pathlib.Path) -> tuple[dict[str, list[np.ndarray]], dict]:
    """Read what `save_sentences` wrote.

    Args:
        path: The file.

    Returns:
        `(splits, about)`, as they were given to `save_sentences`.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    arrays, about = load_arrays(path)
    names = about.pop("splits", None)
    if names is None or len(arrays) != 2 * len(names):
        raise CheckpointError(f"{path} holds no sentences")
    return dict(zip(names, _unpack(arrays), strict=True)), about


def _both(batches):
    return batches.source, batches.target


def _pack(sentences):
    """Lengths, and all ids one after the other."""
    if isinstance(sentences, FlatSentences):
        return sentences.lengths, sentences.ids
    parts = [np.asarray(ids, "int32") for ids in sentences]
    return (
        np.array([len(ids) for ids in parts], "int32"),
        np.concatenate([np.zeros(0, "int32"), *parts]),
    )


def _unpack(arrays):
    return [
        np.split(ids, np.cumsum(lengths))[: len(lengths)]
        for lengths, ids in zip(arrays[::2], arrays[1::2], strict=True)
    ]


def train_tokens(
    folder: str | pathlib.Path,
    devices: int = 0,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    progress: bool = True,
    say: Callable[[str], None] = print,
) -> list[dict]:
    """Train the run that `experiment.prepare` laid out, or go on with it.

    Nothing is translated on the way: the best weights are those of the lowest
    cross-entropy on the validation tokens.

    Args:
        folder: The folder of the run. In the end it holds a whole translator.
        devices: How many devices share a batch; 0 takes what there is.
        callbacks: Keras callbacks.
        progress: Whether to show a progress bar.
        say: Called with each line of report.

    Returns:
        The history, a row an epoch.

    Raises:
        CheckpointError: If the folder holds no tokens, tokens of another vocabulary, or
            a run of other tokens.
        FolderInUseError: If another run writes to the folder.
        NotFiniteError: If a loss or a weight becomes NaN or infinite.
        ValueError: If there are not so many devices, or there is no room.
    """
    folder = pathlib.Path(folder)
    if not (folder / TOKENS).is_file():
        raise CheckpointError(
            f"a run without text starts from {TOKENS}, got {folder} without it; {_ANEW}"
        )
    agree(finished=is_finished(folder))
    if is_finished(folder):
        return _finished(folder, say)
    with only_writer(folder):
        if is_finished(folder):  # meanwhile
            return _finished(folder, say)
        recipe = read_recipe(folder)
        tokens, made = _load(folder / TOKENS, recipe.training)
        vocabularies = made.get("vocabularies", {})
        # Where there is no text, there may be no vocabulary.
        wanted = tokens_made_of(recipe, vocabularies_on_disk(folder) or vocabularies)
        if fields := differences(made, wanted):
            raise CheckpointError(
                f"{folder / TOKENS} was made with something else than the folder says: "
                f"{', '.join(fields)}; {_ANEW} anew"
            )
        _, history = fit_recipe(
            recipe,
            folder,
            *tokens,
            vocabularies,
            devices=devices,
            callbacks=callbacks,
            progress=progress,
            say=say,
        )
    return history


def _finished(folder, say):
    say(FINISHED.format(folder))
    return json.loads((folder / "history.json").read_text("utf-8"))

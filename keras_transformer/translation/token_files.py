"""Training from tokens on disk: no text, so no TensorFlow is needed.

Text is cut into tokens by TensorFlow. Where there is none, on a machine with JAX and
several GPUs say, a run starts from the numbers that `experiment.prepare` wrote, and its
folder goes back to where text can be read.
"""

import json
import pathlib
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from keras_transformer.attention import Reinforce
from keras_transformer.system.devices import replicas
from keras_transformer.training import (
    LengthBuckets,
    Run,
    SentenceCrossEntropy,
    data_parallel,
)
from keras_transformer.training.checkpoint import (
    CheckpointError,
    load_arrays,
    save_arrays,
)
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import (
    WEIGHTS,
    clear_checkpoints,
    read_recipe,
    save_weights,
    write_device,
)

TOKENS = "tokens.npz"


def save_tokens(
    path: pathlib.Path,
    sizes: tuple[int, int],
    train: LengthBuckets,
    valid: LengthBuckets,
) -> None:
    """Write the token ids of two sets of batches into one file.

    Args:
        path: The `.npz` file.
        sizes: Sizes of the source and of the target vocabulary.
        train: Batches to train on.
        valid: Batches to validate with.
    """
    sides = (side for batches in (train, valid) for side in _both(batches))
    save_arrays(
        path, [array for side in sides for array in _pack(side)], {"sizes": list(sizes)}
    )


def load_tokens(path: pathlib.Path, training) -> tuple:
    """Read what `save_tokens` wrote.

    Args:
        path: The file.
        training: The `TrainingConfig`: its lengths, batch size and seed.

    Returns:
        `(sizes, train, valid)`, as they were given to `save_tokens`.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    arrays, about = load_arrays(path)
    if "sizes" not in about or len(arrays) != 8:
        raise CheckpointError(f"{path} holds no tokens; keras-transformer prepare does")
    sides = _unpack(arrays)
    return (
        tuple(about["sizes"]),
        *(
            LengthBuckets(
                *pair,
                lengths=training.lengths,
                batch_tokens=training.batch_tokens,
                seed=training.seed,
            )
            for pair in (sides[:2], sides[2:])
        ),
    )


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
    say=print,
) -> list[dict]:
    """Train the run that `experiment.prepare` laid out, or go on with it.

    Nothing is translated on the way: the best weights are those of the lowest
    cross-entropy on the validation tokens.

    Args:
        folder: The folder of the run. In the end it holds a whole translator.
        devices: How many devices share a batch; 0 takes what there is.
        callbacks: Keras callbacks, told of every epoch's end.
        progress: Whether to show a progress bar.
        say: Called with each line of report.

    Returns:
        The history, a row an epoch.

    Raises:
        CheckpointError: If the folder holds no tokens, or a run of other tokens.
        ValueError: If there are not so many devices.
    """
    folder = pathlib.Path(folder)
    if not (folder / TOKENS).is_file():
        raise CheckpointError(
            f"a run without text starts from {TOKENS}, got {folder} without it; "
            "keras-transformer prepare writes it"
        )
    if (folder / WEIGHTS).is_file():
        say(f"{folder} holds a trained model: it is used as it is")
        return json.loads((folder / "history.json").read_text("utf-8"))
    recipe = read_recipe(folder)
    sizes, train, valid = load_tokens(folder / TOKENS, recipe.training)
    with data_parallel(devices):
        keras.utils.set_random_seed(recipe.training.seed)
        model = recipe.model.make(*sizes, recipe.text, recipe.training)
        model.build()
        say(
            f"{recipe.corpus}: {len(train.source):,} pairs, "
            f"{sizes[0]:,} + {sizes[1]:,} tokens, {model.count_params():,} parameters, "
            f"{len(train)} batches an epoch, {replicas()} devices"
        )
        run = Run(
            learner(model, recipe),
            train,
            valid,
            recipe.training,
            folder,
            callbacks=callbacks,
            progress=progress,
        )
        write_device(folder)
        history = run()
        save_weights(folder, model)
    clear_checkpoints(folder)
    return history


def learner(model: keras.Model, recipe: Recipe) -> keras.Model:
    """What is trained: the model, or what rates the draws of a model that draws.

    Args:
        model: The model, built.
        recipe: Its recipe.
    """
    if not recipe.model.draws:
        return model
    rated = Reinforce(
        model,
        SentenceCrossEntropy(recipe.training.label_smoothing),
        baseline_momentum=0.9 if recipe.model.baseline else None,
    )
    rated.built = True  # its model is, and it adds no layer
    return rated

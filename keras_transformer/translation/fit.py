"""The one way a recipe is trained: from tokens to weights in a folder.

Nothing here needs TensorFlow. What can read text adds a score of translations.
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from keras_transformer.attention import Reinforce
from keras_transformer.system.devices import replicas
from keras_transformer.system.files import clear_unfinished, write_json
from keras_transformer.system.hosts import agree, hosts, is_first
from keras_transformer.system.locks import only_writer
from keras_transformer.system.memory import taken
from keras_transformer.system.reading import sized
from keras_transformer.training import (
    LengthBuckets,
    Run,
    SentenceCrossEntropy,
    data_parallel,
)
from keras_transformer.training.data_parallel import on_this_host, own_copy
from keras_transformer.translation.needs import require_memory, to_train
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import (
    OWN,
    VERSIONS,
    clear_checkpoints,
    require_room,
    versions,
    write_device,
    written_bytes,
)
from keras_transformer.translation.weights import digest_of, made_of, save_weights

Scorer = Callable[[keras.Model], Callable[[], dict[str, float]]]


def fit_recipe(
    recipe: Recipe,
    folder: pathlib.Path,
    sizes: tuple[int, int],
    train: LengthBuckets,
    valid: LengthBuckets,
    vocabularies: Mapping[str, str],
    devices: int = 0,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
    progress: bool = True,
    say: Callable[[str], None] = print,
    scorer: Scorer | None = None,
    monitor: str = "valid_cross_entropy",
    lay_out: Callable[[], None] | None = None,
    restart: bool = False,
    start: Sequence[np.ndarray] | None = None,
) -> tuple[keras.Model, list[dict]]:
    """Train the model of a recipe, or go on training it.

    The folder holds checkpoints, and in the end the weights, what they were trained on
    and with, and the history. Of several hosts, which share it, the first one writes,
    and scores while the others wait.

    Args:
        recipe: The recipe.
        folder: The folder of the run, with its recipe and vocabularies.
        sizes: Sizes of the source and of the target vocabulary.
        train: Batches to train on.
        valid: Batches to validate with.
        vocabularies: The fingerprint of each vocabulary.
        devices: How many devices share a batch; 0 takes what there is.
        callbacks: Keras callbacks.
        progress: Whether to show a progress bar.
        say: Called with each line of report.
        scorer: Given the model, returns what `Run` calls for a score; by default
            there is none.
        monitor: Name of the number that decides which weights are best.
        lay_out: Called before anything is written, once the run can begin; writes what
            the folder shall hold beside it.
        restart: Whether to begin anew whatever the folder holds.
        start: The weights to begin with; by default they are drawn.

    Returns:
        `(model, history)`: the model with the best weights, and a row an epoch.

    Raises:
        CheckpointError: If the folder holds a run of another recipe, or other tokens.
        FolderInUseError: If another run writes to the folder.
        NotFiniteError: If a loss or a weight becomes NaN or infinite.
        ValueError: If there are not so many devices, there is no room, or not so much
            memory, or several hosts do not train one run.
    """
    if hosts() > 1 and not recipe.training.xla:
        raise ValueError("several hosts train compiled steps, got training.xla=False")
    require_memory("training", to_train(recipe, sizes))
    made = made_of(recipe, vocabularies)
    bound = {name: made[name] for name in ("text", "model", "vocabularies")}
    with data_parallel(devices), only_writer(folder):
        keras.utils.set_random_seed(recipe.training.seed)
        model = recipe.model.make(*sizes, recipe.text, recipe.training)
        model.build()
        if start is not None:
            model.set_weights(start)
            bound["start"] = digest_of(start)
        say(_described(recipe, sizes, train, model))
        own = own_copy(model)
        run = Run(
            _learner(model, recipe),
            train,
            valid,
            recipe.training,
            folder,
            score=scorer and _score_on_one(scorer, model, own),
            monitor=monitor,
            callbacks=callbacks,
            progress=progress,
            made_of=bound,
            expect=lambda seconds: say(_expected(recipe, seconds)),
        )
        # A checkpoint, the best weights, the weights, and a second one of the largest.
        require_room(folder, 4 * run.saved.nbytes - written_bytes(folder))
        if not restart:
            run.resume()  # or is refused, before anything is written
        agree(restart=restart)  # all have read what the folder holds
        if is_first():
            clear_unfinished(folder, OWN)
            if lay_out is not None:
                lay_out()
            write_device(folder)
        agree(restart=restart)  # all find what is laid out
        history = run()
        with on_this_host():
            if own is not model:
                own.set_weights(model.get_weights())
            if is_first():
                write_json(pathlib.Path(folder) / VERSIONS, versions())
                save_weights(folder, own, made)  # last: with weights it is complete
                clear_checkpoints(folder)
    return own, history


def _described(recipe, sizes, train, model):
    shared = " (shared)" if recipe.text.shared else ""
    count = replicas()
    return (
        f"{recipe.corpus}: {len(train.source):,} pairs, "
        f"{sizes[0]:,} + {sizes[1]:,} tokens{shared}, "
        f"{model.count_params():,} parameters, "
        f"{len(train)} batches an epoch, {train.fill():.0%} of them real tokens"
        + (f", each shared among {count} devices" if count > 1 else "")
    )


def _score_on_one(scorer, model, own):
    """What scores the model that all hosts train, on one of them."""
    if own is model:
        return scorer(model)
    with on_this_host():
        score = scorer(own)

    def scored():
        with on_this_host():
            own.set_weights(model.get_weights())
            return score()

    return scored


def _expected(recipe, seconds):
    passes, memory = recipe.training.epochs, taken()
    return (
        f"about {duration(seconds)} for "
        + (f"at most {passes} passes" if passes > 1 else "one pass")
        + " at the pace of the first steps, scores on the way not counted"
        + (f"; {sized(memory)} of memory so far" if memory else "")
    )


def duration(seconds: float) -> str:
    """A time as people say it.

    Args:
        seconds: Its seconds.

    Example:
        >>> duration(1.2), duration(7), duration(1234), duration(100_000)
        ('1 second', '7 seconds', '21 minutes', '27.8 hours')
    """
    if seconds < 90:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def _learner(model: keras.Model, recipe: Recipe) -> keras.Model:
    """What is trained: the model, or what rates the draws of a model that draws."""
    if not recipe.model.draws:
        return model
    rated = Reinforce(
        model,
        SentenceCrossEntropy(recipe.training.label_smoothing),
        baseline_momentum=0.9 if recipe.model.baseline else None,
    )
    rated.built = True  # its model is, and it adds no layer
    return rated

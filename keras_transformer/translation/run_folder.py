"""What the folder of a run holds beside checkpoints and vocabularies.

Nothing here needs TensorFlow: a run may train where there is none.
"""

import contextlib
import json
import pathlib
import platform
import shutil
from importlib import metadata

import keras

from keras_transformer.system.devices import device_report
from keras_transformer.system.extras import DISTRIBUTION
from keras_transformer.system.files import write_json
from keras_transformer.system.locks import LOCK
from keras_transformer.system.reading import read_json
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.training.identity import differences
from keras_transformer.training.run import FILES
from keras_transformer.translation.recipes import Recipe

WEIGHTS = "model.weights.h5"
RECIPE = "recipe.json"
VERSIONS = "versions.json"
DEVICE = "device.json"
START = "start.json"
CHOICE = "auto.json"
TOKENS = "tokens.npz"
TOKENIZERS = ("tokenizer", "tokenizer_source", "tokenizer_target")
VOCABULARY = "vocabulary.txt"
OWN = (
    WEIGHTS,  # first: without it the folder is not finished any more
    *FILES,
    TOKENS,
    VERSIONS,
    DEVICE,
    *(
        f"{folder}/{name}"
        for folder in TOKENIZERS
        for name in ("tokenizer.json", VOCABULARY)
    ),
    START,
    CHOICE,
    RECIPE,  # last: without it the folder is not a run's any more
)
"""Every file that a run writes, in the order in which they are deleted."""
LOGS = "tensorboard"
FINISHED = "{} holds a trained model: it is used as it is"


def is_finished(folder: pathlib.Path) -> bool:
    """Whether a folder holds a model that was trained to the end."""
    return (pathlib.Path(folder) / WEIGHTS).is_file()


def is_begun(recipe: Recipe, folder: pathlib.Path) -> bool:
    """Whether a folder holds a run of a recipe.

    Raises:
        CheckpointError: If it holds a run of another one.
        ValueError: If its recipe cannot be read.
    """
    if not (folder / RECIPE).is_file():
        return False
    require_same(read_recipe(folder), recipe, folder)
    return True


def require_same(found: Recipe, wanted: Recipe, folder: pathlib.Path) -> None:
    """Refuse a recipe that is not the one of a folder.

    Args:
        found: What the folder holds.
        wanted: What is asked for.
        folder: The folder, for the error.

    Raises:
        CheckpointError: Naming the fields that differ.
    """
    if fields := differences(found.to_dict(), wanted.to_dict()):
        raise CheckpointError(
            f"{folder} holds a run of another recipe (they differ in "
            f"{', '.join(fields)}); train into another folder"
        )


def require_same_pairs(recipe: Recipe, folder: pathlib.Path, choice: dict) -> None:
    """Refuse to go on with a run whose recipe was chosen by other pairs.

    Other pairs choose other numbers, which nobody asked for: the pairs are named.

    Args:
        recipe: What is asked for; of another corpus, `require_same` says so.
        folder: The folder of a run, or of none.
        choice: What the pairs choose now, as `Choice.to_dict` has it.

    Raises:
        CheckpointError: Naming the pairs, and what of them differs.
    """
    if not all((folder / name).is_file() for name in (RECIPE, CHOICE)):
        return
    found = read_recipe(folder)
    if (found.corpus, found.columns) != (recipe.corpus, recipe.columns):
        return
    kept = read_json(folder / CHOICE)
    known = kept.get("statistics") if isinstance(kept, dict) else None
    now = json.loads(json.dumps(choice["statistics"], allow_nan=False))
    if fields := differences(known, now):
        raise CheckpointError(
            f"{recipe.corpus} has changed since the run in {folder} began (they differ "
            f"in {', '.join(fields)}); train into another folder"
        )


def require_same_start(folder: pathlib.Path, start: str | None) -> None:
    """Refuse to go on with a run from other weights than it began with.

    Args:
        folder: The folder of a run.
        start: The hash of the weights that are asked for; `None` of drawn ones.

    Raises:
        CheckpointError: If it began with others.
    """
    path, wanted = folder / START, start and {"weights": start}
    if (read_json(path) if path.is_file() else None) != wanted:
        raise CheckpointError(
            f"{folder} holds a run that began with other weights: start it from the "
            "same folder, or train into another one"
        )


def clear_checkpoints(folder: pathlib.Path) -> None:
    """Delete what only a resumption needs, once the weights are in their place."""
    for name in ("checkpoint.npz", "best.npz"):
        (pathlib.Path(folder) / name).unlink(missing_ok=True)


def clear(folder: pathlib.Path) -> None:
    """Delete what a run has written into its folder, and nothing else.

    Raises:
        ValueError: If the folder holds something else than a run.
    """
    folder = pathlib.Path(folder)
    require_run(folder)
    for name in OWN:
        if not (folder / name).parent.is_symlink():
            (folder / name).unlink(missing_ok=True)
    for path in (folder / LOGS).rglob("events.out.tfevents.*"):
        path.unlink()
    for name in (*TOKENIZERS, f"{LOGS}/train", f"{LOGS}/validation", LOGS):
        with contextlib.suppress(OSError):  # not there, or it holds something else
            (folder / name).rmdir()


def require_run(folder: pathlib.Path) -> None:
    """Refuse a folder that holds something else than a run.

    Raises:
        ValueError: If it does; a run's folder holds a recipe.
    """
    folder = pathlib.Path(folder)
    holds = folder.exists() and any(each.name != LOCK for each in folder.iterdir())
    if holds and not (folder / RECIPE).is_file():
        raise ValueError(f"a run's folder holds {RECIPE}, got {folder} without it")


def require_room(folder: pathlib.Path, nbytes: int) -> None:
    """Refuse a folder on a disk that is too full.

    Args:
        folder: The folder; it need not exist.
        nbytes: What shall be written into it.

    Raises:
        ValueError: If there is less room.
    """
    path = pathlib.Path(folder).resolve()
    disk = shutil.disk_usage(next(p for p in (path, *path.parents) if p.exists()))
    if disk.total and disk.free < nbytes:
        raise ValueError(
            f"{folder} needs {nbytes / 1e6:,.1f} MB on its disk, "
            f"got {disk.free / 1e6:,.1f} MB free"
        )


def written_bytes(folder: pathlib.Path) -> int:
    """How many bytes of a folder a run has written."""
    paths = (pathlib.Path(folder) / name for name in OWN)
    return sum(path.stat().st_size for path in paths if path.is_file())


def write_device(folder: pathlib.Path) -> None:
    """Write down what the run is trained on; a translator may be scored elsewhere."""
    write_json(pathlib.Path(folder) / DEVICE, device_report())


def read_device(folder: pathlib.Path) -> dict:
    """What a run was trained on; this machine where its folder does not say."""
    path = pathlib.Path(folder) / DEVICE
    if not path.is_file():
        return device_report()
    return read_json(path)


def read_recipe(folder: pathlib.Path) -> Recipe:
    """Read the recipe of a run's folder.

    Args:
        folder: The folder.

    Raises:
        ValueError: If the file is damaged, or of another version.
    """
    path = folder / RECIPE
    values = read_json(path)
    try:
        return Recipe.from_dict(values)
    except ValueError as error:
        raise ValueError(f"{path} is not a readable recipe: {error}") from error


def versions() -> dict[str, str]:
    """What the numbers of a run depend on."""
    backend = keras.backend.backend()
    packages = (DISTRIBUTION, "keras", "tensorflow", "tensorflow-text", "numpy")
    found = {name: _version(name) for name in (*packages, backend)}
    return {
        "python": platform.python_version(),
        "backend": backend,
        **{name: version for name, version in found.items() if version},
    }


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None

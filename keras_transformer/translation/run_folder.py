"""What the folder of a run holds beside checkpoints and vocabularies.

Nothing here needs TensorFlow: a run may train where there is none.
"""

import pathlib
import platform
from importlib import metadata

import keras

from keras_transformer.system.devices import device_report
from keras_transformer.system.extras import DISTRIBUTION
from keras_transformer.system.files import write_json, written_whole
from keras_transformer.system.reading import read_json
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.weights_file import require_plain_weights

WEIGHTS = "model.weights.h5"
RECIPE = "recipe.json"
VERSIONS = "versions.json"
DEVICE = "device.json"
FINISHED = "{} holds a trained model: it is used as it is"


def save_weights(folder: pathlib.Path, model: keras.Model) -> None:
    """Write the weights of a model, whole or not at all.

    Args:
        folder: The folder.
        model: The model; what is saved is the same whether it is compiled or not.
    """
    # A compiled model would save its optimizer too, thrice the size of the weights.
    bare = type(model).from_config(model.get_config())
    bare.build()
    bare.set_weights(model.get_weights())
    with written_whole(pathlib.Path(folder) / WEIGHTS) as temporary:
        bare.save_weights(temporary)


def load_model(
    folder: pathlib.Path, recipe: Recipe, sizes: tuple[int, int]
) -> keras.Model:
    """The model of a run, with the weights that `save_weights` wrote.

    Args:
        folder: The folder.
        recipe: Its recipe.
        sizes: Sizes of the source and of the target vocabulary.

    Raises:
        ValueError: If its weights cannot be read.
    """
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    require_plain_weights(pathlib.Path(folder) / WEIGHTS, model)
    try:
        model.load_weights(pathlib.Path(folder) / WEIGHTS)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{pathlib.Path(folder) / WEIGHTS} is damaged or of another recipe: {error}"
        ) from error
    return model


def is_finished(folder: pathlib.Path) -> bool:
    """Whether a folder holds a model that was trained to the end."""
    return (pathlib.Path(folder) / WEIGHTS).is_file()


def clear_checkpoints(folder: pathlib.Path) -> None:
    """Delete what only a resumption needs, once the weights are in their place."""
    for name in ("checkpoint.npz", "best.npz"):
        (pathlib.Path(folder) / name).unlink(missing_ok=True)


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

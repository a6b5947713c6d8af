"""The weights of a run, bound to what they were trained with.

The file says of which recipe and vocabularies its weights are, and what their hash is:
in a folder that says something else they are refused. Nothing here needs TensorFlow.
"""

import hashlib
import json
import pathlib
from collections.abc import Iterable, Mapping

import h5py
import keras
import numpy as np

from keras_transformer.system.files import written_whole
from keras_transformer.training.finite import require_finite_arrays
from keras_transformer.training.identity import differences
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import TOKENIZERS, VOCABULARY, WEIGHTS
from keras_transformer.translation.weights_file import require_plain_weights

_MADE_OF = "made_of"


def made_of(recipe: Recipe, vocabularies: Mapping[str, str]) -> dict:
    """What the weights of a recipe depend on, but for the data: fit for JSON.

    Args:
        recipe: The recipe. How it decodes, and what its corpus is called, is free.
        vocabularies: The fingerprint of each vocabulary.
    """
    told = recipe.to_dict()
    kept = {field: told[field] for field in ("text", "model", "training")}
    told = {**kept, "vocabularies": dict(vocabularies)}
    return json.loads(json.dumps(told, allow_nan=False))


def fingerprint(pieces: Iterable[str]) -> str:
    """A hash of a vocabulary: of its file, as the tokenizer writes it."""
    return hashlib.sha256(
        "".join(f"{piece}\n" for piece in pieces).encode()
    ).hexdigest()


def vocabularies_on_disk(folder: pathlib.Path) -> dict[str, str]:
    """The fingerprints of the vocabularies in a folder; empty if it has none."""
    found = {}
    for side, name in zip(("source", "target"), TOKENIZERS[1:], strict=True):
        for each in (TOKENIZERS[0], name):
            path = pathlib.Path(folder) / each / VOCABULARY
            if path.is_file():
                found[side] = hashlib.sha256(path.read_bytes()).hexdigest()
                break
    return found


def save_weights(folder: pathlib.Path, model: keras.Model, made_of: dict) -> None:
    """Write the weights of a model, and what they were made of, whole or not at all.

    Args:
        folder: The folder.
        model: The model; what is saved is the same whether it is compiled or not.
        made_of: What the function of this name returned.

    Raises:
        NotFiniteError: If a weight is NaN or infinite.
    """
    arrays = model.get_weights()
    require_finite_arrays(model.weights, arrays, "when the weights are saved")
    # A compiled model would save its optimizer too, thrice the size of the weights.
    bare = type(model).from_config(model.get_config())
    bare.build()
    bare.set_weights(arrays)
    with written_whole(pathlib.Path(folder) / WEIGHTS) as temporary:
        bare.save_weights(temporary)
        with h5py.File(temporary, "a") as file:
            told = {**made_of, "weights": digest_of(arrays)}
            file.attrs[_MADE_OF] = json.dumps(told, allow_nan=False)


def load_model(
    folder: pathlib.Path,
    recipe: Recipe,
    sizes: tuple[int, int],
    vocabularies: Mapping[str, str],
) -> keras.Model:
    """The model of a run, with the weights that `save_weights` wrote.

    Args:
        folder: The folder.
        recipe: Its recipe.
        sizes: Sizes of the source and of the target vocabulary.
        vocabularies: The fingerprints of its vocabularies.

    Raises:
        ValueError: If its weights cannot be read, or were made of something else.
    """
    path = pathlib.Path(folder) / WEIGHTS
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    require_plain_weights(path, model)
    try:
        with h5py.File(path) as file:
            told = json.loads(file.attrs.get(_MADE_OF, "{}"))
        digest = told.pop("weights", None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if digest is None:
        raise ValueError(
            f"{path} does not say what it was trained with: it is of another version; "
            "train anew"
        )
    if fields := differences(told, made_of(recipe, vocabularies)):
        raise ValueError(
            f"{path} was trained with something else than its folder says: "
            f"{', '.join(fields)}; put that back, or train anew"
        )
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is damaged or of another recipe: {error}") from error
    if digest_of(model.get_weights()) != digest:
        raise ValueError(f"{path} is damaged: its numbers are not those of the run")
    return model


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """A hash of weights."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()

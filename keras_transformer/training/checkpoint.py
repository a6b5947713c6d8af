"""Training state on disk: written whole or not at all."""

import json
import os
import pathlib
import zipfile
from collections.abc import Sequence

import keras
import numpy as np

from keras_transformer.system.files import write_atomically


class CheckpointError(ValueError):
    """A checkpoint that does not fit what it is loaded into, or cannot be read."""


def save_arrays(path: pathlib.Path, arrays: list[np.ndarray], about: dict) -> None:
    """Save arrays and a JSON description in one `.npz` file.

    Args:
        path: Where the file shall stand.
        arrays: The arrays, in an order that the reader knows.
        about: Anything JSON holds.
    """
    # Extension dtypes (bfloat16) have no npy form; float32 holds them exactly.
    plain = [
        array.astype("float32") if array.dtype.kind == "V" else array
        for array in map(np.asarray, arrays)
    ]
    named = {f"array_{index}": array for index, array in enumerate(plain)}
    named["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    write_atomically(path, lambda file: np.savez(file, **named))


def load_arrays(path: pathlib.Path) -> tuple[list[np.ndarray], dict]:
    """Load what `save_arrays` saved.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    try:
        # Not `np.load`: it also reads files that hold one array.
        with np.lib.npyio.NpzFile(path, allow_pickle=False) as file:
            arrays = [file[f"array_{index}"] for index in range(len(file.files) - 1)]
            about = json.loads(file["about"].tobytes().decode())
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"{path} is not a readable checkpoint ({error}); "
            "delete it to start from the beginning"
        ) from error
    return arrays, about


def assign(
    variables: Sequence[keras.Variable],
    arrays: Sequence[np.ndarray],
    path: str | os.PathLike,
) -> None:
    """Put arrays into variables; nothing is assigned unless all of them fit.

    Args:
        variables: Keras variables.
        arrays: One array for each variable.
        path: Where the arrays came from, for the error.

    Raises:
        CheckpointError: If number or shapes differ.
    """
    if len(variables) != len(arrays):
        raise CheckpointError(
            f"{path} holds {len(arrays)} arrays, the model has {len(variables)} "
            "variables: it belongs to another recipe"
        )
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != array.shape:
            raise CheckpointError(
                f"{path} holds shape {array.shape} for {variable.path} of shape "
                f"{tuple(variable.shape)}: it belongs to another recipe"
            )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """Copies of the values of variables, on the host."""
    return [
        np.array(variable.value, copy=True)
        if not hasattr(variable, "numpy")
        else np.array(variable.numpy(), copy=True)
        for variable in variables
    ]

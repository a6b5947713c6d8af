"""Training state on disk: written whole or not at all."""

import contextlib
import io
import json
import math
import os
import pathlib
import zipfile
from collections.abc import Iterator, Sequence

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
    text = json.dumps(about, allow_nan=False)
    named["about"] = np.frombuffer(text.encode(), dtype=np.uint8)
    write_atomically(path, lambda file: np.savez(file, **named))


def load_arrays(
    path: pathlib.Path,
    most: float = math.inf,
    advice: str = "delete it to start from the beginning",
) -> tuple[list[np.ndarray], dict]:
    """Load what `save_arrays` saved.

    No more memory is taken than the file has bytes, whatever it declares.

    Args:
        path: The file.
        most: How many bytes the arrays may have.
        advice: What to do about a file that cannot be read, for the error.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    with opened(path, advice) as (archive, members):
        size = pathlib.Path(path).stat().st_size
        most = min(most + 1024 * len(members), size)  # with headers
        if (declared := sum(info.file_size for info in members[:-1])) > most:
            raise ValueError(f"it declares {declared:,} bytes, {most:,} fit")
        *arrays, about = (_read(archive, info) for info in members)
        return arrays, told(about)


@contextlib.contextmanager
def opened(
    path: pathlib.Path, advice: str
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """What `save_arrays` saved, as an archive and its members, inside a `with`.

    Args:
        path: The file.
        advice: What to do about a file that cannot be read, for the error.

    Raises:
        CheckpointError: If the file is not such a file, or the block fails.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [*(f"array_{index}" for index in range(len(members) - 1)), "about"]
            if [info.filename for info in members] != [f"{name}.npy" for name in names]:
                raise ValueError("its arrays are not those of a checkpoint")
            yield archive, members
    # There is no end to what a damaged archive makes zipfile and NumPy raise.
    except Exception as error:
        lost = isinstance(error, FileNotFoundError)
        what = "missing" if lost else f"not a readable checkpoint ({error})"
        raise CheckpointError(f"{path} is {what}; {advice}") from error


def told(about: np.ndarray) -> dict:
    """The JSON description, from the bytes that hold it.

    Args:
        about: The last array of the file.

    Raises:
        ValueError: If it is none.
    """
    described = json.loads(about.tobytes().decode())
    if not isinstance(described, dict):
        raise ValueError("it does not say what it is")
    return described


def _read(archive, info):
    """One array; what a header declares is compared with what is there first."""
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{info.filename} is compressed")
    file = io.BytesIO(archive.read(info))  # to its end: that checks the sum
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"{info.filename} is of the npy version {version}")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    left = info.file_size - file.tell()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != left:
        raise ValueError(f"{info.filename} declares {shape} of {dtype} in {left} bytes")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


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

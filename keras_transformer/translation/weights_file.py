"""A file of weights that may come from a stranger: looked at before it is read."""

import os
import stat

import h5py
import keras
import numpy as np

from keras_transformer.system.reading import UnreadableError, sized

OBJECTS = 100_000
SPARE = 2**20  # bytes beside the weights: states of random generators, and the like


def require_plain_weights(path: str | os.PathLike, model: keras.Model) -> None:
    """Refuse a file that points elsewhere, or says that it holds more than the model.

    HDF5 can keep the numbers of a weight in another file, which would be read as
    weights; and a few bytes of it can declare gigabytes.

    Args:
        path: The `.weights.h5` file.
        model: The model, built, that it is for.

    Raises:
        UnreadableError: If it is no plain file of HDF5, links to something, or is
            larger than the model's weights.
    """
    sizes = (np.prod(weight.shape, dtype="int64") for weight in model.weights)
    room = 8 * int(sum(sizes)) + SPARE  # float64 is the largest dtype
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UnreadableError(f"{path}: must be a plain file of weights")
        with h5py.File(path, "r") as file:
            for name, dataset in _datasets(file, path):
                room -= dataset.size * dataset.dtype.itemsize
                if room < 0:
                    raise UnreadableError(
                        f"{path}: must hold no more than the weights of its model, "
                        f"got {sized(-room)} more with {name!r}"
                    )
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise UnreadableError(
            f"{path}: must be a whole file of HDF5, got {str(error)[:200]}"
        ) from error


def _datasets(file, path):
    """Every dataset of a file, once; links within it may go in circles."""
    groups, seen, count = [file], set(), 0
    while groups:
        group = groups.pop()
        for name in group:
            count += 1
            link = group.get(name, getlink=True)
            if count > OBJECTS or not isinstance(link, h5py.HardLink):
                what = type(link).__name__ if count <= OBJECTS else f"{OBJECTS:,} parts"
                raise UnreadableError(f"{path}: must hold weights alone, got a {what}")
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(found, h5py.Group):
                groups.append(found)
                continue
            if not isinstance(found, h5py.Dataset) or found.external:
                raise UnreadableError(
                    f"{path}: must hold its weights itself, got {name!r} elsewhere"
                )
            if found.is_virtual:
                raise UnreadableError(
                    f"{path}: must hold weights alone, got {name!r} of another kind"
                )
            yield name, found

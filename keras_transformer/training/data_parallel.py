"""One batch for several devices.

Axes: `b` row of a batch.
"""

import contextlib
from collections.abc import Iterator

import keras
import numpy as np

from keras_transformer.system.devices import devices
from keras_transformer.system.hosts import hosts
from keras_transformer.tokens.reserved import PADDING


def data_parallel(count: int = 0) -> contextlib.AbstractContextManager:
    """Share every batch among several devices, inside a `with`.

    Each device holds all weights and gets an equal part of the rows. The loss is that
    of the whole batch, so that the weights become those of one device, but for the
    order in which numbers are added.

    Args:
        count: How many devices; 0 takes all that can share a batch: every accelerator
            on JAX, those of all hosts, one elsewhere.

    Returns:
        A context manager. The model must be made, and `Run` be made and called, in it.

    Raises:
        ValueError: If there are not so many devices, or the backend is not JAX and
            `count` is above 1; or if hosts that train together should leave some out.

    Example:
        >>> from keras_transformer.system.devices import device_report
        >>> with data_parallel(1):
        ...     device_report()["devices"]
        1
    """
    backend, found = keras.backend.backend(), devices()
    if count < 0:
        raise ValueError(f"devices are counted from 1, 0 takes all, got {count}")
    if count > 1 and backend != "jax":
        raise ValueError(
            f"several devices need the JAX backend, got {count} on {backend}; "
            "set KERAS_BACKEND=jax"
        )
    if count > len(found):
        raise ValueError(
            f"a batch is shared among at most {len(found)} devices here "
            f"({', '.join(found)}), got {count}"
        )
    count = count or (len(found) if backend == "jax" else 1)
    if hosts() > 1 and count < len(found):
        raise ValueError(
            f"hosts that train together share a batch among all their {len(found)} "
            f"devices, got {count}"
        )
    if count == 1:
        return contextlib.nullcontext()
    return keras.distribution.DataParallel(devices=found[:count]).scope()


def fill_rows(array: np.ndarray, multiple: int) -> np.ndarray:
    """Append empty rows until the number of rows is a multiple.

    Args:
        array: Ids, `[b, …]`.
        multiple: What the number of rows shall be a multiple of.

    Returns:
        The array itself where nothing is missing, else a longer copy. The empty rows
        hold padding, which weighs nothing in a loss over kept tokens.

    Example:
        >>> fill_rows(np.array([[5, 2], [7, 2], [9, 2]]), multiple=2).tolist()
        [[5, 2], [7, 2], [9, 2], [0, 0]]
    """
    missing = -len(array) % multiple
    if not missing:
        return array
    empty = np.full((missing, *array.shape[1:]), PADDING, array.dtype)
    return np.concatenate([array, empty])


def own_rows(array: np.ndarray) -> np.ndarray:
    """The rows of a batch that this host computes.

    Args:
        array: Ids of the whole batch, `[b, …]`; the devices divide `b`.

    Returns:
        The array itself where there is no other host, else an equal part of it.

    Example:
        >>> own_rows(np.array([[5, 2], [7, 2]])).tolist()
        [[5, 2], [7, 2]]
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return array
    shards = min(distribution.num_model_replicas, distribution.num_processes)
    rows = len(array) // shards
    first = rows * distribution.data_shard_id
    return array[first : first + rows]


@contextlib.contextmanager
def on_this_host() -> Iterator[None]:
    """Compute without the other hosts and devices, inside a `with`."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def own_copy(model: keras.Model) -> keras.Model:
    """A model of the same weights that this host can use without the others.

    Args:
        model: A model, which several hosts may share.

    Returns:
        The model itself where there is no other host.
    """
    if hosts() == 1:
        return model
    with on_this_host():
        copy = type(model).from_config(model.get_config())
        copy.build()
        copy.set_weights(model.get_weights())
    return copy

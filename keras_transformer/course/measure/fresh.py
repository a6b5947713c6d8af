"""Train one compiled model from several seeds."""

import sys
from collections.abc import Callable
from unittest import mock

import keras


def reseed(seed: int) -> None:
    """As `keras.utils.set_random_seed`, but for what TensorFlow draws by itself.

    With a new seed TensorFlow forgets its kernels, and prepares every program anew,
    which takes seconds. Weights, dropout and NumPy's numbers are not drawn by it; the
    order in which `fit` shuffles is.

    Args:
        seed: The seed.
    """
    tensorflow = sys.modules.get("tensorflow")  # loaded, where it is the backend
    if tensorflow is None:
        keras.utils.set_random_seed(seed)
        return
    with mock.patch.object(tensorflow.random, "set_seed"):
        keras.utils.set_random_seed(seed)


def fresh_start(model: keras.Model, make: Callable[[], keras.Model], seed: int) -> None:
    """Give a compiled model the weights and the optimizer of one that is new.

    To compile a small model takes longer than to train it. So it is compiled once, and
    started afresh for every seed. The order in which `fit` shuffles is no part of that:
    a later run has another one, so give batches, or `shuffle=False`.

    Args:
        model: The model; it must be compiled. Its weights and the state of its
            optimizer are replaced; its learning rate stays.
        make: Makes another model of the same kind, with random weights.
        seed: Seed of those weights, and of everything random afterwards but the order.

    Raises:
        ValueError: If the model is not compiled.

    Example:
        >>> import numpy as np
        >>> def make():
        ...     return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> model = make()
        >>> model.compile("adam", "mse")
        >>> x, y = np.ones((4, 3)), np.zeros((4, 1))
        >>> losses = []
        >>> for _ in range(2):
        ...     fresh_start(model, make, seed=1)
        ...     losses.append(model.train_on_batch(x, y))
        >>> losses[0] == losses[1]
        True
    """
    if not model.compiled:
        raise ValueError("fresh_start needs a compiled model, got one that is not")
    reseed(seed)
    model.set_weights(make().get_weights())
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    new = type(optimizer).from_config(optimizer.get_config())
    new.build(model.trainable_variables)
    for variable, start in zip(optimizer.variables, new.variables, strict=True):
        variable.assign(start)

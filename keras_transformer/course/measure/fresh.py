"""Train one compiled model from several seeds."""

from collections.abc import Callable

import keras


def fresh_start(model: keras.Model, make: Callable[[], keras.Model], seed: int) -> None:
    """Give a compiled model the weights and the optimizer of one that is new.

    To compile a small model takes longer than to train it. So it is compiled once, and
    started afresh for every seed. On JAX the first `fit` of a model reads a batch ahead
    to build it, so that it shuffles otherwise than the later ones.

    Args:
        model: The model; it must be compiled. Its weights and the state of its
            optimizer are replaced; its learning rate stays.
        make: Makes another model of the same kind, with random weights.
        seed: Seed of those weights, and of everything random afterwards.

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
        ...     losses += model.fit(x, y, verbose=0).history["loss"]
        >>> losses[0] == losses[1]
        True
    """
    if not model.compiled:
        raise ValueError("fresh_start needs a compiled model, got one that is not")
    keras.utils.set_random_seed(seed)
    model.set_weights(make().get_weights())
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    new = type(optimizer).from_config(optimizer.get_config())
    new.build(model.trainable_variables)
    for variable, start in zip(optimizer.variables, new.variables, strict=True):
        variable.assign(start)

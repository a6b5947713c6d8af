"""Small models that are trained again and again."""

from typing import Any

import keras
import numpy as np
from keras import ops


class OneVector(keras.Model):
    """A model whose weights are parts of one vector.

    It computes and learns what the model does. An optimizer that treats each number
    alike (SGD, Adam) has one weight to update instead of hundreds; a deep model is
    then compiled several times as fast.

    Args:
        model: A built model. It lends its code; its own weights stay as they are.

    Attributes:
        vector: All trainable weights, float `[p]`.

    Call arguments:
        inputs: What the model reads.

    Returns:
        What the model returns.

    Masking:
        As in the model.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> tuple(OneVector(model).vector.shape)  # 3 · 2 weights and 2 biases
        (8,)

    Source: No paper; SGD and Adam (Kingma and Ba 2015) treat each number by itself.
    """

    def __init__(self, model: Any):
        super().__init__()
        shapes = [tuple(weight.shape) for weight in model.trainable_variables]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes]).tolist()

        def unpack(vector):
            parts = ops.split(vector, ends[:-1])
            return [ops.reshape(p, s) for p, s in zip(parts, shapes, strict=True)]

        # In a function, or Keras would find the model and train its weights too.
        self.run = lambda vector, state, *args, **kwargs: model.stateless_call(
            unpack(vector), state, *args, **kwargs
        )
        self.vector = self.add_weight(shape=(ends[-1],), initializer="zeros")
        self.vector.assign(weight_vector(model))
        state = [ops.convert_to_numpy(v) for v in model.non_trainable_variables]
        self.first_state = state
        self.state = [
            self.add_weight(
                shape=v.shape, dtype=str(v.dtype), initializer="zeros", trainable=False
            )
            for v in state
        ]
        self._begin()
        self.built = True

    def _begin(self):
        for variable, value in zip(self.state, self.first_state, strict=True):
            variable.assign(value)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        result, state = self.run(self.vector, self.state, inputs, training=training)
        for variable, value in zip(self.state, state, strict=True):
            variable.assign(value)
        return result

    def restart(self, vector: Any, learning_rate: float | None = None) -> None:
        """Begin anew: with these weights, and nothing remembered of an earlier run.

        Moving averages and the optimizer are again as they were at first.

        Args:
            vector: The weights, `[p]`, as `weight_vector` returns them.
            learning_rate: The optimizer's; by default what it is.
        """
        self.vector.assign(vector)
        self._begin()
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate
        rate = self.optimizer.learning_rate
        for variable in self.optimizer.variables:
            if variable is not rate:
                variable.assign(ops.zeros(variable.shape, variable.dtype))


def weight_vector(model: Any) -> np.ndarray:
    """All trainable weights of a model, one behind the other.

    Args:
        model: A built model.

    Returns:
        The weights, `[p]`.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> weight_vector(model).shape
        (8,)
    """
    weights = [ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    return np.concatenate([weight.ravel() for weight in weights])


def redrawn_weights(model: Any, seed: int) -> np.ndarray:
    """Initial weights as another seed might have drawn them, without a new model.

    The numbers of each matrix, all drawn alike, come in another order. Vectors, that
    is biases and gains, stay as they are.

    Args:
        model: A model that has not been trained.
        seed: Seed of the order.

    Returns:
        The weights, `[p]`, as of `weight_vector`.

    Example:
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> one, two = weight_vector(model), redrawn_weights(model, seed=1)
        >>> bool((np.sort(one) == np.sort(two)).all())
        True
    """
    generator = np.random.default_rng(seed)
    weights = [ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    return np.concatenate(
        [
            generator.permutation(weight.ravel()) if weight.ndim > 1 else weight
            for weight in weights
        ]
    )

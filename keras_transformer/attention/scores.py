"""Score rules: how well does a key answer a query?

Axes: `t` query position, `s` key position, `d` width of a query and, where it may be
another, `e` width of a key; whatever stands before them (batch, heads) is carried
along. `Additive`, which needs more memory than these, has a file of its own.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.attention.projections import project
from keras_transformer.attention.shapes import scores_shape


def _require_equal_widths(query_shape, key_shape):
    if query_shape[-1] != key_shape[-1]:
        raise ValueError(
            "a dot product needs query and key of one width, got "
            f"query {query_shape[-1]}, key {key_shape[-1]}"
        )


@keras.saving.register_keras_serializable(package="keras_transformer")
class Dot(keras.layers.Layer):
    """Dot product of query and key.

    `score[t, s] = query[t] · key[s]`

    Luong's "dot".

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, d]`.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If query and key differ in width.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0, 2.0]], "float32")
        >>> key = np.array([[3.0, 4.0], [0.0, 1.0]], "float32")
        >>> np.asarray(Dot()(query, key)).tolist()
        [[11.0, 2.0]]

    Source: Luong et al. 2015, section 3.1.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        _require_equal_widths(query_shape, key_shape)
        self.built = True

    def factors(self, query: Any, key: Any) -> tuple[Any, Any]:
        """Query and key whose dot products are the scores."""
        return query, key

    def call(self, query: Any, key: Any) -> Any:
        return ops.einsum("...td,...sd->...ts", *self.factors(query, key))

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        # Written out: Keras derives no config for a layer that was given a policy.
        return super().get_config()


@keras.saving.register_keras_serializable(package="keras_transformer")
class ScaledDot(keras.layers.Layer):
    """Dot product of query and key, divided by the root of the width.

    `score[t, s] = query[t] · key[s] / √d`

    For independent components of variance 1 the plain dot product has variance
    `d`; the division brings it back to 1, so that softmax does not saturate.

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, d]`.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If query and key differ in width.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0, 2.0, 0.0, 0.0]], "float32")
        >>> key = np.array([[3.0, 4.0, 9.0, 9.0]], "float32")
        >>> np.asarray(ScaledDot()(query, key)).tolist()
        [[5.5]]

    Source: Vaswani et al. 2017, section 3.2.1.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        _require_equal_widths(query_shape, key_shape)
        self.built = True

    def factors(self, query: Any, key: Any) -> tuple[Any, Any]:
        """Query and key whose dot products are the scores."""
        # The query is scaled, not the product: in float16 the product of long
        # vectors overflows before it could be divided.
        return query * (1.0 / math.sqrt(query.shape[-1])), key

    def call(self, query: Any, key: Any) -> Any:
        return ops.einsum("...td,...sd->...ts", *self.factors(query, key))

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        # Written out: Keras derives no config for a layer that was given a policy.
        return super().get_config()


@keras.saving.register_keras_serializable(package="keras_transformer")
class Bilinear(keras.layers.Layer):
    """Bilinear score: a learned matrix stands between query and key.

    `score[t, s] = query[t] · W · key[s]`

    Luong's "general", elsewhere called multiplicative attention. Query and key may
    differ in width. Inside `MultiHeadAttention` one matrix, of a head's width, serves
    every head.

    Args:
        kernel_initializer: Initializer of `W`, `[d, e]`.

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, e]`.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0, 2.0]], "float32")
        >>> key = np.array([[3.0], [4.0]], "float32")
        >>> np.asarray(Bilinear(kernel_initializer="ones")(query, key)).tolist()
        [[9.0, 12.0]]

    Source: Luong et al. 2015, section 3.1.
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.kernel = self.add_weight(
            shape=(query_shape[-1], key_shape[-1]),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.built = True

    def factors(self, query: Any, key: Any) -> tuple[Any, Any]:
        """Query and key whose dot products are the scores."""
        return project(query, ops.cast(self.kernel, query.dtype)), key

    def call(self, query: Any, key: Any) -> Any:
        return ops.einsum("...te,...se->...ts", *self.factors(query, key))

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer)
        )
        return config


@keras.saving.register_keras_serializable(package="keras_transformer")
class Linear(keras.layers.Layer):
    """Linear score of query and key, one behind the other.

    `score[t, s] = w · [query[t]; key[s]] + b = w_q · query[t] + w_k · key[s] + b`

    It is computed as the sum on the right: no `[..., t, s, d + e]` array is made.
    The sum also shows what the rule cannot do. For one query, `w_q · query[t] + b` is
    the same number for every key, and softmax does not feel a number added to all of
    its inputs: **the weights do not depend on the query**, and `w_q` and `b` get no
    gradient. `Additive` puts a tanh in between, which mends it. (Luong's "concat" has
    the tanh, and is `Additive`.)

    Args:
        kernel_initializer: Initializer of `w`, `[d + e, 1]`.

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, e]`.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0, 2.0]], "float32")
        >>> key = np.array([[3.0], [4.0]], "float32")
        >>> np.asarray(Linear(kernel_initializer="ones")(query, key)).tolist()
        [[6.0, 7.0]]

    Source: the linear form before the tanh of Luong et al. 2015, section 3.1.
    """

    def __init__(self, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.kernel = self.add_weight(
            shape=(query_shape[-1] + key_shape[-1], 1),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias")
        self.built = True

    def call(self, query: Any, key: Any) -> Any:
        width = query.shape[-1]
        query_part = project(query, self.kernel[:width])
        key_part = project(key, self.kernel[width:])
        return query_part + self.bias + ops.swapaxes(key_part, -1, -2)

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer)
        )
        return config

"""The additive score: a small network looks at query and key together.

Axes: `t` query position, `s` key position, `d` and `e` widths of query and key, `u`
hidden units; whatever stands before them (batch, heads) is carried along.
"""

import string
from typing import Any

import keras
from keras import ops

from keras_transformer.attention.projections import project
from keras_transformer.attention.shapes import scores_shape
from keras_transformer.randomness.seeds import spread_initializer


def additive_scores(query: Any, key: Any, vector: Any) -> Any:
    """Scores of queries and keys that are already projected.

    `score[t, s] = Σ over u of vector[u] · tanh(query[t, u] + key[s, u])`

    Args:
        query: Float `[..., t, u]`.
        key: Float `[..., s, u]`.
        vector: Float `[u]`.

    Returns:
        Float `[..., t, s]`; on the way there an array `[..., t, s, u]` is made.
    """
    hidden = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
    # Every axis has a letter, so that this is one product of a matrix and the vector.
    # What stands under an ellipsis TensorFlow takes for a batch of products: slower by
    # four, wrong in bfloat16 where the processor has tiles (AMX), and with one query
    # XLA may read and write beyond them.
    axes = string.ascii_lowercase[: len(hidden.shape) - 1]
    return ops.einsum(f"{axes}z,z->{axes}", hidden, vector)


def chunked_additive_scores(query: Any, key: Any, vector: Any, chunk: int) -> Any:
    """`additive_scores`, for `chunk` queries at once.

    The chunks follow one another, and the gradient computes the hidden layer of a
    chunk anew instead of keeping it: at any time the array of one chunk exists,
    `[..., chunk, s, u]`.

    Args:
        query: Float `[..., t, u]`.
        key: Float `[..., s, u]`.
        vector: Float `[u]`.
        chunk: Number of queries at once; the last chunk is filled up with zeros.

    Returns:
        Float `[..., t, s]`.
    """
    *leading, length, width = ops.shape(query)
    count = -(-length // chunk)
    # At least one chunk: mapping over none has no first chunk to take shapes from.
    count = max(count, 1) if isinstance(count, int) else ops.maximum(count, 1)
    filling = ops.zeros((*leading, count * chunk - length, width), query.dtype)
    chunks = ops.concatenate([query, filling], axis=-2)
    chunks = ops.moveaxis(ops.reshape(chunks, (*leading, count, chunk, width)), -3, 0)
    if keras.backend.backend() == "tensorflow":
        # There a scan has no gradient under XLA.
        scores = ops.map(lambda part: _score_chunk((key, vector), part)[1], chunks)
    else:
        # JAX compiles a map anew in every eager call, a scan of one function once.
        _, scores = ops.scan(_score_chunk, (key, vector), chunks)
    # count … chunk s
    scores = ops.moveaxis(scores, 0, -3)
    *leading, _, _, keys = ops.shape(scores)
    return ops.reshape(scores, (*leading, count * chunk, keys))[..., :length, :]


def _score_chunk(key_and_vector, chunk):
    # Everything that needs a gradient is an argument: what is recomputed must not
    # reach for tensors outside.
    return key_and_vector, keras.remat(additive_scores)(chunk, *key_and_vector)


@keras.saving.register_keras_serializable(package="keras_transformer")
class Additive(keras.layers.Layer):
    """Additive score: project query and key, add, tanh, sum with a learned vector.

    `score[t, s] = v · tanh(W · query[t] + U · key[s])`

    Luong's "concat", with `[W; U]` for one matrix. Query and key may differ in width.
    Inside `MultiHeadAttention` one `W`, `U` and `v` serve every head.

    Memory: the tanh has a value for every query, key and unit. That array,
    `b · t · s · units` numbers, is the peak; the backward pass has two or three of
    them. With `chunk` they are `b · chunk · s · units` in both passes, the scores are
    the same, and the gradient computes the tanh twice. Measured with b = 2 and
    t = s = units = 256, one array being 134 MB, forward and backward: TensorFlow
    281 MB, with `chunk=16` 72 MB; JAX, compiled, 417 MB and 94 MB; no slower.

    Args:
        units: Hidden units, `u`.
        chunk: Number of queries to score at once; `None` scores all.
        kernel_initializer: Initializer of `W`, `U` and `v`.

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, e]`; with `projected` what `project_key` made of it,
            `[..., s, u]`.
        projected: Whether the key is projected already.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If `units` or `chunk` is below 1.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0, 2.0]], "float32")
        >>> key = np.array([[-3.0], [0.5]], "float32")
        >>> score = Additive(units=4, kernel_initializer="ones")
        >>> np.asarray(score(query, key)).tolist()  # 4·tanh(0), 4·tanh(3.5)
        [[0.0, 3.992712]]

    Source: Bahdanau et al. 2015, appendix A.1.2.
    """

    def __init__(
        self,
        units: int,
        chunk: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        if units < 1:
            raise ValueError(f"units must be at least 1, got units={units}")
        if chunk is not None and chunk < 1:
            raise ValueError(f"chunk must be at least 1, or None, got chunk={chunk}")
        super().__init__(**kwargs)
        self.units = units
        self.chunk = chunk
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        first, second, third = spread_initializer(self.kernel_initializer, 3)
        self.query_kernel = self.add_weight(
            shape=(query_shape[-1], self.units), initializer=first, name="query_kernel"
        )
        self.key_kernel = self.add_weight(
            shape=(key_shape[-1], self.units), initializer=second, name="key_kernel"
        )
        self.vector = self.add_weight(
            shape=(self.units,), initializer=third, name="vector"
        )
        self.built = True

    def project_key(self, key: Any) -> Any:
        """`U · key`: once, where the queries come one after another.

        Args:
            key: Float `[..., s, e]`.
        """
        kernel = ops.cast(self.key_kernel, self.compute_dtype)
        return project(ops.cast(key, self.compute_dtype), kernel)

    def call(self, query: Any, key: Any, projected: bool = False) -> Any:
        query = project(query, self.query_kernel)
        key = key if projected else self.project_key(key)
        # Of one dtype: what is recomputed for the gradient runs outside of the layer,
        # where nothing is cast by itself.
        vector = ops.cast(self.vector, query.dtype)
        length = query.shape[-2]
        # None will be known when it runs, as in TensorFlow; with a symbol, as in JAX,
        # nothing runs: only shapes are asked for.
        known = length is None or isinstance(length, int)
        if self.chunk and known and (length is None or length > self.chunk):
            return chunked_additive_scores(query, key, vector, self.chunk)
        return additive_scores(query, key, vector)

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            units=self.units,
            chunk=self.chunk,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config

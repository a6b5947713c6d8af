"""The encoder: one GRU reads from the left, another from the right.

Axes: `b` batch, `s` source position, `e` width of the embeddings, `u` units.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.masks import require_boolean


@keras.saving.register_keras_serializable(package="keras_transformer")
class BidirectionalEncoder(keras.layers.Layer):
    """A memory of every source position, and one vector for the whole sentence.

    ```
    →h[i] = GRU(x[i], →h[i-1])            what was read up to position i
    ←h[i] = GRU(x[i], ←h[i+1])            what is still to come after it
    memory[i] = [→h[i]; ←h[i]]
    final     = tanh(W · [→h[last]; ←h[0]] + b)
    ```

    Each direction has half the units, so that the memory is as wide as the decoder's
    state: a plain dot product can then compare the two.

    Args:
        units: Width of memory and final state, `u`; even.
        dropout: Share of the input that training sets to 0, in [0, 1).
        use_cudnn: Let TensorFlow run the GRUs in cuDNN's kernels on an NVIDIA GPU.
            Keras then compiles no part of the model with XLA, which costs the rest
            of the model more than the kernels save.
        seed: Seed of the dropout.

    Call arguments:
        x: Float `[b, s, e]`.
        attention_mask: Boolean `[b, 1, s]`, `True` = a real token; `None` keeps all.

    Returns:
        The memory, float `[b, s, u]`, and the final state, float `[b, u]`.

    Masking:
        A hidden position is skipped by both GRUs, and its memory is 0. A sentence
        without a visible position has a final state of 0. cuDNN needs rows that are
        padded on the right and not empty: an empty row is handed to the GRUs as a
        row of one position, and what comes out of it is discarded.

    Raises:
        ValueError: If `units` is not an even positive number, or `dropout` is not in
            [0, 1).

    Example:
        >>> import numpy as np
        >>> x = np.ones((1, 3, 4), "float32")
        >>> mask = np.array([[[True, True, False]]])
        >>> memory, final = BidirectionalEncoder(units=6)(x, mask)
        >>> tuple(memory.shape), tuple(final.shape)
        ((1, 3, 6), (1, 6))
        >>> np.asarray(memory)[0, 2].tolist()
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    Source: Bahdanau et al. 2015, section 3.2; Schuster and Paliwal 1997.
    """

    def __init__(
        self,
        units: int,
        dropout: float = 0.0,
        use_cudnn: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if units < 2 or units % 2:
            raise ValueError(
                "units must be even, one half for each direction, and positive, "
                f"got units={units}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got dropout={dropout}")
        super().__init__(**kwargs)
        self.units = units
        self.dropout = dropout
        self.use_cudnn = use_cudnn
        self.seed = seed
        self.input_dropout = keras.layers.Dropout(
            dropout, seed=seed, dtype=self.dtype_policy, name="input_dropout"
        )
        self.forward_gru = self._gru("forward", go_backwards=False)
        self.backward_gru = self._gru("backward", go_backwards=True)
        self.bridge = keras.layers.Dense(
            units, activation="tanh", dtype=self.dtype_policy, name="bridge"
        )

    def _gru(self, name, go_backwards):
        return keras.layers.GRU(
            self.units // 2,
            return_sequences=True,
            return_state=True,
            go_backwards=go_backwards,
            use_cudnn="auto" if self.use_cudnn else False,
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, x_shape: tuple) -> None:
        self.forward_gru.build(x_shape)
        self.backward_gru.build(x_shape)
        self.bridge.build((x_shape[0], self.units))
        self.built = True

    def call(
        self, x: Any, attention_mask: Any = None, training: bool | None = None
    ) -> Any:
        x = self.input_dropout(x, training=training)
        if attention_mask is None:
            return self._read(x, None)
        require_boolean(attention_mask)
        mask = attention_mask[:, 0]
        memory, final = self._read(x, without_empty_rows(mask))
        seen = ops.any(mask, axis=1, keepdims=True)
        return (
            ops.where(ops.expand_dims(mask, -1), memory, ops.zeros_like(memory)),
            ops.where(seen, final, ops.zeros_like(final)),
        )

    def _read(self, x, mask):
        forward, last = self.forward_gru(x, mask=mask)
        backward, first = self.backward_gru(x, mask=mask)
        # The backward GRU's outputs come in the order in which it read.
        memory = ops.concatenate([forward, ops.flip(backward, axis=1)], axis=-1)
        final = self.bridge(ops.concatenate([last, first], axis=-1))
        # Keras computes a tanh in float32 on JAX, of float64 too.
        return memory, ops.cast(final, self.compute_dtype)

    def compute_output_shape(self, x_shape: tuple) -> Any:
        return (*x_shape[:-1], self.units), (x_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            units=self.units,
            dropout=self.dropout,
            use_cudnn=self.use_cudnn,
            seed=self.seed,
        )
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return adapt(cls, config)


def without_empty_rows(mask: Any) -> Any:
    """The mask, with position 0 of every empty row made visible.

    cuDNN refuses a sequence of length 0.

    Args:
        mask: Boolean `[b, s]`, `True` = keep.

    Example:
        >>> import numpy as np
        >>> mask = without_empty_rows(np.array([[False, False], [True, True]]))
        >>> np.asarray(mask).tolist()
        [[True, False], [True, True]]
    """
    empty = ops.logical_not(ops.any(mask, axis=1, keepdims=True))
    first = ops.expand_dims(ops.arange(ops.shape(mask)[1]) == 0, 0)
    return ops.logical_or(mask, ops.logical_and(empty, first))

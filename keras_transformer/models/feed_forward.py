"""The feed-forward network: the same two layers at every position.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

import keras

from keras_transformer.attention.adapted import adapt, adaptations
from keras_transformer.randomness.dropout import Dropout
from keras_transformer.randomness.seeds import spread_initializer


@keras.saving.register_keras_serializable(package="keras_transformer")
class FeedForward(keras.layers.Layer):
    """Two dense layers with an activation between them.

    `output[t] = W2 · activation(W1 · x[t] + b1) + b2`

    Gated, a third matrix says how much of each hidden value passes. With `"silu"` that
    is SwiGLU, with `"gelu"` GeGLU:

    `output[t] = W2 · (activation(Wg · x[t] + bg) ⊙ (W1 · x[t] + b1)) + b2`

    Args:
        width: Width of the output, `w`.
        hidden_width: Width between the two layers; the paper takes `4 · w`. Gated,
            two thirds of it cost the same.
        activation: Name of the activation, or a function.
        dropout: Share of the hidden values that training sets to 0, in [0, 1).
        kernel_initializer: Initializer of the matrices.
        seed: Seed of the dropout.
        gated: Whether there is a gate.

    Call arguments:
        x: Float `[b, t, w]`.

    Returns:
        Float `[b, t, w]`.

    Masking:
        Positions do not mix, so no mask is needed; an implicit one goes on.

    Example:
        >>> import numpy as np
        >>> layer = FeedForward(width=2, hidden_width=8)
        >>> tuple(layer(np.ones((1, 3, 2), "float32")).shape)
        (1, 3, 2)

    Source: Vaswani et al. 2017, section 3.3; gated: Shazeer 2020.
    """

    def __init__(
        self,
        width: int,
        hidden_width: int,
        activation: Any = "relu",
        dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        seed: int | None = None,
        gated: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.width = width
        self.hidden_width = hidden_width
        self.activation = keras.activations.get(activation)
        self.dropout = dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.seed = seed
        self.gated = gated
        first, second, *third = spread_initializer(self.kernel_initializer, 2 + gated)
        self.hidden = keras.layers.Dense(
            hidden_width,
            activation=None if gated else self.activation,
            kernel_initializer=first,
            dtype=self.dtype_policy,
            name="hidden",
        )
        self.gate = None
        if gated:
            self.gate = keras.layers.Dense(
                hidden_width,
                activation=self.activation,
                kernel_initializer=third[0],
                dtype=self.dtype_policy,
                name="gate",
            )
        self.hidden_dropout = Dropout(
            dropout, seed=seed, dtype=self.dtype_policy, name="hidden_dropout"
        )
        self.output_projection = keras.layers.Dense(
            width,
            kernel_initializer=second,
            dtype=self.dtype_policy,
            name="output",
        )

    def build(self, x_shape: tuple) -> None:
        self.hidden.build(x_shape)
        if self.gate is not None:
            self.gate.build(x_shape)
        self.output_projection.build((*x_shape[:-1], self.hidden_width))
        self.built = True

    def call(self, x: Any, training: bool | None = None) -> Any:
        hidden = self.hidden(x)
        if self.gate is not None:
            hidden = self.gate(x) * hidden
        return self.output_projection(self.hidden_dropout(hidden, training=training))

    def compute_output_shape(self, x_shape: tuple) -> Any:
        return (*x_shape[:-1], self.width)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            width=self.width,
            hidden_width=self.hidden_width,
            activation=keras.activations.serialize(self.activation),
            dropout=self.dropout,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
            seed=self.seed,
            gated=self.gated,
        )
        return config | adaptations(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return adapt(cls, config)

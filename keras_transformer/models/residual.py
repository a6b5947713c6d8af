"""The residual connection around a sub-layer, with its normalisation.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

import keras

from keras_transformer.randomness.dropout import Dropout

NORMS = ("pre", "post")


@keras.saving.register_keras_serializable(package="keras_transformer")
class Residual(keras.layers.Layer):
    """Carries the input past a sub-layer and normalises before or after it.

    ```
    pre-norm:    x + dropout(sublayer(norm(x)))
    post-norm:   norm(x + dropout(sublayer(x)))
    ```

    A block calls the two halves around its sub-layer, which may take and return
    whatever it likes:

    ```
    y, weights = attention(residual.enter(x), …)
    x = residual.leave(x, y)
    ```

    Args:
        norm: `"pre"` or `"post"`.
        dropout: Share of the sub-layer's output that training sets to 0, in [0, 1).
        epsilon: Added to the variance before the division.
        seed: Seed of the dropout.

    Call arguments:
        x: The input of the sub-layer, float `[b, t, w]`.
        y: The output of the sub-layer, float `[b, t, w]`.

    Returns:
        Float `[b, t, w]`, the same as `leave`.

    Masking:
        Positions do not mix, so no mask is needed; the implicit one of `x` goes on.

    Raises:
        ValueError: If `norm` is neither `"pre"` nor `"post"`.

    Example:
        >>> import numpy as np
        >>> x = np.array([[[1.0, 3.0]]], "float32")
        >>> residual = Residual(norm="post")
        >>> np.asarray(residual(x, x)).round(3).tolist()
        [[[-1.0, 1.0]]]

    Source: He et al. 2016; Vaswani et al. 2017, section 3.1 (post-norm);
    Xiong et al. 2020 (pre-norm).
    """

    def __init__(
        self,
        norm: str = "pre",
        dropout: float = 0.0,
        epsilon: float = 1e-6,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if norm not in NORMS:
            raise ValueError(f"norm must be one of {NORMS}, got {norm!r}")
        super().__init__(**kwargs)
        self.supports_masking = True
        self.norm = norm
        self.dropout = dropout
        self.epsilon = epsilon
        self.seed = seed
        self.normalization = keras.layers.LayerNormalization(
            epsilon=epsilon, dtype=self.dtype_policy, name="normalization"
        )
        self.output_dropout = Dropout(
            dropout, seed=seed, dtype=self.dtype_policy, name="output_dropout"
        )

    def build(self, x_shape: tuple, y_shape: tuple | None = None) -> None:
        self.normalization.build(x_shape)
        self.built = True

    def enter(self, x: Any) -> Any:
        """What the sub-layer reads."""
        return self.normalization(x) if self.norm == "pre" else x

    def leave(self, x: Any, y: Any, training: bool | None = None) -> Any:
        """The input `x` joined with the sub-layer's output `y`."""
        total = x + self.output_dropout(y, training=training)
        return total if self.norm == "pre" else self.normalization(total)

    def call(self, x: Any, y: Any, training: bool | None = None) -> Any:
        return self.leave(x, y, training)

    def compute_output_shape(self, x_shape: tuple, y_shape: tuple | None = None) -> Any:
        return tuple(x_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            norm=self.norm,
            dropout=self.dropout,
            epsilon=self.epsilon,
            seed=self.seed,
        )
        return config


def final_norm(blocks: Any, dtype: Any) -> Any:
    """The normalisation that ends a pre-norm stack, `None` after a post-norm one.

    In a pre-norm stack nothing has normalised the residual stream itself.

    Args:
        blocks: The blocks of the stack, each with its `norm`.
        dtype: Dtype policy of the layer.
    """
    if blocks[-1].norm == "post":
        return None
    return keras.layers.LayerNormalization(epsilon=1e-6, dtype=dtype, name="final_norm")

"""The residual connection around a sub-layer, with its normalisation.

Axes: `b` batch, `t` position, `w` width.
"""

from typing import Any

import keras

from keras_transformer.models.nested import deserialized, serialized
from keras_transformer.randomness.dropout import Dropout

NORMS = ("pre", "post", "both")


@keras.saving.register_keras_serializable(package="keras_transformer")
class Residual(keras.layers.Layer):
    """Carries the input past a sub-layer and normalises before, after it, or both.

    ```
    pre-norm:    x + dropout(sublayer(norm(x)))
    post-norm:   norm(x + dropout(sublayer(x)))
    both:        x + dropout(norm'(sublayer(norm(x))))
    ```

    With both, a sandwich, what a sub-layer adds has the same size in every block.

    A block calls the two halves around its sub-layer, which may take and return
    whatever it likes:

    ```
    y, weights = attention(residual.enter(x), …)
    x = residual.leave(x, y)
    ```

    Args:
        norm: `"pre"`, `"post"` or `"both"`.
        dropout: Share of the sub-layer's output that training sets to 0, in [0, 1).
        epsilon: Added to the variance before the division.
        seed: Seed of the dropout.
        normalization: A pattern of the normalisations, which are copies of it:
            `keras.layers.RMSNormalization()`, say. `LayerNormalization` by default;
            a pattern has an epsilon of its own.

    Call arguments:
        x: The input of the sub-layer, float `[b, t, w]`.
        y: The output of the sub-layer, float `[b, t, w]`.

    Returns:
        Float `[b, t, w]`, the same as `leave`.

    Masking:
        Positions do not mix, so no mask is needed; the implicit one of `x` goes on.

    Raises:
        ValueError: If `norm` is unknown.

    Example:
        >>> import numpy as np
        >>> x = np.array([[[1.0, 3.0]]], "float32")
        >>> residual = Residual(norm="post")
        >>> np.asarray(residual(x, x)).round(3).tolist()
        [[[-1.0, 1.0]]]

    Source: He et al. 2016; Vaswani et al. 2017, section 3.1 (post-norm);
    Xiong et al. 2020 (pre-norm); Ding et al. 2021, section 2.4 (both); Zhang and
    Sennrich 2019 (root mean square).
    """

    def __init__(
        self,
        norm: str = "pre",
        dropout: float = 0.0,
        epsilon: float = 1e-6,
        seed: int | None = None,
        normalization: Any = None,
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
        self.is_default = normalization is None
        if self.is_default:
            normalization = keras.layers.LayerNormalization(epsilon=epsilon)
        self.normalization = self.alike(normalization, "normalization")
        self.output_normalization = None
        if norm == "both":
            self.output_normalization = self.alike(
                normalization, "output_normalization"
            )
        self.output_dropout = Dropout(
            dropout, seed=seed, dtype=self.dtype_policy, name="output_dropout"
        )

    def build(self, x_shape: tuple, y_shape: tuple | None = None) -> None:
        self.normalization.build(x_shape)
        if self.output_normalization is not None:
            self.output_normalization.build(x_shape)
        self.built = True

    def alike(self, normalization: Any, name: str) -> Any:
        """A normalisation of its own, like a given one, in the precision of this layer.

        Args:
            normalization: The layer that is copied.
            name: Name of the copy.
        """
        own = {"name": name, "dtype": self.dtype_policy}
        return type(normalization).from_config({**normalization.get_config(), **own})

    def enter(self, x: Any) -> Any:
        """What the sub-layer reads."""
        return x if self.norm == "post" else self.normalization(x)

    def leave(self, x: Any, y: Any, training: bool | None = None) -> Any:
        """The input `x` joined with the sub-layer's output `y`."""
        if self.output_normalization is not None:
            y = self.output_normalization(y)
        total = x + self.output_dropout(y, training=training)
        return self.normalization(total) if self.norm == "post" else total

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
            normalization=None if self.is_default else serialized(self.normalization),
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        normalization = deserialized(config.get("normalization"))
        return cls(**{**config, "normalization": normalization})


def final_norm(blocks: Any) -> Any:
    """The normalisation that ends a stack, `None` after a post-norm one.

    Elsewhere nothing has normalised the residual stream itself.

    Args:
        blocks: The blocks of the stack.
    """
    residual = blocks[-1].self_residual
    if residual.norm == "post":
        return None
    return residual.alike(residual.normalization, "final_norm")

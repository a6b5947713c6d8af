"""Queries and keys of one length before they are compared.

Axes: `b` batch, `h` head, `t` query position, `s` key position, `d` width.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.modifiers import Modifier
from keras_transformer.attention.per_head import count_heads, one_for_each_head
from keras_transformer.system.precision import at_least_float32


@keras.saving.register_keras_serializable(package="keras_transformer")
class QueryKeyNorm(Modifier):
    """A score rule that is given queries and keys of one length, "QK-norm".

    ```
    norm(x)     = x / √(mean over d of x²)
    score[t, s] = inner(scale[h] · norm(query[t]), norm(key[s]))
    ```

    Only directions count, and scores are bounded: around the default rule by
    `scale · √d`. The scale is one learned number a head, 1 at first, and not one a
    feature: so what `RotaryPositions` turned still compares by distance alone.

    Args:
        score: The rule inside, a layer `(query, key) → scores`; `ScaledDot()` by
            default.
        learned_scale: Whether there is a scale; otherwise it is 1.
        epsilon: Added to the mean square.

    Call arguments:
        query: Float `[b, h, t, d]`, or without heads `[..., t, d]`.
        key: Float `[b, h, s, e]`; with `projected` what `project_key` made of it.
        projected: Whether the key is normalised and projected already.

    Returns:
        Scores `[b, h, t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If the number of heads is unknown.

    Example:
        >>> import numpy as np
        >>> query = np.array([[3.0, 4.0]], "float32")
        >>> key = np.array([[6.0, 8.0], [4.0, -3.0]], "float32")
        >>> np.abs(QueryKeyNorm()(query, key)).round(4).tolist()  # √2 · cosine
        [[1.4142, 0.0]]

    Source: Henry et al. 2020; root mean square: Zhang and Sennrich 2019; in large
    models: Dehghani et al. 2023, section 2.
    """

    def __init__(
        self,
        score: Any = None,
        learned_scale: bool = True,
        epsilon: float = 1e-6,
        **kwargs: Any,
    ):
        super().__init__(score, **kwargs)
        self.learned_scale = learned_scale
        self.epsilon = epsilon

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        if self.learned_scale:
            self.scale = self.add_weight(
                shape=(count_heads(query_shape),), initializer="ones", name="scale"
            )
        super().build(query_shape, key_shape)

    @property
    def factors(self) -> Any:
        """As of the score, if it is a product."""
        inner = self.score.factors  # an AttributeError if it is none
        return lambda query, key: inner(self.scaled(query), self.normalised(key))

    @property
    def project_key(self) -> Any:
        """As of the score, if it has a projection of keys."""
        inner = self.score.project_key  # an AttributeError if it has none
        return lambda key: inner(self.normalised(key))

    def normalised(self, x: Any) -> Any:
        """Queries or keys `[..., d]` with a mean square of 1."""
        wide = ops.cast(x, at_least_float32(x.dtype))
        mean_square = ops.mean(ops.square(wide), axis=-1, keepdims=True)
        return ops.cast(wide * ops.rsqrt(mean_square + self.epsilon), x.dtype)

    def scaled(self, query: Any) -> Any:
        """Queries as the rule inside is given them."""
        query = self.normalised(query)
        if not self.learned_scale:
            return query
        return query * ops.cast(one_for_each_head(self.scale, query), query.dtype)

    def call(self, query: Any, key: Any, projected: bool = False) -> Any:
        key = key if projected else self.normalised(key)
        return self.scored(self.scaled(query), key, projected)

    def get_config(self) -> dict[str, Any]:
        own = {"learned_scale": self.learned_scale, "epsilon": self.epsilon}
        return {**super().get_config(), **own}

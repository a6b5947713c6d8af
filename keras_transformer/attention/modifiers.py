"""Score modifiers: score rules made of a score rule.

Axes: `t` query position, `s` key position, `d` width, `h` head; whatever stands before
the last two (batch, heads) is carried along. Modifiers take modifiers:
`SoftCap(LearnedTemperature(QueryKeyNorm()))`.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.per_head import count_heads, one_for_each_head
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.shapes import scores_shape


class Modifier(keras.layers.Layer):
    """What modifiers share: they hold a score rule, build it and save it.

    Args:
        score: A layer `(query, key) → scores`; `ScaledDot()` by default.
    """

    def __init__(self, score: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.score = ScaledDot(dtype=policy, name="score") if score is None else score
        self.supports_masking = True

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        if not self.score.built:
            self.score.build(query_shape, key_shape)
        self.built = True

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> Any:
        return scores_shape(query_shape, key_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(score=keras.saving.serialize_keras_object(self.score))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        score = keras.saving.deserialize_keras_object(config["score"])
        return cls(**{**config, "score": score})

    def scored(self, query: Any, key: Any, projected: bool = False) -> Any:
        """The scores of the rule inside."""
        return self.score(query, key, **({"projected": True} if projected else {}))


@keras.saving.register_keras_serializable(package="keras_transformer")
class SoftCap(Modifier):
    """A score rule whose scores stay between `-cap` and `cap`.

    `score[t, s] = cap · tanh(inner[t, s] / cap)`

    Small scores stay as they are, and none runs away, so that softmax cannot saturate
    for good.

    Args:
        cap: The bound; above 0.
        score: The rule inside, a layer `(query, key) → scores`; `ScaledDot()` by
            default.

    Call arguments:
        query: Float `[..., t, d]`.
        key: Float `[..., s, e]`; with `projected` what `project_key` made of it.
        projected: Whether the key is projected already.

    Returns:
        Scores `[..., t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If `cap` is not above 0.

    Example:
        >>> import numpy as np
        >>> query = np.array([[1.0]], "float32")
        >>> key = np.array([[1.0], [99.0]], "float32")
        >>> np.asarray(SoftCap(cap=2.0)(query, key)).round(4).tolist()
        [[0.9242, 2.0]]

    Source: Gemma Team 2024, "Gemma 2", section 2; Bello et al. 2017.
    """

    def __init__(self, cap: float = 50.0, score: Any = None, **kwargs: Any):
        if not cap > 0:
            raise ValueError(f"cap must be above 0, got cap={cap}")
        super().__init__(score, **kwargs)
        self.cap = cap

    @property
    def project_key(self) -> Any:
        """As of the score, if it has a projection of keys."""
        return self.score.project_key  # an AttributeError if it has none

    def call(self, query: Any, key: Any, projected: bool = False) -> Any:
        return self.cap * ops.tanh(self.scored(query, key, projected) / self.cap)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cap": self.cap}


@keras.saving.register_keras_serializable(package="keras_transformer")
class LearnedTemperature(Modifier):
    """A score rule whose scores are divided by a learned temperature, one a head.

    `score[h, t, s] = inner[h, t, s] / exp(log_temperature[h])`

    The temperature is 1 at first, and always above 0. What stands between the batch and
    the queries is heads; without them there is one temperature.

    Args:
        score: The rule inside, a layer `(query, key) → scores`; `ScaledDot()` by
            default.

    Call arguments:
        query: Float `[b, h, t, d]`, or without heads `[..., t, d]`.
        key: Float `[b, h, s, e]`; with `projected` what `project_key` made of it.
        projected: Whether the key is projected already.

    Returns:
        Scores `[b, h, t, s]` in the compute dtype.

    Masking:
        None is read: the weighting hides keys, not the score.

    Raises:
        ValueError: If the number of heads is unknown.

    Example:
        >>> import numpy as np
        >>> query, key = np.array([[1.0]], "float32"), np.array([[8.0]], "float32")
        >>> score = LearnedTemperature()
        >>> float(score(query, key)[0, 0])
        8.0
        >>> score.set_weights([np.log([2.0])])
        >>> round(float(score(query, key)[0, 0]), 4)
        4.0

    Source: Lee et al. 2021, "Vision Transformer for small-size datasets", section 3.2.
    """

    def __init__(self, score: Any = None, **kwargs: Any):
        super().__init__(score, **kwargs)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.log_temperature = self.add_weight(
            shape=(count_heads(query_shape),),
            initializer="zeros",
            name="log_temperature",
        )
        super().build(query_shape, key_shape)

    @property
    def project_key(self) -> Any:
        """As of the score, if it has a projection of keys."""
        return self.score.project_key  # an AttributeError if it has none

    def call(self, query: Any, key: Any, projected: bool = False) -> Any:
        return self.tempered(self.scored(query, key, projected))

    @property
    def factors(self) -> Any:
        """As of the score, if it is a product."""
        inner = self.score.factors  # an AttributeError if it is none
        return lambda query, key: inner(self.tempered(query), key)

    def tempered(self, x: Any) -> Any:
        """Scores, or queries of a rule that is linear in them, over the temperature."""
        factor = ops.exp(-one_for_each_head(self.log_temperature, x))
        return x * ops.cast(factor, x.dtype)

"""Hard attention that draws its keys, and three ways to train it.

Axes: `b` batch, `t` query position, `s` key position; whatever stands before the last
two (batch, heads) is carried along.
"""

from typing import Any

import keras
from keras import ops

from keras_transformer.attention.weightings import largest, visible_keys
from keras_transformer.masks import hide, masked_softmax
from keras_transformer.randomness.log_probability import record
from keras_transformer.system.precision import at_least_float32

ESTIMATORS = ("reinforce", "straight_through", "gumbel")

# The logarithm of what is left of a key that was taken as a whole: low, and far from
# the lowest number, for it is added to scores and divided by a temperature.
TAKEN = -1e9


def gumbel_noise(shape: tuple, seed: int | None = None) -> Any:
    """Standard Gumbel noise: the key with the largest `score + noise` is a sample.

    `P(argmax over s of (score[s] + noise[s]) = i) = softmax(score)[i]`

    Args:
        shape: Shape of the noise.
        seed: An integer or a `keras.random.SeedGenerator`.

    Returns:
        Float32 of the shape, finite.
    """
    uniform = keras.random.uniform(shape, minval=1e-20, dtype="float32", seed=seed)
    return -ops.log(-ops.log(uniform))


def draw(scores: Any, visible: Any, noise: Any, k: int) -> tuple[Any, Any]:
    """Draw `k` visible keys without replacement.

    ```
    i_1 ~ softmax(scores),  i_2 ~ softmax(scores without i_1),  …
    log_probability = Σ over j of log softmax(scores without i_1 … i_{j-1})[i_j]
    ```

    The j-th key is the one with the j-th largest `score + noise`, which is that very
    distribution.

    Args:
        scores: Float32 or float64 `[..., t, s]`.
        visible: Boolean `[..., t, s]`.
        noise: `gumbel_noise` `[..., t, s]`.
        k: How many keys to draw; where fewer are visible, all of them are drawn.

    Returns:
        The pair (drawn, log_probability): boolean `[..., t, s]`, and float
        `[..., t]`, the log-probability of the keys in the order in which they were
        drawn, differentiable in the scores; 0 where no key is visible.
    """
    perturbed = scores + noise
    drawn = ops.zeros_like(visible)
    remaining = visible
    log_probability = ops.zeros_like(ops.sum(scores, axis=-1))
    for _ in range(k):
        pick = largest(perturbed, remaining, 1)
        step = ops.log_softmax(hide(scores, remaining), axis=-1)
        log_probability += ops.sum(ops.where(pick, step, 0.0), axis=-1)
        drawn = ops.logical_or(drawn, pick)
        remaining = ops.logical_and(remaining, ops.logical_not(pick))
    return drawn, log_probability


def relaxed_draw(
    scores: Any, visible: Any, noise: Any, k: int, temperature: float
) -> Any:
    """A differentiable stand-in for `draw`, exact in the limit of temperature 0.

    ```
    a_1 = scores + noise
    w_j = softmax(a_j / temperature),  a_{j+1} = a_j + log(1 - w_j)
    weights = Σ over j of w_j
    ```

    Args:
        scores: Float32 or float64 `[..., t, s]`.
        visible: Boolean `[..., t, s]`.
        noise: `gumbel_noise` `[..., t, s]`.
        k: How many keys to draw; where fewer are visible, only so many are drawn.
        temperature: Above 0; the smaller, the harder the weights.

    Returns:
        Float `[..., t, s]`; a row sums to `k`, or to the number of visible keys.
    """
    count = ops.sum(ops.cast(visible, "int32"), axis=-1, keepdims=True)
    logits = scores + noise
    weights = ops.zeros_like(scores)
    for index in range(k):
        step = masked_softmax(logits / temperature, visible)
        weights += ops.where(count > index, step, 0.0)
        # What took everything is out of the race; the inner `where` keeps the
        # gradient off log(0).
        left = 1.0 - step
        rest = ops.log(ops.where(left > 0, left, 1.0))
        logits += ops.where(left > 0, rest, TAKEN)
    return weights


@keras.saving.register_keras_serializable(package="keras_transformer")
class Sampled(keras.layers.Layer):
    """Hard attention: `k` keys are drawn from the softmax and count fully.

    ```
    training:   weights[t, s] = 1 if s is among k keys drawn without replacement from
                softmax(scores[t]), else 0
    inference:  the k largest scores, as `TopK(k)`: deterministic
    ```

    A draw has no derivative. Three estimators of the gradient of the *expected* loss:

    - `"reinforce"`: `(loss - baseline) · ∂ log p(draw)`. Unbiased, of high variance. It
      needs the loss of each example, which a layer does not see: train the model inside
      `Reinforce`, which passes through `fit`. Without it the scores get no gradient.
    - `"straight_through"`: the forward pass is the draw, the backward pass pretends
      that it was `k · softmax(scores)`. Biased, of low variance; plain `fit`.
    - `"gumbel"`: training replaces the draw by soft weights, `softmax((scores +
      noise) / temperature)`, and differentiates these. The gradient is exact for the
      softened loss, biased for the true one; the bias falls and the variance grows as
      the temperature goes to 0; plain `fit`.

    Args:
        k: Number of keys.
        estimator: `"reinforce"`, `"straight_through"` or `"gumbel"`.
        temperature: Of `"gumbel"`; above 0.
        seed: Seed of the draws.

    Call arguments:
        scores: Float `[..., t, s]`.
        attention_mask: Boolean, broadcastable to the scores, `True` = keep; `None`
            keeps all.
        training: Whether to draw.

    Returns:
        Weights `[..., t, s]` in the dtype of the scores.

    Masking:
        A hidden key gets exactly 0. Where fewer than `k` keys are visible all of them
        are drawn; a query with no visible key gets zeros.

    Raises:
        ValueError: If `k` is below 1, the estimator unknown, the temperature not above
            0, or a mask not boolean.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[1.0, 4.0, 2.0]], "float32")
        >>> np.asarray(Sampled(seed=1)(scores)).tolist()  # inference: the largest
        [[0.0, 1.0, 0.0]]
        >>> drawn = Sampled(k=2, seed=1)(scores, training=True)
        >>> float(np.asarray(drawn).sum())
        2.0

    Source: Xu et al. 2015, section 4.1; REINFORCE: Williams 1992; straight-through:
    Bengio et al. 2013; Gumbel-softmax: Jang et al. 2017, for k keys Xie and Ermon 2019;
    draws without replacement: Kool et al. 2019.
    """

    def __init__(
        self,
        k: int = 1,
        estimator: str = "reinforce",
        temperature: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if k < 1:
            raise ValueError(f"k must be at least 1, got k={k}")
        if estimator not in ESTIMATORS:
            raise ValueError(
                f"estimator must be one of {', '.join(map(repr, ESTIMATORS))}, "
                f"got estimator={estimator!r}"
            )
        if temperature <= 0:
            raise ValueError(
                f"temperature must be above 0, got temperature={temperature}"
            )
        super().__init__(**kwargs)
        self.k = k
        self.estimator = estimator
        self.temperature = temperature
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed, name="seed_generator")
        self.supports_masking = True

    def call(
        self, scores: Any, attention_mask: Any = None, training: bool | None = None
    ) -> Any:
        visible = visible_keys(scores, attention_mask)
        if not training or scores.shape[-1] == 0:
            return ops.cast(largest(scores, visible, self.k), scores.dtype)
        logits = ops.cast(scores, at_least_float32(scores.dtype))
        noise = gumbel_noise(ops.shape(scores), self.seed_generator)
        noise = ops.cast(noise, logits.dtype)
        if self.estimator == "gumbel":
            weights = relaxed_draw(logits, visible, noise, self.k, self.temperature)
            return ops.cast(weights, scores.dtype)
        drawn, log_probability = draw(logits, visible, noise, self.k)
        weights = ops.cast(drawn, logits.dtype)
        if self.estimator == "reinforce":
            record(log_probability)
        else:
            count = ops.sum(weights, axis=-1, keepdims=True)
            soft = count * masked_softmax(logits, visible)
            weights = weights + (soft - ops.stop_gradient(soft))  # adds exactly 0
        return ops.cast(weights, scores.dtype)

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        return tuple(scores_shape)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            k=self.k,
            estimator=self.estimator,
            temperature=self.temperature,
            seed=self.seed,
        )
        return config

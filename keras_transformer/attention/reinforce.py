"""Training by REINFORCE: the loss of each example rates the draws made for it.

Axes: `b` batch.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_transformer.randomness.log_probability import log_probabilities


class Drawn(NamedTuple):
    """What a training pass of `Reinforce` returns."""

    prediction: Any  # whatever the model returns
    log_probability: Any  # float32 [b], of all draws made for an example


def reinforce_loss(losses: Any, log_probability: Any, baseline: Any = 0.0) -> Any:
    """The mean loss, with a gradient that reaches through the draws.

    ```
    value     mean over b of loss[b]
    gradient  mean over b of ∂loss[b] + (loss[b] - baseline) · ∂log_probability[b]
    ```

    That is an unbiased estimate of the gradient of the expected loss, for every
    baseline that does not depend on the draws: `E[∂log_probability] = 0`.

    Args:
        losses: The loss of each example, float `[b]`.
        log_probability: Of all draws made for the example, float `[b]`.
        baseline: Float scalar or `[b]`.

    Returns:
        Float32 scalar.

    Source: Williams 1992, section 4; Xu et al. 2015, equation 11.
    """
    losses = ops.cast(losses, "float32")
    advantage = ops.stop_gradient(losses - baseline)
    log_probability = ops.convert_to_tensor(log_probability)
    score = log_probability - ops.stop_gradient(log_probability)  # 0 with a gradient
    return ops.mean(losses + advantage * score)


@keras.saving.register_keras_serializable(package="keras_transformer")
class Reinforce(keras.Model):
    """Trains a model that holds `Sampled(estimator="reinforce")`, through plain `fit`.

    The model may be any Keras model, the layer any depth inside it; there may be
    several. Every other weight gets its ordinary gradient in the same step. The
    wrapper has no weights of its own but the baseline: when training is over, use and
    save the `model` that was passed in.

    The baseline is a moving average of the mean loss of the batches before. It does
    not depend on the draws of this batch, so the gradient stays unbiased, and its
    variance falls.

    Args:
        model: The model to train.
        loss: A Keras loss or its name, or a function `(y_true, y_pred) → [b, ...]`.
            It is read before reduction; what it returns is averaged over all axes,
            weighted by the `sample_weight` of `fit` if there is one.
        baseline_momentum: Momentum of the moving average, in [0, 1); `None` for no
            baseline.

    Call arguments:
        inputs: The inputs of the model.
        training: Whether to draw.

    Returns:
        The prediction of the model; in training a `Drawn`. `compile` takes optimizer
        and metrics, and no loss.

    Masking:
        As the model masks. A loss that knows padding only when it reduces, by a mask of
        its own, needs that mask as `sample_weight` here.

    Raises:
        ValueError: If the momentum is not in [0, 1), a loss is compiled, or a training
            pass drew nothing.

    Example:
        >>> import numpy as np
        >>> from keras_transformer.attention import Attention, Sampled
        >>> query, value = keras.Input((1, 2)), keras.Input((3, 2))
        >>> context = Attention(weighting=Sampled(seed=1))(query, value)
        >>> model = keras.Model([query, value], keras.layers.Dense(1)(context))
        >>> reinforce = Reinforce(model, "mean_squared_error")
        >>> reinforce.compile("sgd")
        >>> x = [np.ones((4, 1, 2), "float32"), np.ones((4, 3, 2), "float32")]
        >>> history = reinforce.fit(x, np.ones((4, 1, 1), "float32"), verbose=0)
        >>> list(history.history)
        ['loss']

    Source: Xu et al. 2015, section 4.1.
    """

    def __init__(
        self, model: Any, loss: Any, baseline_momentum: float = 0.9, **kwargs: Any
    ):
        if baseline_momentum is not None and not 0 <= baseline_momentum < 1:
            raise ValueError(
                "baseline_momentum must be in [0, 1), or None, "
                f"got baseline_momentum={baseline_momentum}"
            )
        super().__init__(**kwargs)
        self.model = model
        self.loss_rule = keras.losses.get(loss)
        self.baseline_momentum = baseline_momentum
        # The weights of the average so far: early, they do not yet sum to 1.
        self.baseline_sum = self._statistic("baseline_sum")
        self.baseline_weight = self._statistic("baseline_weight")

    def _statistic(self, name):
        return self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            dtype="float32",
            name=name,
        )

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, **kwargs: Any
    ) -> None:
        """As `keras.Model.compile`, without a loss: that was given to `__init__`."""
        if loss is not None:
            raise ValueError(
                f"Reinforce takes its loss when it is made, got compile(loss={loss!r})"
            )
        super().compile(optimizer=optimizer, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """As in Keras, which leaves it out wherever `compile` is overridden."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        with log_probabilities() as drawn:
            prediction = self.model(inputs, training=training)
        if not training:
            return prediction
        log_probability = drawn.total()
        if log_probability is None:
            raise ValueError(
                "Reinforce needs a model that draws, got one without "
                "Sampled(estimator='reinforce') in it"
            )
        return Drawn(prediction, log_probability)

    @property
    def baseline(self) -> Any:
        """The moving average of the loss, a float32 scalar; 0 before the first step."""
        return ops.divide_no_nan(self.baseline_sum, self.baseline_weight)

    def example_losses(self, y: Any, prediction: Any, sample_weight: Any = None) -> Any:
        """The share of each example in the loss, float32 `[b]`; the loss is their mean.

        Args:
            y: Labels.
            prediction: What the model predicts.
            sample_weight: Optional float `[b]`, or of the shape of the losses.
        """
        rule = self.loss_rule
        losses = (rule.call if isinstance(rule, keras.Loss) else rule)(y, prediction)
        losses = ops.cast(losses, "float32")
        axes = tuple(range(1, len(losses.shape)))
        if sample_weight is None:
            return ops.mean(losses, axis=axes) if axes else losses
        weights = ops.cast(sample_weight, "float32")
        while len(weights.shape) < len(losses.shape):
            weights = ops.expand_dims(weights, -1)
        weights = ops.broadcast_to(weights, ops.shape(losses))
        weights = ops.divide_no_nan(weights, ops.mean(weights))
        return ops.mean(losses * weights, axis=axes) if axes else losses * weights

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool | None = True,
    ) -> Any:
        """The mean loss; in training with the gradient of `reinforce_loss`."""
        if isinstance(y_pred, Drawn):
            losses = self.example_losses(y, y_pred.prediction, sample_weight)
            if self.baseline_momentum is None:
                loss = reinforce_loss(losses, y_pred.log_probability)
            else:
                loss = reinforce_loss(losses, y_pred.log_probability, self.baseline)
                self._update_baseline(losses)
        else:
            loss = ops.mean(self.example_losses(y, y_pred, sample_weight))
        return sum((ops.sum(extra) for extra in self.losses), loss)

    def _update_baseline(self, losses):
        momentum = self.baseline_momentum
        mean = ops.mean(ops.stop_gradient(losses))
        self.baseline_sum.assign(momentum * self.baseline_sum + (1 - momentum) * mean)
        self.baseline_weight.assign(momentum * self.baseline_weight + 1 - momentum)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """The metrics of the prediction alone."""
        prediction = y_pred.prediction if isinstance(y_pred, Drawn) else y_pred
        return super().compute_metrics(x, y, prediction, sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.update(
            model=keras.saving.serialize_keras_object(self.model),
            loss=keras.saving.serialize_keras_object(self.loss_rule),
            baseline_momentum=self.baseline_momentum,
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        for part in ("model", "loss"):
            config[part] = keras.saving.deserialize_keras_object(config[part])
        return cls(**config)

"""How a model is trained: the numbers, and what they make of a model."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Literal

import keras

from keras_transformer.attention import Reinforce
from keras_transformer.system.devices import has_xla
from keras_transformer.system.ranges import (
    BatchTokens,
    Count,
    CountOrNone,
    Range,
    Seed,
    Share,
    check,
)
from keras_transformer.training.losses import SmoothedCrossEntropy
from keras_transformer.training.metrics import TokenAccuracy, TokenCrossEntropy
from keras_transformer.training.schedules import InverseSquareRoot


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained."""

    epochs: Count = 20
    """Passes over the training data, at most."""
    batch_tokens: BatchTokens = 2048
    """Positions in a batch, a side."""
    lengths: tuple[Count, ...] = (16, 24, 32, 48)
    """Lengths of the buckets, in tokens; longer pairs are left out."""
    peak_learning_rate: Annotated[float, Range(above=0, most=100)] = 1e-3
    """The learning rate at the end of the warm-up."""
    warmup_steps: Annotated[int, Range(0, 2**30)] = 400
    """Steps of the linear warm-up; then the rate falls with the root of the step. 0
    keeps the rate where it is, so that a callback can change it."""
    label_smoothing: Share = 0.1
    """Share of probability spread over the vocabulary."""
    clip_norm: Annotated[float, Range(above=0, most=1e9)] = 1.0
    """Largest global norm of the gradient."""
    average: Share = 0.0
    """Momentum of the moving average of the weights; 0 uses the last weights."""
    patience: CountOrNone = 0
    """Stop after so many epochs without a better score; 0 never stops early."""
    score_every: Count = 1
    """Translate the validation sentences every so many epochs."""
    xla: bool = True
    """Compile the training step with XLA, one program a bucket. JAX has no other way
    to be fast: without it every operation is sent off by itself. PyTorch has no XLA,
    and trains step by step."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy."""
    checkpoint_seconds: Annotated[float, Range(0, 1e9)] = 60.0
    """Write a checkpoint at least so often, and at the end of every epoch."""
    seed: Seed = 1
    """Seed of initial weights, dropout and data order."""

    def __post_init__(self):
        check(self)

    def broken_rules(self) -> Iterator[str]:
        """What is wrong with the numbers together."""
        if not self.lengths or list(self.lengths) != sorted(set(self.lengths)):
            yield f"lengths must ascend from at least 1, got {self.lengths}"
        elif self.batch_tokens < self.lengths[-1]:
            yield (
                "batch_tokens must have room for a row of the longest bucket, "
                f"got batch_tokens={self.batch_tokens}, lengths={self.lengths}"
            )

    @property
    def learning_rate(self) -> float | InverseSquareRoot:
        """The learning rate of the optimizer: a schedule, or a number."""
        if not self.warmup_steps:
            return self.peak_learning_rate
        return InverseSquareRoot(self.peak_learning_rate, self.warmup_steps)


def compile_model(model: keras.Model, config: TrainingConfig) -> None:
    """Give a model the optimizer, loss and metrics of the configuration.

    Args:
        model: The model; it predicts logits. `Reinforce` brings its own loss.
        config: The configuration.
    """
    loss = {"loss": SmoothedCrossEntropy(config.label_smoothing)}
    model.compile(
        optimizer=keras.optimizers.Adam(
            config.learning_rate,
            beta_2=0.98,
            epsilon=1e-9,
            global_clipnorm=config.clip_norm,
            use_ema=config.average > 0,
            ema_momentum=config.average or 0.99,
        ),
        **({} if isinstance(model, Reinforce) else loss),
        metrics=[TokenAccuracy(), TokenCrossEntropy()],
        jit_compile=config.xla and has_xla(),
    )

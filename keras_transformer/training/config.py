"""How a model is trained: the numbers, and what they make of a model."""

import dataclasses

import keras

from keras_transformer.attention import Reinforce
from keras_transformer.system.devices import has_xla
from keras_transformer.training.losses import SmoothedCrossEntropy
from keras_transformer.training.metrics import TokenAccuracy, TokenCrossEntropy
from keras_transformer.training.schedules import InverseSquareRoot


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained."""

    epochs: int = 20
    """Passes over the training data, at most."""
    batch_tokens: int = 2048
    """Positions in a batch, a side."""
    lengths: tuple[int, ...] = (16, 24, 32, 48)
    """Lengths of the buckets, in tokens; longer pairs are left out."""
    peak_learning_rate: float = 1e-3
    """The learning rate at the end of the warm-up."""
    warmup_steps: int = 400
    """Steps of the linear warm-up; then the rate falls with the root of the step. 0
    keeps the rate where it is, so that a callback can change it."""
    label_smoothing: float = 0.1
    """Share of probability spread over the vocabulary."""
    clip_norm: float = 1.0
    """Largest global norm of the gradient."""
    average: float = 0.0
    """Momentum of the moving average of the weights; 0 uses the last weights."""
    patience: int = 0
    """Stop after so many epochs without a better score; 0 never stops early."""
    score_every: int = 1
    """Translate the validation sentences every so many epochs."""
    xla: bool = True
    """Compile the training step with XLA, one program a bucket. JAX has no other way
    to be fast: without it every operation is sent off by itself. PyTorch has no XLA,
    and trains step by step."""
    precision: str = "float32"
    """Keras dtype policy: float32, mixed_bfloat16 or mixed_float16."""
    checkpoint_seconds: float = 60.0
    """Write a checkpoint at least so often, and at the end of every epoch."""
    seed: int = 1
    """Seed of initial weights, dropout and data order."""

    def __post_init__(self):
        if self.epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {self.epochs}")
        if not 0 <= self.average < 1:
            raise ValueError(f"average must be in [0, 1), got {self.average}")
        if self.warmup_steps < 0:
            raise ValueError(
                f"warmup_steps must be at least 0, got {self.warmup_steps}"
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

"""How the learning rate moves."""

import keras
from keras import ops

from keras_transformer.training.cross_entropy import Tensor


@keras.saving.register_keras_serializable(package="keras_transformer")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to a peak, then decay with the root of the step.

    ```
    rate(step) = peak · min(step / warmup, √(warmup / step))
    ```

    The paper's schedule is the one with `peak = 1 / √(width · warmup)`.

    Args:
        peak: The highest learning rate, reached at step `warmup`.
        warmup: Number of steps of the warm-up, at least 1.

    Call arguments:
        step: The step, counted from 0; an integer or integer tensor.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If `peak` is not positive, or `warmup` is under 1.

    Example:
        >>> schedule = InverseSquareRoot(peak=0.5, warmup=4)
        >>> [round(float(schedule(step)), 3) for step in (0, 1, 3, 15)]
        [0.125, 0.25, 0.5, 0.25]

    Source: Vaswani et al. 2017, section 5.3.
    """

    def __init__(self, peak: float, warmup: int):
        if peak <= 0:
            raise ValueError(f"peak must be positive, got peak={peak}")
        if warmup < 1:
            raise ValueError(f"warmup must be at least 1, got warmup={warmup}")
        super().__init__()
        self.peak = peak
        self.warmup = warmup

    def __call__(self, step: Tensor) -> Tensor:
        # The optimizer counts from 0; a first step with rate 0 would be wasted.
        count = ops.cast(step, "float32") + 1.0
        rising = count / self.warmup
        falling = ops.sqrt(self.warmup / count)
        return self.peak * ops.minimum(rising, falling)

    def get_config(self) -> dict:
        return {"peak": self.peak, "warmup": self.warmup}

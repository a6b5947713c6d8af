import keras
from keras import ops

from zoo import mutant, sound


@sound("schedule", like="schedule")
def inverse_square_root(step, peak, warmup):
    count = step + 1
    return peak * min(count / warmup, (warmup / count) ** 0.5)


@mutant(
    "counted from 0: the first step has no rate",
    like="schedule",
)
def counted_from_zero(step, peak, warmup):
    return inverse_square_root(step - 1, peak, warmup) if step else 0.0


@mutant("the greater of rise and fall instead of the lesser", like="schedule")
def the_greater(step, peak, warmup):
    count = step + 1
    return peak * max(count / warmup, (warmup / count) ** 0.5)


@mutant("no fall after the warm-up", like="schedule")
def no_fall(step, peak, warmup):
    return peak * min(1.0, (step + 1) / warmup)


@mutant("falls with the step instead of its root", like="schedule")
def falls_too_fast(step, peak, warmup):
    count = step + 1
    return peak * min(count / warmup, warmup / count)


@mutant("peaks at 1 / √warmup, whatever peak was asked for", like="schedule")
def fixed_peak(step, peak, warmup):
    count = step + 1
    return peak * min(count**-0.5, count * warmup**-1.5)


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """The same as a schedule that an optimizer takes."""

    def __init__(self, peak=0.5, warmup=8):
        self.peak, self.warmup = peak, warmup

    def counts(self, step):
        """What the rise is told of the step, and what the fall is."""
        return step + 1, step + 1

    def __call__(self, step):
        rising, falling = self.counts(ops.cast(step, "float32"))
        fall = ops.sqrt(self.warmup / falling)
        return self.peak * ops.minimum(rising / self.warmup, fall)


sound("schedule of an optimizer", like="InverseSquareRoot")(WarmUp)


@mutant("the rise counts from 1, the fall from 0", like="InverseSquareRoot")
class FallFromZero(WarmUp):
    def counts(self, step):
        return step + 1, ops.maximum(step, 1.0)


@mutant("the rise divided as integers: no rate before the peak", like="schedule")
class WholeSteps(WarmUp):
    def __call__(self, step):
        fall = ops.sqrt(self.warmup / (ops.cast(step, "float32") + 1))
        return self.peak * ops.minimum((step + 1) // self.warmup, fall)


def length(gradients):
    return ops.sqrt(sum(ops.sum(ops.square(part)) for part in gradients))


@sound("clipping", like="clipping")
def clip(gradients, norm):
    factor = ops.minimum(1.0, norm / ops.maximum(length(gradients), 1e-12))
    return [factor * part for part in gradients]


@mutant("each weight clipped by itself: another direction", like="clipping")
def each_by_itself(gradients, norm):
    return [clip([part], norm)[0] for part in gradients]


@mutant("numbers cut off instead of scaled", like="clipping")
def cut_off(gradients, norm):
    return [ops.clip(part, -norm, norm) for part in gradients]


@mutant("short gradients made longer", like="clipping")
def always_scaled(gradients, norm):
    factor = norm / ops.maximum(length(gradients), 1e-12)
    return [factor * part for part in gradients]


@mutant("divided by a length of 0", like="clipping")
def divided_by_zero(gradients, norm):
    factor = norm / length(gradients)
    return [ops.where(factor < 1, factor, factor / factor) * part for part in gradients]


@mutant("compared with the squared length", like="clipping")
def squared(gradients, norm):
    factor = ops.minimum(1.0, norm / ops.maximum(length(gradients) ** 2, 1e-12))
    return [factor * part for part in gradients]

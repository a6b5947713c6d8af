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

"""Laws of a step of training: how long it is.

A schedule is `(step, peak, warmup) → rate`, or one of Keras's that is made with a peak
and a warm-up; clipping is `(gradients, norm) → gradients`, for the gradients of all
weights at once.
"""

import inspect
from typing import Any

import keras
import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import numbers, plain, require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

PEAK, WARMUP = 0.5, 8


def rate(
    schedule: Subject, step: int, peak: float = PEAK, warmup: int = WARMUP
) -> float:
    """The rate of a step, a number."""
    judged = schedule.candidate
    if isinstance(judged, keras.optimizers.schedules.LearningRateSchedule):
        made_anew = _with_peak(judged, peak, warmup)
        # As an optimizer asks: by its counter, which is an integer.
        made = plain(guarded(made_anew, keras.ops.convert_to_tensor(step, "int32")))
    else:
        made = schedule(step=step, peak=peak, warmup=warmup)
    if made.size != 1:
        raise LawBroken(f"a rate is one number, got an array of shape {made.shape}")
    return float(made)


def _with_peak(judged, peak, warmup):
    """Another schedule of the class, all else as it was.

    Raises:
        NotApplicable: If its constructor names no peak and no warm-up.
    """
    names = list(inspect.signature(type(judged)).parameters)
    found = {
        role: name
        for role in ("peak", "warm")
        for name in names
        if role in name.lower()
    }
    if len(found) < 2:
        raise NotApplicable("it is not made with a peak and a warm-up")
    try:
        config = judged.get_config()
    except NotImplementedError:
        config = {}
    known = {name: value for name, value in config.items() if name in names}
    asked = {found["peak"]: peak, found["warm"]: warmup}
    return guarded(type(judged), **{**known, **asked})


def _require_rates(schedule, wanted, **options):
    for step, asked in wanted.items():
        got = rate(schedule, step, **options)
        if not np.isfinite(got) or abs(got - asked) > 1e-4 * asked:
            raise LawBroken(f"at step {step} the rate is {got:.4g}, not {asked:.4g}")


@law("schedule")
def the_rate_rises_in_equal_steps_to_its_peak(schedule: Subject) -> None:
    """With a warm-up of 8 the rates are 1/8, 2/8, … of the peak, up to all of it."""
    _require_rates(schedule, {step: PEAK * (step + 1) / 8 for step in range(8)})


@law("schedule")
def the_first_step_learns(schedule: Subject) -> None:
    """Steps are counted from 0, and step 0 has a rate above 0."""
    got = rate(schedule, 0)
    if not got > 0:
        raise LawBroken(f"the first step has the rate {got:.4g}: it is wasted")


@law("schedule")
def after_the_warm_up_the_rate_falls_with_the_root(schedule: Subject) -> None:
    """Four times as many steps have half the rate, sixteen times as many a quarter."""
    _require_rates(schedule, {31: PEAK / 2, 127: PEAK / 4, 799: PEAK / 10})


@law("schedule")
def peak_and_warm_up_are_those_that_were_asked_for(schedule: Subject) -> None:
    """Another peak scales all rates, another warm-up moves the peak."""
    _require_rates(schedule, {0: 0.4, 4: 2.0, 19: 1.0}, peak=2.0, warmup=5)
    _require_rates(schedule, {0: 2.0, 3: 1.0}, peak=2.0, warmup=1)


def _gradients(scale=1.0):
    return [scale * numbers(2, 3, seed=1), scale * numbers(5, seed=2)]


def _flat(gradients):
    return np.concatenate([np.ravel(part) for part in gradients])


def clipped(clipping: Subject, scale: float, norm: float) -> Any:
    """All numbers of some gradients, after they were clipped, in a row."""
    gradients = _gradients(scale)
    made = clipping(gradients=gradients, norm=norm)
    shapes = [np.shape(part) for part in gradients]
    if not isinstance(made, list | tuple) or [part.shape for part in made] != shapes:
        got = [np.shape(part) for part in made]
        raise LawBroken(f"it was given arrays of shapes {shapes}, and returned {got}")
    return _flat(made)


@law("clipping")
def a_long_gradient_gets_the_length_that_is_allowed(clipping: Subject) -> None:
    """The length over all weights together becomes the norm that was asked for."""
    for norm in (0.5, 2.0):
        length = np.linalg.norm(clipped(clipping, 10.0, norm))
        if not abs(length - norm) < 1e-3 * norm:
            raise LawBroken(f"the length is {show(length)}, it should be {show(norm)}")


@law("clipping")
def a_clipped_gradient_keeps_its_direction(clipping: Subject) -> None:
    """Every number of every weight is multiplied by the same factor."""
    long = _flat(_gradients(10.0))
    factors = clipped(clipping, 10.0, 0.5) / long
    if not np.ptp(factors) < 1e-4 * abs(factors).max():
        low, high = show(factors.min()), show(factors.max())
        raise LawBroken(f"some numbers were multiplied by {low}, others by {high}")


@law("clipping")
def a_short_gradient_stays_as_it_is(clipping: Subject) -> None:
    """What is no longer than allowed is not changed."""
    got, short = clipped(clipping, 0.01, 1.0), _flat(_gradients(0.01))
    require_equal(100 * got, 100 * short, ("number",), "100 × the gradient")


@law("clipping")
def no_gradient_stays_no_gradient(clipping: Subject) -> None:
    """A gradient of zeros stays zeros: nothing is divided by 0."""
    got = clipped(clipping, 0.0, 1.0)
    require_equal(got, 0.0, ("number",), "the gradient")

"""Laws of REINFORCE: `(losses [b], log_probability [b], baseline) → one number`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

KIND = "reinforce_loss"
LOSSES = np.array([0.5, 2.0, 1.0, 4.5], "float32")
CHANCES = np.array([-1.0, -0.25, -3.0, -2.0], "float32")
BASELINE = 1.5


def _slopes(reinforce, baseline):
    def answer(losses, log_probability):
        return reinforce.call(
            losses=losses, log_probability=log_probability, baseline=baseline
        )

    return gradients(answer, [LOSSES, CHANCES], np.float32(1))[0]


def _value(reinforce, **changes: Any):
    given = {"losses": LOSSES, "log_probability": CHANCES, "baseline": BASELINE}
    made = reinforce(**{**given, **changes})
    if made.size != 1:
        raise LawBroken(f"a loss is one number, got an array of shape {made.shape}")
    return float(made.reshape(()))


@law(KIND)
def its_value_is_the_mean_loss(reinforce: Subject) -> None:
    """What is shown is the mean loss, whatever was drawn and whatever the baseline."""
    wanted = float(LOSSES.mean())
    for what, changes in (
        ("", {}),
        ("with draws of another probability ", {"log_probability": 2 * CHANCES}),
        ("with baseline 0 ", {"baseline": 0.0}),
    ):
        if abs(got := _value(reinforce, **changes) - wanted) > 1e-4:
            raise LawBroken(
                f"{what}the value is {show(got + wanted)}, the mean loss {show(wanted)}"
            )


@law(KIND)
def a_draw_is_moved_by_what_its_loss_is_above_the_baseline(reinforce: Subject) -> None:
    """The gradient by a log-probability is (loss - baseline) / b, with that sign."""
    for baseline in (0.0, BASELINE):
        _, slope = _slopes(reinforce, baseline)
        wanted = (LOSSES - baseline) / len(LOSSES)
        what = f"with baseline {baseline:g}, the gradient by the log-probability"
        require_equal(slope, wanted, ("example",), what, 1e-4)


@law(KIND)
def a_loss_has_its_own_gradient_once(reinforce: Subject) -> None:
    """The gradient by a loss is 1 / b: none passes through what rates the draws."""
    slope, _ = _slopes(reinforce, BASELINE)
    wanted = np.full(len(LOSSES), 1 / len(LOSSES))
    require_equal(slope, wanted, ("example",), "the gradient by the loss", 1e-4)

"""Laws of the size of weights: how large they begin, and how they are kept small.

A start is `(rows, columns, activation, seed) → matrix [rows, columns]`, for a layer
that reads what the activation made. A decay is
`(weight, gradients, rate, decay) → weight`: what becomes of a weight in a step of Adam
for each of the gradients.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import numbers, plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

ACTIVATIONS = {"nothing": lambda x: x, "relu": ops.relu, "gelu": ops.gelu}
RATE = 0.125


def started(
    start: Subject, rows: int, columns: int, activation: Any, seed: int = 1
) -> np.ndarray:
    """The matrix that a start makes."""
    asked = {"rows": rows, "columns": columns, "seed": seed}
    made = start(activation=lambda x: plain(activation(x)), **asked)
    if made.shape != (rows, columns):
        raise LawBroken(f"asked for [{rows}, {columns}], it made {made.shape}")
    return made


@law("start")
def a_start_keeps_the_mean_square(start: Subject) -> None:
    """What an activation made of numbers of mean square 1 gives such numbers again."""
    for name, activation in ACTIVATIONS.items():
        for rows, columns in ((512, 256), (256, 512)):
            x = plain(activation(numbers(512, rows)))
            y = x @ started(start, rows, columns, activation)
            square = float(np.mean(y**2))
            if not 0.85 < square < 1.15:
                raise LawBroken(
                    f"{rows} inputs, activation {name}: the mean square is "
                    f"{show(square)}, it should be near 1"
                )


@law("start")
def a_start_has_no_preference(start: Subject) -> None:
    """The weights of every unit are as often above 0 as below, and 0 on average."""
    made = started(start, 512, 256, ops.relu)
    mean = float(np.mean(made) / np.std(made))
    if not abs(mean) < 0.02:
        raise LawBroken(f"the mean is {show(mean)} standard deviations from 0")


@law("start")
def a_start_is_drawn_from_its_seed(start: Subject) -> None:
    """The same seed gives the same numbers, another seed others, and no two units."""
    first, again, other = (started(start, 7, 5, ops.relu, s) for s in (1, 1, 2))
    if not np.array_equal(first, again):
        raise LawBroken("the same seed gave other numbers")
    if np.allclose(first, other) or np.allclose(first[:, 0], first[:, 1]):
        raise LawBroken("two seeds, or two units, have the same numbers")


def decayed(decay: Subject, gradients: Any, share: float, weight: float = 2.0) -> float:
    """What becomes of a weight."""
    asked = {"gradients": gradients, "rate": RATE, "decay": share}
    made = decay(weight=weight, **asked)
    if made.size != 1:
        raise LawBroken(f"a weight is one number, got an array of shape {made.shape}")
    return float(made)


def _require(got, wanted, told):
    if not abs(got - wanted) < 1e-3:
        raise LawBroken(f"{told}, a weight of 2 becomes {got:.4g}, not {wanted:.4g}")


@law("decay")
def without_a_gradient_a_weight_loses_a_share_of_itself(decay: Subject) -> None:
    """With no gradient each step multiplies the weight by 1 − rate · decay."""
    for share in (0.4, 0.8):
        wanted = 2 * (1 - RATE * share) ** 3
        told = f"after 3 steps with rate {RATE}, decay {share} and no gradient"
        _require(decayed(decay, [0.0, 0.0, 0.0], share), wanted, told)


@law("decay")
def without_decay_it_is_a_step_of_adam(decay: Subject) -> None:
    """With decay 0 the first step is as long as the rate, against the gradient."""
    for gradient in (0.5, -300.0):
        wanted = 2 - RATE * np.sign(gradient)
        told = f"after a step with rate {RATE}, no decay and gradient {gradient:g}"
        _require(decayed(decay, [gradient], 0.0), wanted, told)


@law("decay")
def decay_does_not_see_the_gradients_size(decay: Subject) -> None:
    """Gradients a thousand times as large leave the same weight."""
    gradients = [0.3, -0.1, 0.2]
    wanted = decayed(decay, gradients, 0.8)
    got = decayed(decay, [1000 * g for g in gradients], 0.8)
    _require(got, wanted, "with gradients a thousand times as large")

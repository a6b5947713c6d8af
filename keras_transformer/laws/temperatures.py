"""Laws of temperature: `(logits [n, v], temperature) → logits [n, v]`."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import numbers, plain, require_equal, require_shape
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

KIND = "temperature"
ROWS = ("row", "token")


def _chances(logits: Any) -> Any:
    powers = np.exp(np.asarray(logits, "float64") - np.max(logits, -1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def tempered(temper: Subject, logits: Any, temperature: float) -> Any:
    """The probabilities after a temperature, `[n, v]`."""
    made = temper(logits=logits, temperature=temperature)
    require_shape(made, logits.shape, "logits [row, token]")
    return _chances(made)


@law(KIND)
def a_temperature_of_1_changes_nothing(temper: Subject) -> None:
    """With temperature 1 every token is as likely as before."""
    logits = numbers(3, 17, scale=1.5)
    got = tempered(temper, logits, 1.0)
    require_equal(got, _chances(logits), ROWS, "with temperature 1, the probability")


@law(KIND)
def a_temperature_is_a_power_of_the_odds(temper: Subject) -> None:
    """p(v) ∝ p(v)^(1 / temperature): sharper below 1, flatter above."""
    logits = numbers(3, 17, scale=1.5)
    for temperature in (0.5, 2.0):
        wanted = _chances(logits.astype("float64") / temperature)
        what = f"with temperature {temperature:g}, the probability"
        require_equal(tempered(temper, logits, temperature), wanted, ROWS, what)


@law(KIND)
def a_temperature_is_above_0(temper: Subject) -> None:
    """Temperature 0 is refused by name: nothing is divided by it in silence."""
    try:
        with np.errstate(all="ignore"):
            made = plain(temper.candidate(numbers(3, 17), 0.0))
    except ValueError:
        return
    except Exception as error:
        raise LawBroken(
            f"with temperature 0 it raised {type(error).__name__}, not ValueError"
        ) from error
    finite = np.isfinite(np.asarray(made, "float64"))
    if not finite.all():
        raise LawBroken("with temperature 0 the logits are NaN or infinite, unrefused")

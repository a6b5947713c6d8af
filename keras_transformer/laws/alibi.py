"""Laws of what heads take off the scores for distance."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import show
from keras_transformer.laws.law import law
from keras_transformer.laws.positions import LENGTH
from keras_transformer.laws.subject import Subject


def _slopes(heads):
    """As the code of the paper has them."""
    power = 2 ** int(np.log2(heads))
    slopes = 2.0 ** (-8 * np.arange(1, power + 1) / power)
    between = 2.0 ** (-4 * np.arange(1, 2 * power + 1) / power)[::2]
    return np.concatenate([slopes, between[: heads - power]])


@law("position_bias", needs={"alibi"})
def every_step_costs_a_head_its_slope(bias: Subject) -> None:
    """A score loses slope · distance; the slopes are 2^(-8 i / heads), i from 1 on."""
    heads = bias.get("num_heads")
    added = bias(scores=np.zeros((1, heads, LENGTH, LENGTH), "float32"))[0]
    steps = np.abs(np.subtract.outer(np.arange(LENGTH), np.arange(LENGTH)))
    wanted = -_slopes(heads)[:, None, None] * steps
    far = np.abs(added - wanted)
    if far.max() > 5 * bias.tolerance:
        head, t, s = np.unravel_index(np.argmax(far), far.shape)
        raise LawBroken(
            f"head {head} adds {show(added[head, t, s])} at a distance of "
            f"{steps[t, s]}, its slope of {show(_slopes(heads)[head])} takes off "
            f"{show(-wanted[head, t, s])}"
        )

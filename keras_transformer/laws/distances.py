"""Laws of positions that count distances, inside attention, blocks and models."""

import numpy as np

from keras_transformer.laws.attention import BOTH, context, ready
from keras_transformer.laws.blocks import BLOCKS, LENGTH, given, output
from keras_transformer.laws.blocks import ready as block_ready
from keras_transformer.laws.inputs import (
    BATCH,
    CONTEXT,
    KEYS,
    SEQUENCE,
    WIDTH,
    numbers,
    require_equal,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

LATER = 3


@law(*BOTH, *BLOCKS, needs={"counts distances"})
def all_positions_may_shift(judged: Subject) -> None:
    """Behind three hidden positions a sequence is read as at the beginning."""
    if judged.kind in BLOCKS:
        block_ready(judged)
        roles, ask = given(judged), output
        x, length, axes = roles.pop("x"), LENGTH, SEQUENCE
    else:
        x, length, axes = numbers(BATCH, KEYS, WIDTH), KEYS, CONTEXT
        ready(judged, query=x, value=x, key=x)
        roles, ask = {}, context
    later = np.concatenate([numbers(BATCH, LATER, x.shape[-1], seed=9), x], 1)
    mask = np.ones((1, 1, LATER + length), bool)
    mask[..., :LATER] = False

    def asked(x, mask):
        named = {"x": x} if judged.kind in BLOCKS else dict.fromkeys(_SAME, x)
        return ask(judged, **named, **roles, mask=mask)

    require_equal(
        asked(later, mask)[:, LATER:],
        asked(x, mask[..., LATER:]),
        axes,
        f"{LATER} positions later, behind what is hidden, the output",
        20 * judged.tolerance,
    )


_SAME = ("query", "value", "key")

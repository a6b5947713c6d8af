"""Laws of decoder blocks: what they read from the memory, and their cached steps."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.blocks import (
    LENGTH,
    SOURCE,
    given,
    output,
    outputs,
    ready,
    width,
)
from keras_transformer.laws.inputs import (
    BATCH,
    CASES,
    SEQUENCE,
    numbers,
    require_equal,
    require_shape,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


@law("decoder_block")
def hidden_memory_changes_nothing(block: Subject) -> None:
    """Padding in the memory changes no output; a visible token changes all."""
    ready(block)
    roles = given(block)
    mask = np.ones((BATCH, 1, SOURCE), bool)
    mask[:, :, -2:] = False
    cases = [roles]
    for place in (SOURCE - 1, 1):
        memory = roles["memory"].copy()
        memory[:, place] += 5 * numbers(BATCH, width(block), seed=5)
        cases.append({**roles, "memory": memory})
    mask = np.concatenate([mask] * CASES)
    before, hidden, seen = outputs(block, *cases, cross_mask=mask)
    what = "after padding in the memory changed, the output"
    require_equal(hidden, before, SEQUENCE, what, 5 * block.tolerance)
    if np.abs(seen - before).max((0, 2)).min() < 1e-5:
        raise LawBroken("after a visible token of the memory changed, no output did")


@law("decoder_block")
def memory_is_a_set(block: Subject) -> None:
    """The memory's tokens in another order give the same output."""
    ready(block)
    roles = given(block)
    order = np.array([3, 0, 6, 4, 1, 5, 2])
    permuted = {**roles, "memory": roles["memory"][:, order]}
    before, after = outputs(block, roles, permuted)
    what = "after the memory was permuted, the output"
    require_equal(after, before, SEQUENCE, what, 10 * block.tolerance)


@law("decoder_block")
def the_target_asks_and_the_source_answers(block: Subject) -> None:
    """The output has a position for each target position, none for the source's."""
    ready(block)
    roles = given(block)
    for length in (LENGTH, 3):
        roles["x"] = roles["x"][:, :length]
        made = output(block, **roles)
        require_shape(made, roles["x"].shape, "the output")

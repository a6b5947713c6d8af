"""Laws of decoder blocks: what they read from the memory, and their cached steps."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
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
    show,
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


HUGE = np.float32(1e4)  # beside a memory so large, nothing else counts


@law("decoder_block", unless={"hard"})
def the_source_is_asked_with_what_the_target_has_read(block: Subject) -> None:
    """The query of the cross-attention is what self-attention gave, not its input."""
    if block.tolerance > 1e-3:
        raise NotApplicable("half precision has no number so large")
    ready(block)
    memory = HUGE * numbers(BATCH, SOURCE, width(block), seed=1)

    def moved_by(positions):
        """How far the output at position 0 moves with what some positions hold."""
        cases = []
        for seed in range(CASES):
            roles = {**given(block), "memory": memory}
            other = numbers(BATCH, LENGTH, width(block), seed=seed)
            roles["x"][:, positions] = other[:, positions]
            cases.append(roles)
        made = np.stack(outputs(block, *cases))[:, :, 0].astype("float64")
        return np.abs(made - made[:1]).max() / np.abs(made).max()

    if moved_by(slice(0, 1)) < 0.01:
        raise NotApplicable("its scores of a very large memory know no query")
    moved = moved_by(slice(1, None))
    if moved < 0.01:
        raise LawBroken(
            "what a position finds in a very large memory is the same, whatever the "
            f"other positions hold (it moved by {show(100 * moved)} %): the "
            "cross-attention asks with the block's input, not with what self-attention "
            "made of it"
        )


@law("decoder_block")
def every_block_of_a_stack_reads_the_memory(block: Subject) -> None:
    """Each block reads the memory itself: with all others silent it still counts."""
    parts = block.get("blocks")
    if not parts or len(parts) < 2:
        raise NotApplicable("it is no stack")
    for speaking in range(len(parts)):
        ready(block)
        for place, part in enumerate(block.candidate.blocks):
            for weight in part.trainable_weights:
                if place != speaking and len(weight.shape) > 1:
                    weight.assign(np.zeros(weight.shape))
        roles = given(block)
        other = {**roles, "memory": numbers(*roles["memory"].shape, seed=9)}
        before, after = outputs(block, roles, other)
        if (moved := np.abs(after - before).max()) < 1e-4:
            raise LawBroken(
                f"with every block silent but block {speaking}, another memory moved "
                f"the output by {show(moved)}: that block does not read the memory"
            )

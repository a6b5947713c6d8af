"""Laws of blocks: `x [b, t, w] → [b, t, w]`, with a memory for decoder blocks."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import (
    BATCH,
    SEQUENCE,
    filled,
    kept,
    numbers,
    require_equal,
    require_finite,
    require_shape,
    show,
    stacked,
    unstacked,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

LENGTH, SOURCE = 5, 7
BLOCKS = ("encoder_block", "decoder_block")


WIDTHS = (12, 8, 16, 64)
"""Tried where a block does not tell its width: most take that of their input."""


def width(block: Subject) -> int:
    """Width of the sequence that the block reads.

    Raises:
        NotApplicable: If it says none, and takes none that is tried.
    """
    inner = (block.get("blocks") or [block.candidate])[0]
    attention = getattr(inner, "self_attention", None)
    found = getattr(inner, "width", None) or getattr(attention, "width", None)
    return found or block.answered("its width", lambda: _width_that_fits(block))


def _width_that_fits(block):
    if not block.is_layer:
        raise NotApplicable("it has no width")
    said = [getattr(block.reference, "self_attention", None), block.reference]
    # Layers inside that say their own: an attention, or the projection that ends.
    for part in block.candidate._flatten_layers():
        heads = getattr(part, "num_heads", 0) or 0
        said += [part, getattr(part, "key_dim", 0) * heads]
    sizes = [getattr(part, "width", part) for part in said]
    sizes = [size for size in sizes if isinstance(size, int) and size]
    for size in dict.fromkeys([*sizes, *WIDTHS]):
        trial = block.fresh()
        roles = {"x": numbers(BATCH, LENGTH, size)}
        if block.kind == "decoder_block":
            roles["memory"] = numbers(BATCH, SOURCE, size)
        try:
            if output(trial, **roles).shape == roles["x"].shape:
                return size
        except LawBroken:
            continue
    raise NotApplicable("it tells no width, and takes none that was tried")


def given(block: Subject, seed: int | None = 0) -> Any:
    """Inputs by role: a sequence, and a memory for a decoder."""
    roles = {"x": numbers(BATCH, LENGTH, width(block), seed=seed)}
    if block.kind == "decoder_block":
        roles["memory"] = numbers(BATCH, SOURCE, width(block), seed=seed + 1)
    return roles


def output(block: Subject, training: bool = False, **roles: Any) -> Any:
    """The sequence that comes out."""
    roles, sentences = filled(roles)
    made = block(**roles, training=training)
    made = made[0] if isinstance(made, tuple | list) else made
    return kept(made, sentences)


def outputs(block: Subject, *cases: Any, **roles: Any) -> Any:
    """The outputs for several inputs, all asked for in one call, as one batch.

    Args:
        block: What is judged.
        *cases: Inputs by role, at most `CASES`.
        **roles: Masks that all of them share.

    Returns:
        A list of arrays, one for each case.
    """
    return unstacked(output(block, **stacked(cases), **roles), len(cases))


def ready(block: Subject) -> Any:
    """Built, with the same weights every time."""
    return block.built_by(lambda: output(block, **given(block)))


@law(*BLOCKS)
def a_block_keeps_the_shape(block: Subject) -> None:
    """What comes out has the shape of what goes in, and is finite."""
    ready(block)
    roles = given(block)
    made = output(block, **roles)
    require_shape(made, roles["x"].shape, "the output")
    require_finite(made, SEQUENCE, "the output")


@law(*BLOCKS)
def hidden_positions_change_no_other(block: Subject) -> None:
    """What a mask hides may hold anything: no other position's output changes."""
    ready(block)
    roles = given(block)
    mask = np.ones((1, LENGTH, LENGTH), bool)
    mask[:, :, 3] = False
    x = roles["x"].copy()
    x[:, 3] += 5 * numbers(BATCH, width(block), seed=5)
    before, after = outputs(block, roles, {**roles, "x": x}, mask=mask)
    after[:, 3] = before[:, 3]
    what = "position 3 is hidden; after it changed, the output"
    require_equal(after, before, SEQUENCE, what, 5 * block.tolerance)


@law(*BLOCKS)
def no_output_reads_what_a_causal_mask_hides(block: Subject) -> None:
    """Under a causal mask output t does not change when a later position does."""
    ready(block)
    roles, _ = filled(given(block))
    mask = np.tri(LENGTH, dtype=bool)[None]

    def answer(x):
        made = block.call(**{**roles, "x": x}, mask=mask, training=False)
        return made[0] if isinstance(made, tuple | list) else made

    direction = np.zeros(roles["x"].shape, "float32")
    for t in range(LENGTH - 1):  # each sentence asks for another output
        direction[t, t] = numbers(width(block), seed=6)
    (slope,), _ = gradients(answer, [roles["x"]], direction)
    for t in range(LENGTH - 1):
        later = np.abs(slope[t, t + 1 :])
        if later.max() > 0:
            s = t + 1 + int(np.argmax(later.max(1)))
            raise LawBroken(
                f"output {t} has a gradient of {show(later.max())} by input {s}, "
                "which comes later"
            )
        if np.abs(slope[t, : t + 1]).max() == 0:
            raise LawBroken(f"output {t} has no gradient by any input up to {t}")


@law(*BLOCKS, unless={"aware of order"})
def positions_without_order_are_a_set(block: Subject) -> None:
    """Nothing in a block knows order: permuted positions give permuted outputs."""
    ready(block)
    roles = given(block)
    order = np.array([3, 0, 4, 1, 2])
    permuted = {**roles, "x": roles["x"][:, order]}
    before, after = outputs(block, roles, permuted)
    require_equal(
        after,
        before[:, order],
        SEQUENCE,
        "after the positions were permuted, the output",
        10 * block.tolerance,
    )


@law(*BLOCKS)
def a_position_that_sees_only_itself_is_alone(block: Subject) -> None:
    """Nothing but attention mixes positions: normalisation and feed-forward do not."""
    ready(block)
    roles = given(block)
    mask = np.eye(LENGTH, dtype=bool)[None]
    x = roles["x"].copy()
    x[:, 2] += 3 * numbers(BATCH, width(block), seed=5)
    before, after = outputs(block, roles, {**roles, "x": x}, mask=mask)
    if np.abs(after[:, 2] - before[:, 2]).max() < 1e-3:
        raise LawBroken("position 2 changed, and its own output did not")
    after[:, 2] = before[:, 2]
    what = "each position sees only itself; after position 2 changed, the output"
    require_equal(after, before, SEQUENCE, what, 5 * block.tolerance)

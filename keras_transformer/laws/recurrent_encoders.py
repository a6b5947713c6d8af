"""Laws of encoders that read a sentence from both sides.

`(x [b, s, e], mask [b, 1, s]) → memory [b, s, u], final [b, u]`.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    SEQUENCE,
    WIDTH,
    numbers,
    require_equal,
    require_finite,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject

KIND = "recurrent_encoder"
KEPT = 3  # tokens of the shorter sentence
FINAL = ("batch", "feature")


def sentences(seed: int = 0) -> dict[str, Any]:
    """Two sentences, the second padded, with their mask."""
    mask = np.ones((BATCH, 1, KEYS), bool)
    mask[1, :, KEPT:] = False
    return {"x": numbers(BATCH, KEYS, WIDTH, seed=seed), "mask": mask}


def _read(encoder, **roles):
    made = encoder(**roles, training=False)
    if not isinstance(made, tuple | list) or len(made) != 2:
        raise LawBroken("it should return the memory and the final state")
    return made


def _ready(encoder):
    return encoder.built_by(lambda: _read(encoder, **sentences()))


@law(KIND)
def an_encoder_remembers_every_position(encoder: Subject) -> None:
    """There is a memory for each position and a final state, and all are finite."""
    memory, final = _read(encoder, **sentences())
    if memory.shape[:2] != (BATCH, KEYS) or final.shape[:1] != (BATCH,):
        raise LawBroken(
            f"{BATCH} sentences of {KEYS} positions got memory {memory.shape} "
            f"and final state {final.shape}"
        )
    require_finite(memory, SEQUENCE, "the memory")
    require_finite(final, FINAL, "the final state")


@law(KIND)
def a_memory_reads_its_own_token(encoder: Subject) -> None:
    """Every number of a position's memory, from either side, depends on its token."""
    _ready(encoder)
    given = sentences()
    memory, _ = _read(encoder, **given)
    for place in (0, KEYS - 1):
        x = given["x"].copy()
        x[0, place] = 3.0
        other, _ = _read(encoder, **{**given, "x": x})
        still = np.flatnonzero(np.abs(other - memory)[0, place] == 0)
        if len(still):
            raise LawBroken(
                f"after token {place} changed, {len(still)} of {memory.shape[-1]} "
                "numbers of its own memory stayed: is the half that was read from the "
                "other side turned back, so that each state stands at its token?"
            )


@law(KIND)
def an_encoder_reads_no_padding(encoder: Subject) -> None:
    """Padding may hold anything, and a padded sentence is read as without padding."""
    _ready(encoder)
    given = sentences()
    memory, final = _read(encoder, **given)
    x = given["x"].copy()
    x[1, KEPT:] = 9.0
    alone = {"x": given["x"][1:, :KEPT], "mask": given["mask"][1:, :, :KEPT]}
    others = {
        "after padding changed": _read(encoder, **{**given, "x": x}),
        "without its padding": _read(encoder, **alone),
    }
    for what, (other_memory, other_final) in others.items():
        for got, wanted, axes, part in (
            (other_memory[-1:, :KEPT], memory[1:, :KEPT], SEQUENCE, "memory"),
            (other_final[-1:], final[1:], FINAL, "final state"),
        ):
            name = f"{what}, the {part} of sentence 1 (shown as batch 0)"
            require_equal(got, wanted, axes, name, 5 * encoder.tolerance)


@law(KIND)
def every_memory_knows_the_whole_sentence(encoder: Subject) -> None:
    """Every position's memory, and the final state, depend on every position."""
    _ready(encoder)
    given = sentences()
    memory, final = _read(encoder, **given)
    for changed in (0, KEYS - 1):
        x = given["x"].copy()
        x[0, changed] = 3.0
        other_memory, other_final = _read(encoder, **{**given, "x": x})
        moved = np.abs(other_memory - memory)[0].max(-1)
        if moved.min() < 1e-5:
            raise LawBroken(
                f"after token {changed} changed, the memory of position "
                f"{int(moved.argmin())} moved by {show(moved.min())}"
            )
        if (far := np.abs(other_final - final)[0].max()) < 1e-5:
            raise LawBroken(
                f"after token {changed} changed, the final state moved by {show(far)}"
            )


@law(KIND)
def an_encoder_reads_each_sentence_alone(encoder: Subject) -> None:
    """Another sentence in the batch changes nothing."""
    _ready(encoder)
    given = sentences()
    memory, _ = _read(encoder, **given)
    x = given["x"].copy()
    x[1] = numbers(KEYS, WIDTH, seed=9)
    other, _ = _read(encoder, **{**given, "x": x})
    require_equal(
        other[:1],
        memory[:1],
        SEQUENCE,
        "after only sentence 1 changed, the memory of sentence 0",
        encoder.tolerance,
    )

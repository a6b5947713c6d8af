"""Laws of recurrent decoders: they write the target a state at a time.

`start(final [b, u], memory [b, s, u], mask [b, 1, s]) → state`, then for a whole target
`(x [b, t, e], state) → output [b, t, e']`, or `step(x [b, e], state)` by step.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import (
    BATCH,
    KEYS,
    SEQUENCE,
    numbers,
    plain,
    require_equal,
    require_finite,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject

KIND = "recurrent_decoder"
STEPS = 4


def read(decoder: Subject) -> dict[str, Any]:
    """What an encoder hands over, the second sentence shorter; and a target."""
    units, width = decoder.get("units") or 6, decoder.get("width") or 4
    mask = np.ones((BATCH, 1, KEYS), bool)
    mask[1, :, 3:] = False
    return {
        "final": numbers(BATCH, units),
        "memory": numbers(BATCH, KEYS, units, seed=1),
        "memory_mask": mask,
        "x": numbers(BATCH, STEPS, width, seed=2),
    }


def _start(decoder, given):
    parts = (given[name] for name in ("final", "memory", "memory_mask"))
    return guarded(decoder.candidate.start, *parts)


def written(decoder: Subject, **given: Any) -> Any:
    """The outputs for a whole target, `[b, t, e]`."""
    made = guarded(
        decoder.candidate, given["x"], _start(decoder, given), training=False
    )
    return plain(made[0] if isinstance(made, tuple | list) else made)


def _ready(decoder):
    if not decoder.has("start", "step"):
        raise NotApplicable("it has no start and step")
    given = read(decoder)
    decoder.built_by(lambda: written(decoder, **given))
    return given


@law(KIND)
def steps_write_what_the_whole_target_gives(decoder: Subject) -> None:
    """Step by step, each from the state of the one before, the outputs are the same."""
    given = _ready(decoder)
    whole = written(decoder, **given)
    if whole.shape[:2] != (BATCH, STEPS):
        raise LawBroken(f"{BATCH} targets of {STEPS} tokens got shape {whole.shape}")
    require_finite(whole, SEQUENCE, "the output")
    state = _start(decoder, given)
    for t in range(STEPS):
        made, state = guarded(decoder.candidate.step, given["x"][:, t], state)
        what = f"at step {t}, from the state of the step before, the output"
        wanted = whole[:, t]
        axes = ("batch", "feature")
        require_equal(plain(made), wanted, axes, what, 10 * decoder.tolerance)


@law(KIND)
def an_output_reads_the_target_so_far(decoder: Subject) -> None:
    """Output t depends on the first token and on token t, and on no later one."""
    given = _ready(decoder)
    whole = written(decoder, **given)
    for changed in (0, 2):
        x = given["x"].copy()
        x[:, changed] += 3.0
        moved = np.abs(written(decoder, **{**given, "x": x}) - whole).max((0, 2))
        if (early := moved[:changed].max(initial=0)) > 10 * decoder.tolerance:
            raise LawBroken(
                f"after token {changed} changed, an output before it changed by "
                f"{show(early)}: the decoder sees what it must predict"
            )
        if (still := moved[changed:].min()) < 1e-5:
            t = changed + int(moved[changed:].argmin())
            raise LawBroken(
                f"after token {changed} changed, output {t} moved by {show(still)}: "
                "the state does not carry it on"
            )


@law(KIND)
def a_decoder_begins_where_the_encoder_ended(decoder: Subject) -> None:
    """Another final state of the encoder gives another first output."""
    given = _ready(decoder)
    other = {**given, "final": numbers(*given["final"].shape, seed=9)}
    moved = np.abs(written(decoder, **other) - written(decoder, **given))[:, 0].max()
    if moved < 1e-5:
        raise LawBroken(f"another final state moved the first output by {show(moved)}")


@law(KIND, needs={"looks"})
def a_decoder_looks_at_the_visible_memory(decoder: Subject) -> None:
    """Hidden memory changes nothing; each visible state counts, in every output."""
    given = _ready(decoder)
    whole = written(decoder, **given)
    memory = given["memory"].copy()
    memory[1, 3:] = 9.0
    made = written(decoder, **{**given, "memory": memory})
    what = "after hidden memory changed, the output"
    require_equal(made, whole, SEQUENCE, what, 10 * decoder.tolerance)
    memory = given["memory"] + 0
    memory[:, 1] += numbers(BATCH, memory.shape[-1], seed=5)
    moved = np.abs(written(decoder, **{**given, "memory": memory}) - whole)
    if (still := moved.max((0, 2)).min()) < 1e-6:
        raise LawBroken(
            f"after a visible state of the memory changed, an output moved by "
            f"{show(still)}: the decoder does not look at it"
        )


@law(KIND, needs={"looks"})
def what_a_decoder_looks_at_is_a_set(decoder: Subject) -> None:
    """Memory and mask in another order give the same outputs."""
    given = _ready(decoder)
    order = np.array([3, 0, 4, 1, 2])
    other = {
        **given,
        "memory": given["memory"][:, order],
        "memory_mask": given["memory_mask"][..., order],
    }
    what = "after the memory was permuted, the output"
    wanted = written(decoder, **given)
    made = written(decoder, **other)
    require_equal(made, wanted, SEQUENCE, what, 10 * decoder.tolerance)


@law(KIND)
def a_decoder_writes_each_sentence_alone(decoder: Subject) -> None:
    """Another sentence in the batch changes nothing."""
    given = _ready(decoder)
    alone = {name: part[:1] for name, part in given.items()}
    what = "alone, the output of sentence 0"
    wanted = written(decoder, **given)[:1]
    made = written(decoder, **alone)
    require_equal(made, wanted, SEQUENCE, what, 10 * decoder.tolerance)

"""Laws of blocks in training: batches, dropout, gradients."""

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.blocks import BLOCKS, given, output, ready
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import (
    SEQUENCE,
    filled,
    require_equal,
    require_finite,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


@law(*BLOCKS)
def sentences_do_not_mix_in_training(block: Subject) -> None:
    """In training too, a sentence's output does not depend on its batch."""
    calm = block.calm()
    ready(calm)
    roles = given(calm)
    together = output(calm, **roles, training=True)
    alone = output(calm, **{k: v[:1] for k, v in roles.items()}, training=True)
    what = "in training, in a batch of one, the output"
    require_equal(alone, together[:1], SEQUENCE, what, 10 * block.tolerance)


@law(*BLOCKS)
def dropout_rests_in_a_block_at_inference(block: Subject) -> None:
    """Outside training nothing is dropped; in training something is."""
    wet, dry = block.remade(dropout=0.5), block.remade(dropout=0.0)
    for judged in (wet, dry):
        ready(judged)
    roles = given(block)
    wanted = output(dry, **roles)
    got = output(wet, **roles, training=False)
    what = "with dropout 0.5 and training=False, the output"
    require_equal(got, wanted, SEQUENCE, what, block.tolerance)
    if np.abs(output(wet, **roles, training=True) - wanted).max() < 1e-3:
        raise LawBroken("with dropout 0.5 and training=True nothing is dropped")


@law(*BLOCKS)
def gradients_reach_every_weight(block: Subject) -> None:
    """Every weight of the block gets a gradient that is finite and not 0."""
    ready(block)
    roles, _ = filled(given(block))

    def answer(x):
        made = block.call(**{**roles, "x": x}, training=False)
        return made[0] if isinstance(made, tuple | list) else made

    _, slopes = gradients(answer, [roles["x"]], layer=block.candidate)
    for weight, slope in zip(block.candidate.trainable_weights, slopes, strict=True):
        require_finite(slope, (), f"the gradient of {weight.path}")
        # The bias of a key adds the same to all scores of a query: softmax ignores it.
        if np.abs(slope).max() == 0 and "key" not in weight.path:
            raise LawBroken(f"{weight.path} gets no gradient: nothing depends on it")

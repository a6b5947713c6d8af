"""Laws of the residual stream: what passes by the sub-layers, and what they add to it.

Where an input is a thousand times as large, what a sub-layer adds is small beside it,
and a normalisation hides it from the next one: so the parts of a block are told apart
without looking inside.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.blocks import (
    BLOCKS,
    LENGTH,
    given,
    output,
    outputs,
    ready,
    width,
)
from keras_transformer.laws.inputs import (
    BATCH,
    numbers,
    require_equal,
    show,
    values,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.sublayers import normalised

LARGE = 1000.0


def _without_biases(block):
    """Biases at 0, gains of normalisations at 1."""
    for weight in block.candidate.trainable_weights:
        if "bias" in weight.path or len(weight.shape) < 2:
            is_gain = "bias" not in weight.path and round(float(values(weight).mean()))
            weight.assign(np.full(weight.shape, 1.0 if is_gain else 0.0))
    return block


def silence(block: Subject) -> Any:
    """Every matrix at 0 too: the sub-layers add nothing."""
    for weight in _without_biases(block).candidate.trainable_weights:
        if len(weight.shape) > 1:
            weight.assign(np.zeros(weight.shape))
    return block


def _norm(block):
    """`"pre"` or `"post"`, if the reference or the candidate says which."""
    for norm in ("pre", "post"):
        if f"{norm}-norm" in block.traits:
            return norm
    said = block.option("norm")
    # A pre-norm stack ends with a normalisation of its own.
    is_named = isinstance(said, str) and said in ("pre", "post")
    return said if is_named and not block.option("blocks") else None


def _distance(got, *wanted):
    return min(float(np.abs(got - one).max()) for one in wanted)


def _require_pre_norm(block):
    if block.tolerance > 1e-3:
        raise NotApplicable("half precision rounds away what is small in the stream")
    ready(block)
    roles = given(block)
    if _distance(output(silence(block), **roles), roles["x"]) > block.tolerance:
        raise NotApplicable("its stream is normalised on the way")
    ready(block)


@law(*BLOCKS)
def the_input_passes_by_the_sublayers(block: Subject) -> None:
    """With every matrix at 0 the input still comes out: in pre-norm as it is."""
    roles = given(block)
    x = roles["x"]
    begins = output(block, **roles)
    got = output(silence(block), **roles)
    if np.abs(got).max() < 1e-6:
        raise LawBroken("with every matrix at 0 nothing comes out: no residual")
    norm, tolerance = _norm(block), 20 * block.tolerance
    straight, straightened = _distance(got, x), _distance(got, *normalised(x))
    far = {"pre": straight, "post": straightened}.get(norm, min(straight, straightened))
    if far > tolerance:
        wanted = {"pre": "the input", "post": "the input normalised"}
        raise LawBroken(
            f"with every matrix at 0 the output is {show(far)} off "
            + wanted.get(norm, "the input, and off the input normalised")
        )
    if norm is None and straight > tolerance:
        square = (begins.astype("float64") ** 2).mean(-1)
        if (off := np.abs(square - 1).max()) > 0.05 + block.tolerance:
            raise LawBroken(
                "with every matrix at 0 the input comes out normalised; but no "
                "normalisation ends the block, whose outputs have a mean square "
                f"{show(off)} off 1: was the input normalised before it was added?"
            )


@law(*BLOCKS, needs={"post-norm"})
def a_post_norm_block_ends_normalised(block: Subject) -> None:
    """Post-norm normalises the sum: each output has mean 0 and variance 1."""
    made = output(block, **given(block)).astype("float64")
    axes = ("batch", "position", "width")
    means, squares = made.mean(-1, keepdims=True), (made**2).mean(-1, keepdims=True)
    if "root mean square" not in block.traits:
        require_equal(means, 0.0, axes, "before training, the mean of an output", 0.01)
        squares -= means**2
    what = "before training, the variance of an output"
    require_equal(squares, 1.0, axes, what, 0.05)


@law(*BLOCKS)
def what_is_added_does_not_grow_with_the_stream(block: Subject) -> None:
    """In pre-norm every sub-layer reads normalised input, however large the stream."""
    _require_pre_norm(block)
    roles = given(block)
    cases = [{**roles, "x": np.float32(scale) * roles["x"]} for scale in (1, LARGE)]
    added = [
        np.abs(made - case["x"])
        for made, case in zip(outputs(block, *cases), cases, strict=True)
    ]
    if (grown := added[1].max() / added[0].max()) > 30:
        raise LawBroken(
            f"with an input 1,000 times as large, what the block adds is {show(grown)} "
            "times as large: a sub-layer reads what was not normalised"
        )


def _moves(block, *scales):
    """How far output 0 moves when the others change, with input 0 times each scale."""
    cases = []
    for scale in scales:
        for seed in (0, 5):
            roles = given(block)
            roles["x"][:, 1:] = numbers(BATCH, LENGTH - 1, width(block), seed=seed)
            roles["x"][:, 0] *= np.float32(scale)
            cases.append(roles)
    made = [x[:, 0].astype("float64") for x in outputs(block, *cases)]
    return [after - before for before, after in zip(made[::2], made[1::2], strict=True)]


@law(*BLOCKS)
def what_attention_adds_stays_in_the_stream(block: Subject) -> None:
    """The next residual connection carries the input and what attention added to it."""
    _require_pre_norm(block)
    (change,) = _moves(block, LARGE)
    if (moved := np.abs(change).max()) < 0.02:
        raise LawBroken(
            "what one position reads from the others is lost beside a large input "
            f"(the output moved by {show(moved)}): the second residual connection "
            "adds to the block's input, not to the sum of the first"
        )


@law(*BLOCKS, unless={"parallel"})
def the_feed_forward_reads_what_attention_added(block: Subject) -> None:
    """Attention first, then the feed-forward network on top of what attention gave."""
    _require_pre_norm(block)
    small, large = _moves(block, 1.0, LARGE)
    if np.abs(small - large).max() < 0.02:
        raise LawBroken(
            "what one position reads from the others comes out the same, whatever the "
            "feed-forward network does: it reads the block's input, not the sum"
        )


@law(*BLOCKS, needs={"parallel"})
def parallel_sublayers_read_the_same(block: Subject) -> None:
    """In parallel, the feed-forward network does not read what attention gave."""
    _require_pre_norm(block)
    small, large = _moves(block, 1.0, LARGE)
    if (far := np.abs(small - large).max()) > 0.02:
        raise LawBroken(
            "what one position reads from the others comes out another "
            f"(by {show(far)}) beside a large input: the feed-forward network reads "
            "it too"
        )


@law(*BLOCKS)
def between_two_matrices_stands_an_activation(block: Subject) -> None:
    """A feed-forward network without activation would be a single matrix."""
    if block.tolerance > 1e-3:
        raise NotApplicable("half precision rounds away what is small in the stream")
    ready(block)
    _without_biases(block)
    roles = given(block)
    if "memory" in roles:
        roles["memory"] = 0 * roles["memory"]
    # Three normalised inputs, the third a sum of the others: a linear network, and
    # the normalisation after it, keep its output in the plane of the other two.
    one, two = (normalised(numbers(BATCH, width(block), seed=i))[0] for i in (1, 2))
    x = np.stack([one, two, normalised(one + two)[0], one, two], 1).astype("float32")
    alone = np.eye(LENGTH, dtype=bool)[None]
    large = np.float32(LARGE) * x
    made = output(block, **{**roles, "x": large}, mask=alone)
    if np.abs(made).max() > 10 * np.abs(x).max():
        made = made.astype("float64") - large  # pre-norm: what was added
    else:
        made = output(block, **{**roles, "x": x}, mask=alone).astype("float64")
    apart = 0.0
    for first, second, third in made[:, :3]:
        plane = np.stack([first, second], 1)
        nearest = plane @ np.linalg.lstsq(plane, third, rcond=None)[0]
        apart = max(apart, np.abs(third - nearest).max() / np.abs(third).max())
    if apart < 0.02:
        raise LawBroken(
            "the feed-forward network is linear (to within "
            f"{show(100 * apart)} %): there is no activation between its layers"
        )

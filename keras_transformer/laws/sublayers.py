"""Laws of what a block is made of: residual, normalisation, feed-forward network."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken
from keras_transformer.laws.blocks import LENGTH
from keras_transformer.laws.inputs import (
    BATCH,
    SEQUENCE,
    numbers,
    plain,
    require_equal,
    require_shape,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def normalised(x: Any) -> tuple[Any, Any]:
    """Normalised over the width, and the same without taking the mean away."""
    centred = x - x.mean(-1, keepdims=True)
    return (
        centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6),
        x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6),
    )


def nearest(got: Any, wanted: Any) -> Any:
    """Of several arrays the one that another is least far from."""
    return min(wanted, key=lambda one: np.abs(got - one).max())


@law("residual", unless={"both-norm"})
def a_residual_adds_its_input(residual: Subject) -> None:
    """Input and sub-layer's output are added: swapped, they give the same."""
    x, y = numbers(BATCH, LENGTH, 6), numbers(BATCH, LENGTH, 6, seed=1)
    got = residual(x=x, y=y)
    require_shape(got, x.shape, "the sum")
    swapped = residual(x=y, y=x)
    what = "x and y swapped, the sum"
    require_equal(got, swapped, SEQUENCE, what, residual.tolerance)
    far = np.abs(got - nearest(got, (x + y, *normalised(x + y)))).max()
    if far > 10 * residual.tolerance:
        raise LawBroken(
            f"{show(far)} off x + y, and off x + y normalised over its width"
        )


@law("residual", needs={"post-norm"})
def a_post_norm_residual_normalises_the_sum(residual: Subject) -> None:
    """Post-norm: x + y comes out with mean 0 and variance 1 (RMS: mean square 1)."""
    x, y = 3 + 2 * numbers(BATCH, LENGTH, 6), numbers(BATCH, LENGTH, 6, seed=1)
    got = residual(x=x, y=y)
    require_shape(got, x.shape, "the normalised sum")
    wanted = normalised(x + y)["root mean square" in residual.traits]
    what = "against x + y, normalised over its width by hand, the output"
    # Any small epsilon is welcome.
    require_equal(got, wanted, SEQUENCE, what, 0.01 + 10 * residual.tolerance)


@law("residual", needs={"both-norm"})
def a_sandwich_normalises_what_it_adds(residual: Subject) -> None:
    """With norms on both sides x passes as it is, and what is added is normalised."""
    x, y = numbers(BATCH, LENGTH, 6), 3 + 2 * numbers(BATCH, LENGTH, 6, seed=1)
    got = residual(x=x, y=y)
    require_shape(got, x.shape, "the sum")
    what = "against x + y normalised over its width by hand, the output"
    wanted = x + normalised(y)["root mean square" in residual.traits]
    # Any small epsilon is welcome.
    require_equal(got, wanted, SEQUENCE, what, 0.01 + 10 * residual.tolerance)


@law("normalization")
def each_position_is_normalised_over_its_width(layer: Subject) -> None:
    """A position is divided by its root mean square, a centred one by its deviation."""
    x = 2 * numbers(BATCH, LENGTH, 6) + numbers(BATCH, LENGTH, 1, seed=1)
    got = layer(x=x)
    require_shape(got, x.shape, "the output")
    wanted = normalised(x)["root mean square" in layer.traits]
    what = "against the same by hand, the output"
    require_equal(got, wanted, SEQUENCE, what, 0.01 + layer.tolerance)


@law("feed_forward", needs={"gated"})
def a_gate_multiplies_and_closes(network: Subject) -> None:
    """Hidden values times activated ones: twice a large input gives four times it."""
    x = 50 * numbers(BATCH, LENGTH, 6)
    network(x=x)
    network.settled()
    for weight in network.candidate.trainable_weights:
        if len(weight.shape) < 2:
            weight.assign(np.zeros(weight.shape))
    once, twice, opposite = (
        plain(network.call(x=scale * x, training=False)).astype("float64")
        for scale in (1, 2, -1)
    )
    grown = np.abs(twice).max() / np.abs(once).max()
    if not 3.5 < grown < 4.5:
        raise LawBroken(
            f"of twice a large input the output is {show(grown)} times as large, not "
            "4 times: nothing is multiplied by the gate"
        )
    if np.abs(opposite - once).max() < 0.1 * np.abs(once).max():
        raise LawBroken(
            "of x and of -x the output is the same: the gate is never closed, for it "
            "is not activated, or only what it gave is"
        )


@law("feed_forward")
def a_feed_forward_treats_positions_alike(network: Subject) -> None:
    """The same network at every position: permuted positions, permuted outputs."""
    x = numbers(BATCH, LENGTH, 6)
    network(x=x)
    network.settled()
    order = np.array([3, 0, 4, 1, 2])
    before = plain(network.call(x=x, training=False))
    after = plain(network.call(x=x[:, order], training=False))
    what = "after the positions were permuted, the output"
    require_equal(after, before[:, order], SEQUENCE, what, network.tolerance)
    double = plain(network.call(x=2 * x, training=False))
    zero = plain(network.call(x=0 * x, training=False))
    if np.abs(double - 2 * before + zero).max() < 1e-4:
        raise LawBroken("it is linear: there is no activation between the two layers")


@law("feed_forward")
def a_feed_forward_ends_with_a_matrix(network: Subject) -> None:
    """Nothing bends after the second layer: outputs lie on both sides of 0."""
    x = numbers(BATCH, LENGTH, 6)
    network(x=x)
    network.settled()
    made = plain(network.call(x=x, training=False))
    if min(-made.min(), made.max()) < 0.1 * np.abs(made).max():
        raise LawBroken(
            f"all outputs lie between {show(made.min())} and {show(made.max())}: is "
            "there an activation after the second layer too?"
        )

"""Laws of what a block is made of: the residual, the feed-forward network."""

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


@law("residual")
def a_residual_adds_its_input(residual: Subject) -> None:
    """Input and sub-layer's output are added: swapped, they give the same."""
    x, y = numbers(BATCH, LENGTH, 6), numbers(BATCH, LENGTH, 6, seed=1)
    got = residual(x=x, y=y)
    require_shape(got, x.shape, "the sum")
    swapped = residual(x=y, y=x)
    what = "x and y swapped, the sum"
    require_equal(got, swapped, SEQUENCE, what, residual.tolerance)
    total = x + y
    centred = total - total.mean(-1, keepdims=True)
    normal = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
    far = min(np.abs(got - wanted).max() for wanted in (total, normal))
    if far > 10 * residual.tolerance:
        raise LawBroken(
            f"{show(far)} off x + y, and off x + y normalised over its width"
        )


@law("residual", needs={"post-norm"})
def a_post_norm_residual_normalises_the_sum(residual: Subject) -> None:
    """Post-norm: each position of x + y comes out with mean 0 and variance 1."""
    x, y = 3 + 2 * numbers(BATCH, LENGTH, 6), numbers(BATCH, LENGTH, 6, seed=1)
    got = residual(x=x, y=y)
    require_shape(got, x.shape, "the normalised sum")
    centred = x + y - (x + y).mean(-1, keepdims=True)
    wanted = centred / np.sqrt((centred**2).mean(-1, keepdims=True))
    what = "against x + y, normalised over its width by hand, the output"
    # Any small epsilon is welcome.
    require_equal(got, wanted, SEQUENCE, what, 0.01 + 10 * residual.tolerance)


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

"""Laws of dropout: what it leaves alone, and how much it takes."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import BOTH, context, inputs
from keras_transformer.laws.attention import ready as attention_ready
from keras_transformer.laws.blocks import BLOCKS, LENGTH, given, output, ready
from keras_transformer.laws.inputs import (
    BATCH,
    SEQUENCE,
    numbers,
    require_equal,
    show,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.residual_streams import silence
from keras_transformer.laws.subject import Subject


@law("residual", craft=True)
def dropout_spares_the_residual(residual: Subject) -> None:
    """Training drops parts of what a sub-layer adds, never of the input itself."""
    dropping = residual.remade(dropout=0.5)
    x = numbers(BATCH, LENGTH, 6)
    require_equal(
        dropping(x=x, y=0 * x, training=True),
        dropping(x=x, y=0 * x, training=False),
        SEQUENCE,
        "where the sub-layer adds 0, the output of training",
        dropping.tolerance,
    )


@law(*BLOCKS, craft=True)
def dropout_spares_the_stream_of_a_block(block: Subject) -> None:
    """With every matrix at 0 training gives what inference gives: nothing is lost."""
    dropping = ready(block.remade(dropout=0.5))
    silence(dropping)
    roles = given(dropping)
    require_equal(
        output(dropping, training=True, **roles),
        output(dropping, training=False, **roles),
        SEQUENCE,
        "where every sub-layer adds 0, the output of training",
        dropping.tolerance,
    )


SHARES = (0.2, 0.5)
"""At 0.5 what is dropped and what is kept cannot be told apart."""


def _require_share(variances, what):
    """What is dropped with p, and scaled up, has a variance like p / (1 - p)."""
    low, high = variances
    if high < 1e-9:
        raise NotApplicable("nothing shows what is dropped")
    if not 0.15 < low / high < 0.4:
        raise LawBroken(
            f"in training {what} varies {show(low / high)} times as much with dropout "
            "0.2 as with 0.5, it should be 0.25 times (variances go like p / (1 - p)): "
            "another share is dropped than was asked for"
        )


@law("residual")
def a_residual_drops_the_share_that_was_asked_for(residual: Subject) -> None:
    """With dropout 0.2 a fifth of what a sub-layer adds is dropped in training."""
    dropping = residual.remade(dropout=SHARES[0])
    y = 1 + numbers(61, LENGTH, 6) ** 2
    x = np.zeros_like(y)
    if np.abs(dropping(x=x, y=y, training=False) - y).max() > 0.1:
        raise NotApplicable("it normalises what is left")
    share = float((dropping(x=x, y=y, training=True) == 0).mean())
    if abs(share - SHARES[0]) > 0.05:
        raise LawBroken(
            f"with dropout 0.2 a share of {show(share)} is 0 in training: another "
            "share is dropped than was asked for"
        )


@law(*BOTH, unless={"sampled"})
def attention_drops_the_share_that_was_asked_for(attend: Subject) -> None:
    """With dropout 0.2 a fifth of the weights is dropped in training."""
    many = {name: np.repeat(part[:1], 2003, 0) for name, part in inputs().items()}
    variances = []
    for share in SHARES:
        judged = attention_ready(attend.remade(dropout=share))
        made = context(judged, **many, training=True).astype("float64")
        variances.append(float(made.var(0).sum()))
    _require_share(variances, "the context")


@law(*BLOCKS)
def a_block_drops_the_share_that_was_asked_for(block: Subject) -> None:
    """With dropout 0.2 a fifth of what a sub-layer adds is dropped in training."""
    if block.tolerance > 1e-3:
        raise NotApplicable("half precision rounds away what is small in the stream")
    variances = []
    for share in SHARES:
        dropping = ready(block.remade(dropout=share))
        silence(dropping)
        # So a sub-layer adds its last bias only: little, that a norm after it does not
        # bend what is dropped.
        for weight in dropping.candidate.trainable_weights:
            if "bias" in weight.path:
                weight.assign(np.full(weight.shape, 0.05))
        roles = {k: np.repeat(v, 17, 0) for k, v in given(dropping).items()}
        made = [output(dropping, **roles, training=t) for t in (True, False)]
        variances.append(float((made[0] - made[1]).astype("float64").var()))
    _require_share(variances, "the output")

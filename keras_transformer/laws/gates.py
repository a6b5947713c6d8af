"""Laws of gates: what lets through how much of each head's context."""

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import context, inputs, ready
from keras_transformer.laws.inputs import CONTEXT, numbers, require_equal
from keras_transformer.laws.law import law
from keras_transformer.laws.subject import Subject


def _weights(attend):
    """The kernel and the bias of the gates, and the other kernels."""
    weights = attend.candidate.trainable_weights
    gates = [weight for weight in weights if "gate" in weight.path]
    if len(gates) != 2:
        raise NotApplicable("it has no gates with a kernel and a bias")
    return sorted(gates, key=lambda weight: -len(weight.shape))


@law("multi_head", needs={"gated"}, craft=True)
def a_closed_gate_lets_nothing_through(attend: Subject) -> None:
    """With all gates closed no value reaches the output; half open, half of each."""
    ready(attend)
    kernel, bias = _weights(attend)
    given = inputs()
    other = {**given, "value": given["value"] + 5}
    kernel.assign(np.zeros(kernel.shape))

    def moved(height):
        bias.assign(np.full(bias.shape, height))
        return context(attend, **other) - context(attend, **given)

    opened, half, closed = moved(40.0), moved(0.0), moved(-40.0)
    what = "with the gates closed, after the values changed, the change of the output"
    require_equal(closed, 0.0, CONTEXT, what, attend.tolerance)
    what = "with the gates half open, the change of the output"
    require_equal(2 * half, opened, CONTEXT, what, 20 * attend.tolerance)


@law("multi_head", needs={"gated"}, craft=True)
def a_gate_is_asked_by_its_query(attend: Subject) -> None:
    """The gates of a query depend on it alone, and differ from query to query."""
    ready(attend)
    kernel, _ = _weights(attend)
    given = inputs()
    # Equal keys: weights do not depend on the query, only gates are left.
    given["key"] = np.repeat(given["key"][:, :1], given["key"].shape[1], 1)
    kernel.assign(3 * numbers(*kernel.shape))
    made = context(attend, **given)
    if np.abs(made[:, 0] - made[:, 1]).max() < 1e-3:
        raise LawBroken("another query opens the gates no wider")

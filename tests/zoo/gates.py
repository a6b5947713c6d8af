from keras import ops

from keras_transformer.attention import MultiHeadAttention
from zoo import mutant

GATED = MultiHeadAttention(6, 12, head_gates=True)


class Gated(MultiHeadAttention):
    """Six gated heads; each mutant opens them otherwise."""

    def __init__(self, num_heads=6, width=12, head_gates=True, **kwargs):
        super().__init__(num_heads, width, head_gates=head_gates, **kwargs)


@mutant("gate: the first query opens it for all", like=GATED)
class AskedOnce(Gated):
    def _gate(self, x):
        return ops.zeros_like(super()._gate(x)) + super()._gate(x)[:, :, :1]


@mutant("gate: half of every context passes whatever the gate says", like=GATED)
class NeverClosed(Gated):
    def _gate(self, x):
        return 0.5 + 0.5 * super()._gate(x)

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.masks import causal_mask
from keras_transformer.positions import RotaryPositions
from zoo import mutant, sound


class Rotated(MultiHeadAttention):
    """Multi-head attention with rotary positions and a cache.

    It is sound: the tests of the laws ask attention with these options everything.
    """

    def __init__(self, num_heads=6, width=12, positions=None, **kwargs):
        super().__init__(
            num_heads, width, positions=positions or RotaryPositions(), **kwargs
        )


ORDERED = {"aware of order"}


@mutant(
    "cached steps are all turned as position 0",
    like="MultiHeadAttention",
    traits=ORDERED,
)
class StuckPosition(Rotated):
    stuck = False

    def _rotate(self, x, offset):
        return super()._rotate(x, 0 if self.stuck else offset)

    def step(self, *parts, **options):
        self.stuck = True
        try:
            return super().step(*parts, **options)
        finally:
            self.stuck = False


@mutant(
    "the last queries attend to cached keys as if they were the first",
    like="MultiHeadAttention",
    traits=ORDERED,
)
class OffsetUnused(Rotated):
    def attend(self, query, memory, attention_mask=None, offset=0, *rest, **asked):
        return super().attend(query, memory, attention_mask, 0, *rest, **asked)


DISTANCES = {"aware of order", "counts distances"}


class Turned(Rotated):
    """As `Rotated`, named by what its positions count."""


sound("rotary heads", like="MultiHeadAttention", traits=DISTANCES)(Turned)


@mutant(
    "rotary: the query is turned, the key is not",
    like="MultiHeadAttention",
    traits=DISTANCES,
)
class KeyNotTurned(Turned):
    def project(self, value, key=None, offset=0):
        return super().project(value, key, 0 if key is None else -10_000)

    def _rotate(self, x, offset):
        turned = super()._rotate(x, 0 if isinstance(offset, int) else offset)
        is_key = isinstance(offset, int) and offset == -10_000
        return x if is_key else turned


@mutant("use_causal_mask aligned top left, as for a square", like="MultiHeadAttention")
class CausalTopLeft(MultiHeadAttention):
    def __init__(self, num_heads=6, width=12, **kwargs):
        super().__init__(num_heads, width, **kwargs)

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_weights=False,
        training=None,
        use_causal_mask=False,
    ):
        if use_causal_mask:
            attention_mask = causal_mask(query.shape[1], value.shape[1], offset=0)
        return super().call(
            query,
            value,
            key,
            attention_mask=attention_mask,
            return_weights=return_weights,
            training=training,
        )

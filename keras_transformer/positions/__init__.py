"""Positions: what tells attention about order.

| class | where it enters | beyond the trained length |
|---|---|---|
| `SinusoidalPositions` | added to the sequence | defined; no model has seen them |
| `LearnedPositions` | added to the sequence | has no vector: an error |
| `RotaryPositions` | turns queries and keys | defined; unseen are only long distances |
| `RelativePositionBias` | added to the scores | all long distances share a bucket |
| `AlibiPositions` | taken off the scores | defined; far keys fade as before |
| `RelativeVectors` | added to keys and values | all long distances share a vector |
| `PairBias` | added to the scores | has no bias: an error |

The first two are layers of a model, before its first block. The others belong inside
an attention: `MultiHeadAttention(..., positions=RotaryPositions())`. Such a layer has
two methods, of which one does nothing, and any other layer with both serves as well:

- `rotate(x, offset=0)` is given projected queries or keys, float `[b, h, t, d]`, the
  first of which stands at position `offset`, and returns them with their position in
  them;
- `bias(query_length, key_length, offset=0)` returns what is added to the scores, float
  `[h, t, s]`, for queries from position `offset` and keys from position 0 on, or
  `None`.

It may have two methods more, `key_vectors` and `value_vectors`, which take what `bias`
takes and return vectors, float `[t, s, d]`, that are added to the keys, and to the
values, which each query sees.
"""

from keras_transformer.positions.alibi import AlibiPositions, alibi_slopes
from keras_transformer.positions.learned import LearnedPositions
from keras_transformer.positions.pair_bias import PairBias
from keras_transformer.positions.relative import (
    RelativePositionBias,
    distance_bucket,
    distances,
)
from keras_transformer.positions.relative_vectors import RelativeVectors
from keras_transformer.positions.rotary import RotaryPositions, rotate
from keras_transformer.positions.sinusoidal import (
    SinusoidalPositions,
    sinusoidal_positions,
)

__all__ = [
    "AlibiPositions",
    "LearnedPositions",
    "PairBias",
    "RelativePositionBias",
    "RelativeVectors",
    "RotaryPositions",
    "SinusoidalPositions",
    "alibi_slopes",
    "distance_bucket",
    "distances",
    "rotate",
    "sinusoidal_positions",
]

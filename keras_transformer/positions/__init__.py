"""Positions: what tells attention about order.

| class | where it enters | beyond the trained length |
|---|---|---|
| `SinusoidalPositions` | added to the sequence | defined; no model has seen them |
| `LearnedPositions` | added to the sequence | has no vector: an error |
| `RotaryPositions` | turns queries and keys | defined; unseen are only long distances |
| `RelativePositionBias` | added to the scores | all long distances share a bucket |

The first two are layers of a model, before its first block. The last two belong inside
an attention: `MultiHeadAttention(..., positions=RotaryPositions())`. Such a layer has
two methods, of which one does nothing, and any other layer with both serves as well:

- `rotate(x, offset=0)` is given projected queries or keys, float `[b, h, t, d]`, the
  first of which stands at position `offset`, and returns them with their position in
  them;
- `bias(query_length, key_length, offset=0)` returns what is added to the scores, float
  `[h, t, s]`, for queries from position `offset` and keys from position 0 on, or
  `None`.
"""

from keras_transformer.positions.learned import LearnedPositions
from keras_transformer.positions.relative import RelativePositionBias, distance_bucket
from keras_transformer.positions.rotary import RotaryPositions, rotate
from keras_transformer.positions.sinusoidal import (
    SinusoidalPositions,
    sinusoidal_positions,
)

__all__ = [
    "LearnedPositions",
    "RelativePositionBias",
    "RotaryPositions",
    "SinusoidalPositions",
    "distance_bucket",
    "rotate",
    "sinusoidal_positions",
]

"""Attention and Transformers in Keras 3.

What is imported here is pure `keras.ops` and runs on every backend. Text, corpora and
everything from text to text need TensorFlow and are imported by name:

```python
from keras_transformer.translator import Translator
from keras_transformer.experiment import train
```
"""

from keras_transformer import startup as startup  # before anything loads Keras

# isort: split
from keras_transformer.attention import (
    Additive,
    Attention,
    Concat,
    Dot,
    General,
    KeyValue,
    MultiHeadAttention,
    Reinforce,
    Sampled,
    ScaledDot,
    Softmax,
    TopK,
    log_probabilities,
    reinforce_loss,
)
from keras_transformer.decoding import (
    Decodable,
    GreedyDecoder,
    greedy,
)
from keras_transformer.masks import (
    causal_mask,
    combine_masks,
    masked_softmax,
    padding_mask,
)
from keras_transformer.positions import (
    LearnedPositions,
    RelativePositionBias,
    RotaryPositions,
    SinusoidalPositions,
    distance_bucket,
    rotate,
    sinusoidal_positions,
)
from keras_transformer.recurrent import (
    AttentionDecoder,
    BidirectionalEncoder,
    CrossWeights,
    FixedContextDecoder,
    RecurrentSeq2Seq,
)
from keras_transformer.training import (
    InverseSquareRoot,
    LengthBuckets,
    Run,
    SentenceCrossEntropy,
    SmoothedCrossEntropy,
    TokenAccuracy,
    TokenCrossEntropy,
    TrainingConfig,
    smoothed_cross_entropy,
)
from keras_transformer.transformer import (
    AttentionWeights,
    Decoder,
    DecoderBlock,
    DecoderWeights,
    Encoder,
    EncoderBlock,
    FeedForward,
    Residual,
    Transformer,
    TransformerState,
)

__all__ = [
    "Additive",
    "Attention",
    "AttentionDecoder",
    "AttentionWeights",
    "BidirectionalEncoder",
    "Concat",
    "CrossWeights",
    "Decodable",
    "Decoder",
    "DecoderBlock",
    "DecoderWeights",
    "Dot",
    "Encoder",
    "EncoderBlock",
    "FeedForward",
    "FixedContextDecoder",
    "General",
    "GreedyDecoder",
    "InverseSquareRoot",
    "KeyValue",
    "LearnedPositions",
    "LengthBuckets",
    "MultiHeadAttention",
    "RecurrentSeq2Seq",
    "Reinforce",
    "RelativePositionBias",
    "Residual",
    "RotaryPositions",
    "Run",
    "Sampled",
    "ScaledDot",
    "SentenceCrossEntropy",
    "SinusoidalPositions",
    "SmoothedCrossEntropy",
    "Softmax",
    "TokenAccuracy",
    "TokenCrossEntropy",
    "TopK",
    "TrainingConfig",
    "Transformer",
    "TransformerState",
    "causal_mask",
    "combine_masks",
    "distance_bucket",
    "greedy",
    "log_probabilities",
    "masked_softmax",
    "padding_mask",
    "reinforce_loss",
    "rotate",
    "sinusoidal_positions",
    "smoothed_cross_entropy",
]

"""Every part in an exported model, which knows neither its batch nor its lengths."""

import attention_oracles as oracle
import keras
import numpy as np
import pytest

from keras_transformer.attention import (
    Entmax,
    LearnedTemperature,
    MultiHeadAttention,
    QueryKeyNorm,
    Sigmoid,
    SinkSoftmax,
    SoftCap,
    Sparsemax,
    TemperedSoftmax,
    TopK,
)
from keras_transformer.masks import CausalMask, PrefixMask, WindowMask
from keras_transformer.positions import (
    AlibiPositions,
    PairBias,
    RelativeVectors,
    RotaryPositions,
)

HEADS, WIDTH = 6, 24
OPTIONS = {
    "cap, temperature": {"score": SoftCap(3.0, LearnedTemperature())},
    "QK-norm, tempered": {"score": QueryKeyNorm(), "weighting": TemperedSoftmax(0.5)},
    "sink, ALiBi": {"weighting": SinkSoftmax(), "positions": AlibiPositions(HEADS)},
    "sigmoid, vectors": {"weighting": Sigmoid(), "positions": RelativeVectors(2)},
    "sparsemax, pairs": {"weighting": Sparsemax(), "positions": PairBias(HEADS, 9)},
    "entmax, half rotary": {
        "weighting": Entmax(),
        "positions": RotaryPositions(share=0.5),
    },
    "many best, NTK": {
        "weighting": TopK(9, renormalize=True),
        "positions": RotaryPositions(scaling="ntk", stretch=2.0),
    },
    "gates": {"head_gates": True, "num_key_value_heads": 2},
}


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow saves and runs it"
)
@pytest.mark.parametrize("name", OPTIONS)
def test_an_exported_model_computes_the_same(name, tmp_path):
    import tensorflow as tf

    x = keras.Input((None, WIDTH))
    layer = MultiHeadAttention(HEADS, WIDTH, **OPTIONS[name])
    rule = PrefixMask(2) & WindowMask(3)
    y = layer(x, x, attention_mask=rule)
    model = keras.Model(x, layer(y, x, attention_mask=CausalMask()))
    model.export(tmp_path, verbose=False)
    served = tf.saved_model.load(tmp_path)
    for length in (5, 8):
        given = oracle.numbers(2, length, WIDTH)
        np.testing.assert_allclose(served.serve(given), model(given), atol=1e-5)

"""The Transformers that are compared: ours, one of Keras's layers, one of keras-hub's.

Each has the same sizes, pre-norm, one embedding for source, target and output,
sinusoidal positions, dropout on the embeddings, the attention weights and after each
sub-layer, and the same optimizer. Inputs are `{"source", "target"}`, outputs logits.
"""

import keras
from keras import ops

from keras_transformer.models import Transformer
from keras_transformer.positions import SinusoidalPositions
from keras_transformer.training import SmoothedCrossEntropy


def ours(size: dict) -> tuple[keras.Model, keras.losses.Loss]:
    """This package's model and loss."""
    model = Transformer(
        size["vocabulary"],
        size["vocabulary"],
        width=size["width"],
        num_layers=size["layers"],
        num_heads=size["heads"],
        hidden_width=size["hidden"],
        dropout=size["dropout"],
        attention_dropout=size["dropout"],
        share_embeddings=True,
        seed=1,
    )
    return model, SmoothedCrossEntropy()


def _functional(size, encoder_block, decoder_block):
    """A model of blocks `(x, mask)` and `(x, memory, mask)`, as users write it."""
    source = keras.Input((size["length"],), dtype="int32", name="source")
    target = keras.Input((size["length"],), dtype="int32", name="target")
    embedding = keras.layers.ReversibleEmbedding(size["vocabulary"], size["width"])
    mask = ops.not_equal(source, 0)

    def embed(tokens):
        x = keras.layers.Rescaling(size["width"] ** 0.5)(embedding(tokens))
        return keras.layers.Dropout(size["dropout"])(SinusoidalPositions()(x))

    x = embed(source)
    for _ in range(size["layers"]):
        x = encoder_block(x, mask)
    memory = keras.layers.LayerNormalization()(x)
    x = embed(target)
    for _ in range(size["layers"]):
        x = decoder_block(x, memory, mask)
    logits = embedding(keras.layers.LayerNormalization()(x), reverse=True)
    model = keras.Model({"source": source, "target": target}, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    return model, loss


def keras_layers(size: dict) -> tuple[keras.Model, keras.losses.Loss]:
    """The same model of `keras.layers` only."""
    width, dropout = size["width"], size["dropout"]

    def attend(x, value=None, **masks):
        inner = keras.layers.LayerNormalization()(x)
        value = inner if value is None else value
        attention = keras.layers.MultiHeadAttention(
            size["heads"], width // size["heads"], dropout=dropout
        )
        inner = attention(inner, value, **masks)
        return x + keras.layers.Dropout(dropout)(inner)

    def process(x):
        inner = keras.layers.LayerNormalization()(x)
        inner = keras.layers.Dense(size["hidden"], activation="relu")(inner)
        inner = keras.layers.Dense(width)(inner)
        return x + keras.layers.Dropout(dropout)(inner)

    def encoder_block(x, mask):
        return process(attend(x, attention_mask=ops.expand_dims(mask, 1)))

    def decoder_block(x, memory, mask):
        x = attend(x, use_causal_mask=True)
        return process(attend(x, memory, attention_mask=ops.expand_dims(mask, 1)))

    return _functional(size, encoder_block, decoder_block)


def keras_hub_layers(size: dict) -> tuple[keras.Model, keras.losses.Loss]:
    """The same model of keras-hub's encoder and decoder layers."""
    import keras_hub

    options = {
        "intermediate_dim": size["hidden"],
        "num_heads": size["heads"],
        "dropout": size["dropout"],
        "normalize_first": True,
    }

    def encoder_block(x, mask):
        return keras_hub.layers.TransformerEncoder(**options)(x, padding_mask=mask)

    def decoder_block(x, memory, mask):
        block = keras_hub.layers.TransformerDecoder(**options)
        return block(x, memory, encoder_padding_mask=mask)

    return _functional(size, encoder_block, decoder_block)


MODELS = {"ours": ours, "keras": keras_layers, "keras-hub": keras_hub_layers}

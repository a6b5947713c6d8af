# %% [markdown]
"""# Attention layers in a functional Keras model.

Does a sentence hold a word and its opposite? A small model that compares all words with
each other: the layers of `keras_transformer` between those of Keras, `compile`, `fit`,
callbacks, `save`. It runs on every backend: `KERAS_BACKEND=jax python keras_user.py`.
"""

# %%
import keras
import numpy as np

from keras_transformer import Additive, Attention, MultiHeadAttention

VOCABULARY, LENGTH, WIDTH = 12, 8, 32
keras.utils.set_random_seed(1)

# %% [markdown]
# ## Data
#
# Sentences of 2 to 6 words, padded with 0. The opposite of word 1 is word 11, that of 2
# is 10, and so on; word 6 has none.


# %%
def sentences(count, seed):
    """Sentences, one a row, and whether each holds a word and its opposite."""
    random = np.random.default_rng(seed)
    x = random.integers(1, VOCABULARY, (count, LENGTH))
    x[np.arange(LENGTH) >= random.integers(2, 7, (count, 1))] = 0
    words = np.arange(1, VOCABULARY // 2)
    held = (x[:, :, None] == words).any(1) & (x[:, :, None] == VOCABULARY - words).any(
        1
    )
    return x.astype("int32"), held.any(1).astype("float32")


x_train, y_train = sentences(2000, seed=2)
x_test, y_test = sentences(400, seed=3)

# %% [markdown]
# ## Model
#
# `mask_zero=True` marks the padding; every layer after it, ours too, is told of it.

# %%
words = keras.Input((None,), dtype="int32", name="words")
x = keras.layers.Embedding(VOCABULARY, WIDTH, mask_zero=True)(words)
compared = MultiHeadAttention(num_heads=4, width=WIDTH, name="self_attention")(x, x)
x = keras.layers.Add()([x, compared])
x = keras.layers.LayerNormalization()(x)
mean = keras.layers.GlobalAveragePooling1D(keepdims=True)(x)
summary = Attention(score=Additive(WIDTH), name="pooling")(mean, x)
summary = keras.layers.Dense(WIDTH, "relu")(keras.layers.Flatten()(summary))
opposed = keras.layers.Dense(1, "sigmoid", name="opposed")(summary)
model = keras.Model(words, opposed)
model.summary()

# %% [markdown]
# ## Training

# %%
model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
callbacks = [
    keras.callbacks.EarlyStopping("val_loss", patience=4),
    keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=2),
    keras.callbacks.ModelCheckpoint("best.keras", "val_loss", save_best_only=True),
    keras.callbacks.CSVLogger("log.csv"),
    keras.callbacks.TerminateOnNaN(),
]
data, held_out = (x_train, y_train), (x_test, y_test)
model.fit(*data, validation_data=held_out, epochs=8, verbose=2, callbacks=callbacks)

# %% [markdown]
# ## Saving
#
# The file holds the layers by name: importing `keras_transformer` is all that loading
# needs, on another backend too.

# %%
model.save("opposed.keras")
again = keras.saving.load_model("opposed.keras")
np.testing.assert_allclose(
    again.predict(x_test, verbose=0), model.predict(x_test, verbose=0), atol=1e-6
)
again.evaluate(x_test, y_test, verbose=2)

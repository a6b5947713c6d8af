# %% [markdown]
"""# A weighting of your own.

Attention is a score, a weighting and heads; each is a layer that you may replace. Here
the softmax goes: weights are squared, rectified scores. The laws say whether the layer
keeps what every weighting must keep, then a model trains with it.
"""

# %%
import keras
import numpy as np
from keras import ops

from keras_transformer import Attention, MultiHeadAttention
from keras_transformer.laws import check

VOCABULARY, LENGTH, WIDTH = 12, 8, 32
keras.utils.set_random_seed(1)

# %% [markdown]
# ## The layer
#
# A weighting is called with scores `[..., t, s]` and a mask that broadcasts to them,
# `True` = keep, or `None`. Hidden keys get exactly 0, whatever they score; a query
# that sees no key gets zeros. Sums are float32: half precision hands in float16.


# %%
@keras.saving.register_keras_serializable(package="guide")
class Rectified(keras.layers.Layer):
    """Squared ReLU: a key that scores below 0 gets nothing, the others do not compete.

    `weights[t, s] = max(0, scores[t, s])² / number of keys that t sees`
    """

    def call(self, scores, attention_mask=None):
        exact = ops.cast(scores, "float32")
        seen = ops.ones_like(exact)
        if attention_mask is not None:
            # First of all: what is hidden may be NaN, and 0 · NaN is NaN.
            exact = ops.where(attention_mask, exact, 0.0)
            seen = ops.where(attention_mask, seen, 0.0)
        count = ops.maximum(ops.sum(seen, axis=-1, keepdims=True), 1.0)
        return ops.cast(ops.square(ops.relu(exact)) / count, scores.dtype)

    def compute_output_shape(self, scores_shape):
        return scores_shape


# %% [markdown]
# ## The laws
#
# They are those of weightings whose rows need not sum to 1; those that sum to 1 are
# `like="soft_weighting"`. With `craft=True` saving and half precision are asked too.

# %%
report = check(Rectified(), like="absolute_weighting", craft=True)
assert report.ok

# %% [markdown]
# A mistake, and what the laws see of it: padding counts.


# %%
def padding_counts(scores, mask=None):
    """The same, divided by the number of all keys."""
    exact = scores if mask is None else ops.where(mask, scores, 0.0)
    return ops.square(ops.relu(exact)) / scores.shape[-1]


wrong = check(padding_counts, like="absolute_weighting", show=False)
print(wrong.headline)
for law, saw in wrong.broken.items():
    print(f"  {law.replace('_', ' ')}: {saw}")

# %% [markdown]
# Inside an attention it obeys the laws of attention, with heads and without.

# %%
for attend in (
    Attention(weighting=Rectified()),
    MultiHeadAttention(4, 12, weighting=Rectified(), num_key_value_heads=2),
):
    report = check(attend, like=attend, craft=True, show=False)
    print(report.headline)
    assert report.ok

# %% [markdown]
# ## A model
#
# Does a sentence hold a word and its opposite? The opposite of word 1 is word 11, that
# of 2 is 10, and so on; word 6 has none. 0 is padding.


# %%
def sentences(count, seed):
    """Sentences, one a row, and whether each holds a word and its opposite."""
    random = np.random.default_rng(seed)
    x = random.integers(1, VOCABULARY, (count, LENGTH))
    x[np.arange(LENGTH) >= random.integers(2, 7, (count, 1))] = 0
    words = np.arange(1, VOCABULARY // 2)
    held = [(x[:, :, None] == word).any(1) for word in (words, VOCABULARY - words)]
    return x.astype("int32"), (held[0] & held[1]).any(1).astype("float32")


x_train, y_train = sentences(2000, seed=2)
x_test, y_test = sentences(400, seed=3)

words = keras.Input((None,), dtype="int32", name="words")
x = keras.layers.Embedding(VOCABULARY, WIDTH, mask_zero=True)(words)
layer = MultiHeadAttention(4, WIDTH, weighting=Rectified(), name="self_attention")
x = keras.layers.LayerNormalization()(keras.layers.Add()([x, layer(x, x)]))
x = keras.layers.Dense(WIDTH, "relu")(x)
x = keras.layers.GlobalAveragePooling1D()(x)
model = keras.Model(words, keras.layers.Dense(1, "sigmoid", name="opposed")(x))
model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
held_out = (x_test, y_test)
model.fit(x_train, y_train, validation_data=held_out, epochs=14, verbose=2)

# %% [markdown]
# ## Saving

# %%
model.save("rectified.keras")
again = keras.saving.load_model("rectified.keras")
np.testing.assert_allclose(
    again.predict(x_test, verbose=0), model.predict(x_test, verbose=0), atol=1e-6
)

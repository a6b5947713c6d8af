import keras
from keras import ops

from zoo import mutant, sound


def products(query, key):
    return ops.einsum("...td,...sd->...ts", query, key)


@sound("scaled dot product", like="ScaledDot")
def scaled(query, key):
    return products(query, key) / query.shape[-1] ** 0.5


@mutant(
    "√d forgotten",
    like="ScaledDot",
    seen="delzac/cntkx#10; mlc-ai/mlc-llm#3426",
)
def unscaled(query, key):
    return products(query, key)


@mutant("multiplied by √d instead of divided", like="ScaledDot")
def multiplied(query, key):
    return products(query, key) * query.shape[-1] ** 0.5


@mutant("divided by d instead of √d", like="ScaledDot")
def divided_by_the_width(query, key):
    return products(query, key) / query.shape[-1]


@mutant("scaled twice: the query first, then the product", like="ScaledDot")
def scaled_twice(query, key):
    return scaled(query / query.shape[-1] ** 0.5, key)


@mutant("scaled by the root of the number of keys", like="ScaledDot")
def scaled_by_the_length(query, key):
    return products(query, key) / key.shape[-2] ** 0.5


@mutant("query and key axes swapped in the result", like="ScaledDot")
def transposed(query, key):
    return ops.einsum("btd,bsd->bst", query, key) / query.shape[-1] ** 0.5


@mutant("reshaped instead of transposed", like="Dot")
def reshaped(query, key):
    batch, keys, width = key.shape
    return ops.matmul(query, ops.reshape(key, (batch, width, keys)))


@mutant("batch axis summed away: every sentence scores the keys of all", like="Dot")
def batches_mixed(query, key):
    return ops.einsum("btd,csd->bts", query, key)


class Network(keras.layers.Layer):
    """An additive score."""

    def build(self, query_shape, key_shape):
        width = query_shape[-1]
        self.query_kernel = self.add_weight(shape=(width, 3), name="query")
        self.key_kernel = self.add_weight(shape=(width, 3), name="key")
        self.vector = self.add_weight(
            shape=(3,), name="vector", initializer="random_normal"
        )

    def hidden(self, query, key):
        query = ops.expand_dims(ops.matmul(query, self.query_kernel), -2)
        return query, ops.expand_dims(ops.matmul(key, self.key_kernel), -3)

    def call(self, query, key):
        query, key = self.hidden(query, key)
        return ops.sum(ops.tanh(query + key) * self.vector, -1)


sound("additive score", like="Additive")(Network)


@mutant("additive score without tanh: softmax cancels the query", like="Additive")
class WithoutTanh(Network):
    def call(self, query, key):
        query, key = self.hidden(query, key)
        return ops.sum((query + key) * self.vector, -1)


@mutant("tanh on each side before the sum: softmax cancels the query", like="Additive")
class TanhTooEarly(Network):
    def call(self, query, key):
        query, key = self.hidden(query, key)
        return ops.sum((ops.tanh(query) + ops.tanh(key)) * self.vector, -1)


@mutant("tanh after the sum with v: all queries order the keys alike", like="Additive")
class TanhTooLate(Network):
    def call(self, query, key):
        query, key = self.hidden(query, key)
        return ops.tanh(ops.sum((query + key) * self.vector, -1))


@mutant("sigmoid in the place of tanh", like="Additive")
class Sigmoid(Network):
    def call(self, query, key):
        query, key = self.hidden(query, key)
        return ops.sum(ops.sigmoid(query + key) * self.vector, -1)


@mutant("one matrix for query and key", like="Additive")
class OneMatrix(Network):
    def hidden(self, query, key):
        query = ops.expand_dims(ops.matmul(query, self.query_kernel), -2)
        return query, ops.expand_dims(ops.matmul(key, self.query_kernel), -3)


@mutant("softmax taken in the score already", like="Additive")
class WeighedAlready(Network):
    def call(self, query, key):
        return ops.softmax(super().call(query, key), axis=-1)


@mutant("query and key concatenated along time instead of features", like="Linear")
class ConcatenatedInTime(keras.layers.Layer):
    def build(self, query_shape, key_shape):
        self.kernel = self.add_weight(shape=(query_shape[-1], key_shape[-2]))

    def call(self, query, key):
        joined = ops.concatenate([query, key], axis=-2)
        return ops.matmul(joined, self.kernel)[..., : query.shape[-2], :]


@mutant("cosine instead of the dot product", like="Dot")
def cosine(query, key):
    return products(query, key) / ops.norm(query, axis=-1, keepdims=True)


@mutant("a score for two axes only: heads do not fit", like="Dot")
class ThreeAxesOnly(keras.layers.Layer):
    def call(self, query, key):
        return ops.einsum("btd,bsd->bts", query, key)


@mutant("scaled after the product: float16 overflows before", like="ScaledDot")
class ScaledTooLate(keras.layers.Layer):
    def call(self, query, key):
        return products(query, key) / query.shape[-1] ** 0.5


@mutant("the position of a key is in its score", like="Dot")
def prefers_the_first(query, key):
    return products(query, key) - 0.5 * ops.arange(key.shape[-2], dtype="float32")


@mutant("an option is not in the config: a saved layer is another", like="Dot")
class ForgetsAnOption(keras.layers.Layer):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, query, key):
        return self.scale * products(query, key)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale * 1.5}


@mutant("weights made in call: they are not in the file", like="Bilinear")
class MadeInCall(keras.layers.Layer):
    def call(self, query, key):
        if not hasattr(self, "kernel"):
            numbers = keras.random.normal((query.shape[-1], key.shape[-1]))
            self.kernel = ops.convert_to_numpy(numbers)
        return products(ops.matmul(query, self.kernel), key)


@mutant("keys taken as constants: they are never trained", like="ScaledDot")
def constant_keys(query, key):
    return scaled(query, ops.stop_gradient(key))

import keras
from keras import ops

from keras_transformer.masks import masked_softmax, seen_keys, without_unseen
from zoo import mutant, sound


class Heads(keras.layers.Layer):
    """Multi-head attention; each mutant replaces one step."""

    def __init__(self, num_heads=6, width=12, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.width = width
        self.size = width // num_heads
        self.projections = [
            keras.layers.Dense(
                width, kernel_initializer=self.initializer(), dtype=self.dtype_policy
            )
            for _ in range(4)
        ]

    def initializer(self):
        return "glorot_uniform"

    def build(self, query_shape, value_shape, key_shape=None):
        shapes = query_shape, key_shape or value_shape, value_shape
        for projection, shape in zip(self.projections, shapes, strict=False):
            projection.build(shape)
        self.projections[3].build((*query_shape[:-1], self.width))

    def split(self, x):
        x = ops.reshape(x, (-1, x.shape[1], self.num_heads, self.size))
        return ops.transpose(x, (0, 2, 1, 3))

    def merge(self, x):
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(x, (-1, x.shape[1], self.width))

    def root(self):
        return self.size**0.5

    def finish(self, x):
        return self.projections[3](x)

    def spread(self, mask):
        return ops.expand_dims(mask, 1)

    def call(self, query, value, key=None, attention_mask=None, return_weights=False):
        key = value if key is None else key
        if attention_mask is not None:
            key, value = without_unseen(seen_keys(attention_mask), key, value)
        inputs = query, key, value
        query, key, value = (
            self.split(projection(x))
            for projection, x in zip(self.projections, inputs, strict=False)
        )
        mask = None if attention_mask is None else self.spread(attention_mask)
        scores = ops.einsum("bhtd,bhsd->bhts", query, key) / self.root()
        weights = masked_softmax(scores, mask)
        context = ops.einsum("bhts,bhsd->bhtd", weights, value)
        output = self.finish(self.merge(context))
        return (output, weights) if return_weights else output


REFERENCE = {"soft", "softmax", "a scaled dot product"}
sound("multi-head attention", like="MultiHeadAttention", traits=REFERENCE)(Heads)


def heads(name, seen=""):
    return mutant(name, like="MultiHeadAttention", seen=seen, traits=REFERENCE)


@heads("heads split by reshape alone, without transpose", "reczoo/FuxiCTR#30")
class SplitWithoutTranspose(Heads):
    def split(self, x):
        return ops.reshape(x, (-1, self.num_heads, x.shape[1], self.size))


@heads(
    "heads merged by reshape alone, without transpose",
    "jsbaan/transformer-from-scratch#6; "
    "jadore801120/attention-is-all-you-need-pytorch#7",
)
class MergedWithoutTranspose(Heads):
    def merge(self, x):
        return ops.reshape(x, (-1, x.shape[2], self.width))


@heads(
    "√ of the model's width instead of the head's",
    "aladdinpersson/Machine-Learning-Collection#159; omihub777/ViT-CIFAR#12",
)
class RootOfTheModel(Heads):
    def root(self):
        return self.width**0.5


@heads("no root at all inside the heads", "mlc-ai/mlc-llm#3426")
class NoRoot(Heads):
    def root(self):
        return 1.0


@heads("query and value swapped: the source asks, the target answers")
class QueryAndValueSwapped(Heads):
    def call(self, query, value, key=None, attention_mask=None, return_weights=False):
        return super().call(
            ops.pad(value, ((0, 0), (0, 0), (0, 0)))[..., : query.shape[-1]],
            ops.concatenate([query, query], -1)[..., : value.shape[-1]],
            query,
            None,
            return_weights,
        )


@heads("value projected as key, key as value")
class KeyAndValueSwapped(Heads):
    def call(self, query, value, key=None, attention_mask=None, return_weights=False):
        if key is None or key.shape[-1] == value.shape[-1]:
            return super().call(query, key, value, attention_mask, return_weights)
        pad = ((0, 0), (0, 0), (0, value.shape[-1] - key.shape[-1]))
        return super().call(
            query,
            ops.pad(key, pad),
            value[..., : key.shape[-1]],
            attention_mask,
            return_weights,
        )


@heads(
    "one initializer instance for every projection: they begin equal",
    "keras-team/keras-hub#352",
)
class OneInitializer(Heads):
    def initializer(self):
        if not hasattr(self, "shared"):
            self.shared = keras.initializers.GlorotUniform()
        return self.shared


@heads(
    "mask repeated for heads in another order than the heads were stacked",
    "lsdefine/attention-is-all-you-need-keras#36",
)
class MaskOfAnotherSentence(Heads):
    def spread(self, mask):
        return ops.expand_dims(ops.flip(mask, 0), 1)


@heads(
    "one projection shared by all heads",
    "MarcoMeter/episodic-transformer-memory-ppo#22",
)
class SharedByAllHeads(Heads):
    def split(self, x):
        first = ops.reshape(x, (-1, x.shape[1], self.num_heads, self.size))[:, :, :1]
        return ops.transpose(ops.repeat(first, self.num_heads, 2), (0, 2, 1, 3))


@heads("softmax over the heads")
class SoftmaxOverHeads(Heads):
    def call(self, query, value, key=None, attention_mask=None, return_weights=False):
        key = value if key is None else key
        if attention_mask is not None:
            key, value = without_unseen(seen_keys(attention_mask), key, value)
        inputs = query, key, value
        query, key, value = (
            self.split(projection(x))
            for projection, x in zip(self.projections, inputs, strict=False)
        )
        scores = ops.einsum("bhtd,bhsd->bhts", query, key) / self.root()
        if attention_mask is not None:
            scores = ops.where(self.spread(attention_mask), scores, -1e9)
        weights = ops.softmax(scores, axis=1)
        context = ops.einsum("bhts,bhsd->bhtd", weights, value)
        output = self.finish(self.merge(context))
        return (output, weights) if return_weights else output


@heads("output projection built, and forgotten in the call")
class WithoutOutputProjection(Heads):
    def finish(self, x):
        return x


@heads("every head as wide as the model: h heads cost h times as much")
class WideHeads(Heads):
    def __init__(self, num_heads=6, width=12, **kwargs):
        super().__init__(num_heads, num_heads * width, **kwargs)
        self.outer = keras.layers.Dense(width)
        self.inner, self.width = self.width, width

    def build(self, query_shape, value_shape, key_shape=None):
        self.width = self.inner
        super().build(query_shape, value_shape, key_shape)

    def finish(self, x):
        return self.projections[3](x)


@heads("seeded initializer cloned with its seed: projections begin equal")
class SeededAlike(Heads):
    def __init__(
        self, num_heads=6, width=12, kernel_initializer="glorot_uniform", **kwargs
    ):
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        super().__init__(num_heads, width, **kwargs)

    def initializer(self):
        return self.kernel_initializer.clone()

    def get_config(self):
        config = keras.layers.Layer.get_config(self)
        initializer = keras.initializers.serialize(self.kernel_initializer)
        return {
            **config,
            "num_heads": self.num_heads,
            "width": self.width,
            "kernel_initializer": initializer,
        }


@heads("answers in float32, whatever the policy")
class NeverCastBack(Heads):
    def finish(self, x):
        return ops.cast(super().finish(x), "float32")

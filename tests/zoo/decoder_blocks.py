import keras

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.attention.scores import ScaledDot
from keras_transformer.attention.weightings import Softmax
from zoo import mutant, sound
from zoo.blocks import PRE, Block


class Reader(Block):
    """A decoder block: self-attention, then attention to a memory."""

    def __init__(self, width=12, dropout=0.0, **kwargs):
        super().__init__(width, dropout, **kwargs)
        self.cross = MultiHeadAttention(
            3, width, score=ScaledDot(), weighting=Softmax()
        )
        self.between = self.normalization()

    def build(self, x_shape, memory_shape):
        super().build(x_shape)
        self.between.build(x_shape)
        self.cross.build(x_shape, memory_shape)

    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, memory, attention_mask=memory_mask)

    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        x = self.join(x, self.first, lambda y: self.attend(y, attention_mask), training)
        x = self.join(
            x,
            self.between,
            lambda y: self.read(y, memory, attention_mask, cross_attention_mask),
            training,
        )
        return self.join(x, self.second, self.feed, training)


sound("decoder block", like="decoder_block", traits=PRE)(Reader)


def reader(name, seen=""):
    return mutant(name, like="decoder_block", seen=seen, traits=PRE)


@reader(
    "the source is masked with the target's mask",
    "keras-team/keras-io#1964; keras-team/keras-io#1046",
)
class MaskOfTheTarget(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        mask = self_mask
        if mask is not None and mask.shape[-1] != memory.shape[1]:
            room = memory.shape[1] - mask.shape[-1]
            mask = keras.ops.pad(mask, ((0, 0), (0, 0), (0, room)), "constant", True)
        return self.cross(x, memory, attention_mask=mask)


@reader("cross-attention reads the target again: the source is ignored")
class ReadsItself(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, x)


@reader("cross-attention with query and memory swapped")
class Swapped(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(memory, x)[:, : x.shape[1]]


@reader("padding of the source is not hidden")
class SourcePaddingSeen(Reader):
    def read(self, x, memory, self_mask, memory_mask):
        return self.cross(x, memory)


@reader("target not causal: the causal mask goes to the source")
class CausalMaskLost(Reader):
    def attend(self, x, mask):
        return self.attention(x, x)


@reader("encoder output and decoder input swapped")
class RolesSwapped(Reader):
    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        return super().call(memory, x, None, None, training)


@reader("cross-attention asks with the block's input")
class AsksWithItsInput(Reader):
    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        given = x
        x = self.join(x, self.first, lambda y: self.attend(y, attention_mask), training)
        query = self.between(given)
        read = self.read(query, memory, attention_mask, cross_attention_mask)
        x = x + self.drop(read, training=training)
        return self.join(x, self.second, self.feed, training)


class Readers(keras.layers.Layer):
    """Decoder blocks in a row, each of which reads the memory."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Reader() for _ in range(2)]

    def build(self, x_shape, memory_shape):
        for block in self.blocks:
            block.build(x_shape, memory_shape)

    def memories(self, x, memory):
        return memory, memory

    def call(
        self,
        x,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        training=None,
    ):
        masks = attention_mask, cross_attention_mask
        for block, read in zip(self.blocks, self.memories(x, memory), strict=True):
            x = block(x, read, *masks, training=training)
        return x


sound("decoder blocks in a row", like="decoder_block")(Readers)


@mutant("the second block reads no memory but the target's input", like="decoder_block")
class MemoryOfTheTarget(Readers):
    def memories(self, x, memory):
        room = ((0, 0), (0, memory.shape[1] - x.shape[1]), (0, 0))
        return memory, keras.ops.pad(x, room)

import keras
from keras import ops

from zoo import mutant, sound


class Both(keras.layers.Layer):
    """One GRU from the left, one from the right; each mutant replaces one step."""

    turned_axis = 1

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.grus = [
            keras.layers.GRU(
                4, return_sequences=True, return_state=True, use_cudnn=False
            )
            for _ in range(2)
        ]

    def build(self, x_shape):
        for gru in self.grus:
            gru.build(x_shape)

    def turn(self, x):
        return ops.flip(x, axis=self.turned_axis)

    def backward(self, x, mask):
        memory, final = self.grus[1](self.turn(x), mask=self.turn(mask))
        return self.turn(memory), final

    def finish(self, memory, final):
        return memory, final

    def call(self, x, attention_mask):
        mask = attention_mask[:, 0]
        right, last = self.grus[0](x, mask=mask)
        left, first = self.backward(x, mask)
        memory = ops.concatenate([right, left], axis=-1)
        return self.finish(memory, ops.concatenate([last, first], axis=-1))


sound("bidirectional encoder", like="BidirectionalEncoder")(Both)


@mutant("the GRU from the right reads the padding", like="BidirectionalEncoder")
class ReadsPadding(Both):
    def backward(self, x, mask):
        memory, final = self.grus[1](self.turn(x))
        return self.turn(memory), final


@mutant("both GRUs read from the left", like="BidirectionalEncoder")
class NeverTurned(Both):
    def turn(self, x):
        return x


@mutant("turned over the sentences, not over the words", like="BidirectionalEncoder")
class TurnsTheBatch(Both):
    turned_axis = 0

    def backward(self, x, mask):
        return self.grus[1](self.turn(x), mask=self.turn(mask))


@mutant("final state and memory in each other's place", like="BidirectionalEncoder")
class Swapped(Both):
    def finish(self, memory, final):
        return final, memory


@mutant(
    "the final state is the last position's memory",
    like="BidirectionalEncoder",
    seen="outputs[:, -1] of a padded batch",
)
class LastPosition(Both):
    def finish(self, memory, final):
        return memory, memory[:, -1]


@mutant("what was read from the right is not turned back", like="BidirectionalEncoder")
class NotTurnedBack(Both):
    def backward(self, x, mask):
        return self.grus[1](self.turn(x), mask=self.turn(mask))

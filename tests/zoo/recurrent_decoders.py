from keras import ops

from keras_transformer.attention import Attention
from keras_transformer.models import AttentionDecoder
from zoo import mutant, sound


class Writer(AttentionDecoder):
    """A GRU that looks at the source; each mutant replaces one step."""

    def __init__(self, units=6, width=4, attention=None, **kwargs):
        super().__init__(units, width, attention or Attention(), **kwargs)


sound("recurrent decoder", like="AttentionDecoder")(Writer)


def writer(name):
    return mutant(name, like="AttentionDecoder")


@writer("the step hands on the state that it was given")
class StateForgotten(Writer):
    def step(self, x, state):
        made, after = super().step(x, state)
        return made, state._replace(output=after.output)


@writer("begins from zeros, not from the encoder's final state")
class BeginsFromNothing(Writer):
    def start(self, final, memory, memory_mask):
        return super().start(0 * final, memory, memory_mask)


@writer("the padding of the source is not hidden")
class LooksAtPadding(Writer):
    def start(self, final, memory, memory_mask):
        return super().start(final, memory, ops.ones_like(memory_mask))


@writer("what was looked up is not read: the decoder knows the final state only")
class LooksInVain(Writer):
    def _look(self, query, state, training, key):
        context, weights = super()._look(query, state, training, key)
        return 0 * context, weights


@writer("looks by place: the memory at the step's own position counts double")
class LooksByPlace(Writer):
    def _look(self, query, state, training, key):
        context, weights = super()._look(query, state, training, key)
        return context + state.memory[:, 0], weights


@writer("the first sentence's memory serves the whole batch")
class OneMemoryForAll(Writer):
    def start(self, final, memory, memory_mask):
        mean = ops.mean(memory, axis=0, keepdims=True)
        return super().start(final, mean + 0 * memory, memory_mask)


@writer("reads the target from its end")
class ReadsBackwards(Writer):
    def call(self, x, state, return_weights=False, training=None):
        made = super().call(ops.flip(x, axis=1), state, training=training)
        return ops.flip(made, axis=1)

"""Greedy decoding: the most likely token, every time.

Axes: `b` batch, `t` target position.
"""

from keras import ops

from keras_transformer.decoding.protocol import Decodable

PADDING, START, END = 0, 1, 2


def greedy(model: Decodable, source, max_length: int):
    """Translate by taking the most likely token at each step.

    The loop ends when every sentence has ended, or at `max_length`.

    Args:
        model: Anything with `start` and `step`.
        source: Source ids, integers `[b, s]`, each ended by `END`, padded by 0. A
            row of padding only gives an empty translation.
        max_length: Longest translation, in tokens, its end included.

    Returns:
        Target ids, int32 `[b, max_length]`: each ended by `END` where it ended in
        time, then padding.
    """
    source = ops.cast(source, "int32")
    batch = ops.shape(source)[0]
    nothing = ops.logical_not(ops.any(ops.not_equal(source, PADDING), axis=1))

    def unfinished(index, tokens, ended, output, state):
        return ops.logical_not(ops.all(ended))

    def extend(index, tokens, ended, output, state):
        logits, state = model.step(tokens, state)
        # Padding and start are never part of a translation.
        allowed = ops.arange(logits.shape[-1]) >= END
        logits = ops.where(allowed, ops.cast(logits, "float32"), -1e9)
        tokens = ops.cast(ops.argmax(logits, axis=-1), "int32")
        tokens = ops.where(ended, PADDING, tokens)
        output = ops.slice_update(output, (0, index), ops.expand_dims(tokens, 1))
        return index + 1, tokens, ended | (tokens == END), output, state

    loop = (
        ops.convert_to_tensor(0, "int32"),
        ops.full((batch,), START, "int32"),
        nothing,
        ops.full((batch, max_length), PADDING, "int32"),
        model.start(source, max_length),
    )
    return ops.while_loop(unfinished, extend, loop, maximum_iterations=max_length)[3]

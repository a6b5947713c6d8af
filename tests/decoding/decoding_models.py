"""Models of a few lines, whose translations are known, and small random ones."""

import functools

import numpy as np
from keras import ops

from keras_transformer.models import Transformer

PADDING, START, END = 0, 1, 2
VOCABULARY = 17


class Scripted:
    """Writes what its script says for the first token of the source.

    Its logits are highest for padding and for start: a decoder that does not rule
    them out writes nothing else.
    """

    def __init__(self, script):
        self.script = np.full((VOCABULARY, 31), END, "int32")
        for first, tokens in script.items():
            self.script[first] = (tokens + [END] * 31)[:31]

    def start(self, source, max_length):
        return {
            "lines": ops.take(self.script, source[:, 0], axis=0),
            "position": ops.zeros((ops.shape(source)[0],), "int32"),
        }

    def step(self, tokens, state):
        lines, position = state["lines"], state["position"]
        line = ops.take_along_axis(lines, ops.expand_dims(position, 1), axis=1)[:, 0]
        logits = ops.one_hot(line, VOCABULARY)
        forbidden = ops.one_hot(PADDING, VOCABULARY) + ops.one_hot(START, VOCABULARY)
        return logits + 5 * forbidden, {"lines": lines, "position": position + 1}


class Copying:
    """Writes its source, step by step, if it is fed with what it wrote."""

    def start(self, source, max_length):
        room = ops.zeros((ops.shape(source)[0], max_length), "int32")
        return {
            "source": ops.concatenate([source, room], axis=1),
            "position": ops.zeros((ops.shape(source)[0],), "int32"),
            "before": ops.full((ops.shape(source)[0],), START, "int32"),
        }

    def step(self, tokens, state):
        source, position = state["source"], state["position"]
        place = ops.expand_dims(position, 1)
        token = ops.take_along_axis(source, place, axis=1)[:, 0]
        # A decoder that feeds anything else than its last token gets END.
        token = ops.where(ops.equal(tokens, state["before"]), token, END)
        state = {"source": source, "position": position + 1, "before": token}
        return ops.one_hot(token, VOCABULARY), state


def array(tensor):
    return ops.convert_to_numpy(tensor)


@functools.cache
def strong(seed=7, scale=2.0, **changes):
    """A random Transformer with large weights, equal on every backend. To be read."""
    options = {"width": 6, "num_layers": 1, "num_heads": 2, "hidden_width": 7}
    model = Transformer(VOCABULARY, VOCABULARY, dropout=0.0, **(options | changes))
    model.build()
    random = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:
            deviation = scale / np.sqrt(np.mean(weight.shape))
            weight.assign(random.normal(0, deviation, weight.shape))
    return model


def batch(count):
    """Sources of up to 6 tokens, padded, and an empty row."""
    source = np.zeros((count + 1, 7), "int32")
    for row, ids in zip(source, sources(count, longest=6), strict=False):
        row[: len(ids) + 1] = [*ids, END]
    return source


def sources(count, longest=9, seed=3):
    random = np.random.default_rng(seed)
    return [
        random.integers(3, VOCABULARY, random.integers(1, longest + 1)).tolist()
        for _ in range(count)
    ]

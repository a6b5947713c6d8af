"""Decoding without a cache: the whole prefix is read anew at each step.

Axes: `b` sentence, `s` source position, `t` target position, `v` vocabulary.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from keras_transformer.system.slices import begins
from keras_transformer.tokens.reserved import PADDING


class Prefix(NamedTuple):
    """All that is carried from step to step: what was read, and what was written."""

    source: Any  # int32 [b, s]
    target: Any  # int32 [b, t], the start token first, padding from `position` on
    position: Any  # int32 [b], all equal: how many target tokens there are


class Uncached:
    """A model of the protocol that remembers nothing but tokens.

    It says what the model's own `start` and `step` say, and takes longer: `t` steps
    read `t` positions each. It is what a cache is compared with, and what decodes a
    model that has no cache.

    Args:
        model: A function of `{"source": [b, s], "target": [b, t]}` that returns
            logits `[b, t, v]`, no position of which depends on a later one.
    """

    def __init__(self, model: Callable[..., Any]):
        self.model = model

    def start(self, source: Any, max_length: int) -> Prefix:
        """The state before the first target token.

        Args:
            source: Source ids, integers `[b, s]`.
            max_length: How many target tokens the state has room for.
        """
        batch = ops.shape(source)[0]
        return Prefix(
            source,
            ops.full((batch, max_length), PADDING, "int32"),
            ops.zeros((batch,), "int32"),
        )

    def step(self, tokens: Any, state: Prefix) -> tuple[Any, Prefix]:
        """One more target token.

        Args:
            tokens: The last token of each sentence, integers `[b]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[b, v]`, and the new state.
        """
        position = state.position[0]
        column = ops.expand_dims(ops.cast(tokens, "int32"), 1)
        target = ops.slice_update(state.target, begins(position, 1, 2), column)
        logits = self.model({"source": state.source, "target": target})
        state = state._replace(target=target, position=state.position + 1)
        return ops.take(logits, position, axis=1), state

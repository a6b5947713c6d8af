"""Decoding many sentences of many lengths, compiled, in few shapes."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_transformer.decoding.greedy import END, PADDING, greedy
from keras_transformer.decoding.protocol import Decodable


class DecodingProgram(keras.Model):
    """The decoding loop as a Keras model: `predict_on_batch` compiles it.

    Keras compiles for whatever backend runs, and keeps one program for each shape.
    """

    def __init__(self, model, max_length, **kwargs):
        super().__init__(**kwargs)
        self.model = model
        self.max_length = max_length

    def call(self, source):
        return greedy(self.model, source, self.max_length)


class GreedyDecoder:
    """Translates lists of token ids with any model of the protocol.

    Sentences are sorted by length and decoded in batches of fixed shapes, so that
    short sentences neither carry the padding of long ones nor wait for them, and
    few programs are compiled. The order of the input is restored.

    Args:
        model: A Keras model with `start` and `step`.
        rows: Sentences a batch.
        widths: Source widths, in tokens; beyond the last, the next multiple of it.
        growth: The longest translation of a source of width `n` is
            `growth · n + 8` tokens.
        xla: Compile with XLA.

    Raises:
        ValueError: If `rows` or `growth` is not positive.
    """

    def __init__(
        self,
        model: Decodable,
        rows: int = 64,
        widths: Sequence[int] = (16, 32, 64),
        growth: float = 1.5,
        xla: bool = True,
    ):
        if rows < 1 or growth <= 0:
            raise ValueError(
                "rows must be at least 1 and growth positive, "
                f"got rows={rows}, growth={growth}"
            )
        self.model = model
        self.rows = rows
        self.widths = tuple(widths)
        self.growth = growth
        self.xla = xla
        self._programs: dict[int, DecodingProgram] = {}

    def width(self, length: int) -> int:
        """The padded width of a source of `length` tokens, its end included."""
        for width in self.widths:
            if length <= width:
                return width
        return -(-length // self.widths[-1]) * self.widths[-1]

    def _program(self, width):
        if width not in self._programs:
            program = DecodingProgram(self.model, int(self.growth * width) + 8)
            program.compile(jit_compile=self.xla)
            self._programs[width] = program
        return self._programs[width]

    def __call__(self, sources: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Translate.

        Args:
            sources: Source ids of each sentence, without start and end.

        Returns:
            Target ids of each sentence, without start and end; empty for an empty
            source.
        """
        results: list = [np.zeros(0, "int32")] * len(sources)
        by_width: dict[int, list[int]] = {}
        for index in sorted(range(len(sources)), key=lambda i: len(sources[i])):
            if len(sources[index]):
                width = self.width(len(sources[index]) + 1)
                by_width.setdefault(width, []).append(index)
        for width, indices in by_width.items():
            for first in range(0, len(indices), self.rows):
                chunk = indices[first : first + self.rows]
                source = np.full((self.rows, width), PADDING, "int32")
                for row, index in enumerate(chunk):
                    length = len(sources[index])
                    source[row, :length] = sources[index]
                    source[row, length] = END
                output = np.asarray(self._program(width).predict_on_batch(source))
                for row, index in enumerate(chunk):
                    results[index] = until_end(output[row])
        return results


def until_end(ids: np.ndarray) -> np.ndarray:
    """The ids before the first end or padding."""
    stops = np.flatnonzero((ids == END) | (ids == PADDING))
    return ids[: stops[0]] if len(stops) else ids

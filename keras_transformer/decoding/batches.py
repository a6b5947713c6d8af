"""Decoding many sentences of many lengths, compiled, in few shapes.

Axes: `r` sentences of a batch, `s` source position, `k` hypotheses of a sentence.
"""

import concurrent.futures
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_transformer.decoding.greedy import Greedy
from keras_transformer.decoding.hypotheses import Hypotheses
from keras_transformer.decoding.lengths import longest_translation, padded_length
from keras_transformer.decoding.protocol import Decodable
from keras_transformer.system.devices import cores, devices, has_xla
from keras_transformer.system.progress import progress_bar
from keras_transformer.system.ranges import (
    BatchTokens,
    Count,
    LengthRatio,
    require,
)
from keras_transformer.tokens import END, PADDING, padded

PREFIX_STEP = 8  # prefixes are padded to a multiple of this
FEW = 8  # up to this share of a batch, a smaller one is decoded
SHARE = 16  # sentences of a batch that a thread is worth


class Hypothesis(NamedTuple):
    """One translation of a sentence."""

    ids: np.ndarray  # without start and end
    score: float  # what the method rates it by


class DecodingProgram(keras.Model):
    """The decoding loop as a Keras model: `predict_on_batch` compiles it.

    Keras compiles for whatever backend runs, and keeps one program for each shape.
    """

    def __init__(
        self,
        model: keras.Model,
        method: Callable[..., Hypotheses],
        max_length: int,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.model = model
        self.method = method
        self.max_length = max_length
        # It has nothing to build: Keras would decode a batch to find that out.
        self.built = True

    def call(self, inputs: dict[str, Any]) -> Hypotheses:
        return self.method(self.model, max_length=self.max_length, **inputs)


class BatchDecoder:
    """Translates lists of token ids with any model of the protocol, by any method.

    Sentences are sorted by length and decoded in batches of fixed shapes, so that
    short sentences neither carry the padding of long ones nor wait for them, and few
    programs are compiled. The order of the input is restored.

    Args:
        model: A Keras model with `start` and `step`.
        method: How to search: `Greedy()`, `Beam(width=4)` or `Sample(seed=7)`.
        batch_size: Sentences a batch. Where fewer than an eighth are to be decoded, the
            batch is an eighth: a single sentence does not wait for 63 empty ones.
        lengths: Padded lengths of the source, in tokens; beyond the last, the next
            multiple of it.
        length_ratio: The longest translation of a source of padded length `n`
            is `length_ratio · n + 8` tokens.
        xla: Compile with XLA; PyTorch has none and decodes step by step.
        batch_tokens: Source tokens a batch, padding included, instead of
            `batch_size`:
            batches of short sentences hold more of them.
        threads: How many parts of a batch are decoded at the same time; by default as
            many as there are cores, in TensorFlow on a CPU, and 1 elsewhere. Parts of
            fewer than 16 sentences are not made.

    Raises:
        ValueError: If a number is outside its range, there is no length, or several
            threads are asked of another backend.
    """

    def __init__(
        self,
        model: Decodable,
        method: Callable[..., Hypotheses] = Greedy(),  # noqa: B008 - it is frozen
        batch_size: int = 64,
        lengths: Sequence[int] = (16, 32, 64),
        length_ratio: float = 1.5,
        xla: bool = True,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ):
        require(Count, batch_size=batch_size)
        require(LengthRatio, length_ratio=length_ratio)
        require(BatchTokens | None, batch_tokens=batch_tokens)
        require(Count | None, threads=threads)
        require(tuple[Count, ...], lengths=tuple(lengths))
        if not lengths:
            raise ValueError("a decoder needs at least one length, got none")
        if threads is not None and threads > 1 and not _can_share():
            raise ValueError(
                "several threads need the TensorFlow backend, "
                f"got threads={threads} on {keras.backend.backend()}"
            )
        if not getattr(model, "built", True):
            model.build()
        self.model = model
        self.method = method
        self.batch_size = batch_size
        self.lengths = tuple(lengths)
        self.length_ratio = length_ratio
        self.xla = xla
        self.batch_tokens = batch_tokens
        self.threads = _threads() if threads is None else threads
        self._programs: dict[tuple[int, int], DecodingProgram] = {}
        self._compiled: set[tuple] = set()

    def padded_length(self, tokens: int) -> int:
        """The padded length of a source of so many tokens, its end included."""
        return padded_length(tokens, self.lengths)

    def rows(self, length: int, count: int) -> int:
        """The rows of a batch when `count` sentences of this length are decoded."""
        full = self.batch_size
        if self.batch_tokens is not None:
            full = max(1, self.batch_tokens // length)
        few = -(-full // FEW)
        if count <= few:
            return few
        return max(-(-full // self.threads), min(full, SHARE))

    def __call__(
        self,
        sources: Sequence[Sequence[int]],
        prefixes: Sequence[Sequence[int]] | None = None,
        progress: bool = False,
    ) -> list[np.ndarray]:
        """Translate.

        Args:
            sources: Source ids of each sentence, without start and end.
            prefixes: Target ids that each translation begins with.
            progress: Whether to show a progress bar, where tqdm is installed.

        Returns:
            Target ids of each sentence, the first of its hypotheses, without start
            and end; empty for an empty source.
        """
        return [found[0].ids for found in self.hypotheses(sources, prefixes, progress)]

    def hypotheses(
        self,
        sources: Sequence[Sequence[int]],
        prefixes: Sequence[Sequence[int]] | None = None,
        progress: bool = False,
    ) -> list[list[Hypothesis]]:
        """Translate, and return all hypotheses with their scores.

        Args:
            sources: Source ids of each sentence, without start and end.
            prefixes: Target ids that each translation begins with.
            progress: Whether to show a progress bar, where tqdm is installed.

        Returns:
            The hypotheses of each sentence, at least one; an empty one, with the score
            0, for an empty source.

        Raises:
            ValueError: If there is not one prefix a source.
        """
        if prefixes is not None and len(prefixes) != len(sources):
            raise ValueError(
                f"every source needs one prefix, got {len(sources)} sources, "
                f"{len(prefixes)} prefixes"
            )
        results = [[Hypothesis(np.zeros(0, "int32"), 0.0)] for _ in sources]
        by_length: dict[int, list[int]] = {}
        for index in sorted(range(len(sources)), key=lambda i: len(sources[i])):
            if len(sources[index]):
                length = self.padded_length(len(sources[index]) + 1)
                by_length.setdefault(length, []).append(index)
        count = sum(map(len, by_length.values()))
        with (
            progress_bar(shown=progress, total=count, unit="sentence") as bar,
            concurrent.futures.ThreadPoolExecutor(self.threads) as pool,
        ):
            decoding = []
            for length, indices in by_length.items():
                rows = self.rows(length, len(indices))
                for first in range(0, len(indices), rows):
                    batch = indices[first : first + rows]
                    program, inputs = self._prepare(
                        batch, rows, length, sources, prefixes
                    )
                    begun = self._begin(program, inputs, pool)
                    begun.add_done_callback(lambda _, done=batch: bar.update(len(done)))
                    decoding.append((batch, begun))
            for batch, future in decoding:
                for index, tokens, scores in zip(batch, *future.result(), strict=False):
                    results[index] = _hypotheses(tokens, scores)
        return results

    def _prepare(self, batch, rows, length, sources, prefixes):
        """The program for a batch, and its inputs."""
        max_length = longest_translation(length, self.length_ratio)
        numbers = [*batch, *batch[:1] * (rows - len(batch))]
        inputs: dict[str, Any] = self.method.inputs(numbers, max_length)
        inputs["source"] = padded([[*sources[i], END] for i in batch], length, rows)
        if prefixes is not None:
            lines = [prefixes[i] for i in batch]
            longest = max(len(line) for line in lines)
            longest = -(-max(longest, 1) // PREFIX_STEP) * PREFIX_STEP
            inputs["prefix"] = padded(lines, longest, rows)
        # One for each shape: a program that has met several forgets their numbers.
        if (rows, length) not in self._programs:
            program = DecodingProgram(self.model, self.method, max_length)
            program.compile(jit_compile=self.xla and has_xla())
            self._programs[rows, length] = program
        return self._programs[rows, length], inputs

    def _begin(self, program, inputs, pool):
        """Decode a batch: in a thread, but the first of its shapes here.

        Keras builds and traces with a state of the thread that it is in.
        """
        shapes = (program.max_length, *(np.shape(x) for x in inputs.values()))
        if self.threads > 1 and shapes in self._compiled:
            return pool.submit(program.predict_on_batch, inputs)
        done: concurrent.futures.Future = concurrent.futures.Future()
        with _expected():
            done.set_result(program.predict_on_batch(inputs))
        self._compiled.add(shapes)
        return done


@contextlib.contextmanager
def _expected():
    """Several programs are meant: TensorFlow need not warn that it makes another."""
    logger = logging.getLogger("tensorflow")
    logger.addFilter(_is_no_retracing)
    try:
        yield
    finally:
        logger.removeFilter(_is_no_retracing)


def _is_no_retracing(record):
    return "tf.function retracing" not in record.getMessage()


def _can_share():
    """Whether several threads may run a program of Keras at the same time."""
    # Elsewhere `predict_on_batch` keeps the weights outside of the model meanwhile.
    return keras.backend.backend() == "tensorflow"


def _threads():
    shared = _can_share() and all(name.startswith("cpu") for name in devices())
    return cores() if shared else 1


GreedyDecoder = BatchDecoder  # the name that it had when it knew one method


def _hypotheses(tokens, scores):
    """The hypotheses of one sentence; of a beam's, those that there are."""
    found = [
        Hypothesis(until_end(np.asarray(ids)), float(score))
        for ids, score in zip(tokens, scores, strict=True)
    ]
    return [one for one in found if np.isfinite(one.score)] or found[:1]


def until_end(ids: np.ndarray) -> np.ndarray:
    """The ids before the first end or padding."""
    stops = np.flatnonzero((ids == END) | (ids == PADDING))
    return ids[: stops[0]] if len(stops) else ids

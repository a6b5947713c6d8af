"""A model with fewer weights, or fewer bits, or with a teacher.

Lesson 17 writes each of these in the open; here they stand for its stored experiment.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.corpora import Pairs
from keras_transformer.text import Tokenizer
from keras_transformer.training import LengthBuckets, TrainingConfig
from keras_transformer.training.config import compile_model
from keras_transformer.training.programs import Programs

EMBEDDINGS = "embeddings"


def matrices(model: keras.Model) -> list[keras.Variable]:
    """The weights that are pruned and rounded: all but biases and normalisations.

    Args:
        model: A built model.
    """
    return [weight for weight in model.trainable_variables if len(weight.shape) == 2]


def largest(matrix: np.ndarray, share: float) -> np.ndarray:
    """Which weights stay when a share goes, the smallest first: booleans.

    Args:
        matrix: Weights of any shape.
        share: The share that goes, rounded down to whole weights.

    Example:
        >>> largest(np.array([[0.5, -2.0], [-0.1, 1.0]]), 0.5).tolist()
        [[False, True], [False, True]]

    Source: Han et al. 2015, section 3.
    """
    order = np.argsort(np.abs(matrix), axis=None, kind="stable")
    keep = np.ones(matrix.size, bool)
    keep[order[: int(share * matrix.size + 1e-6)]] = False
    return keep.reshape(matrix.shape)


def prune(model: keras.Model, share: float, seed: int | None = None) -> list:
    """Set a share of each matrix to 0; returns the masks of what stays.

    Args:
        model: A built model, changed in place.
        share: The share that goes.
        seed: Draws who goes; by default the smallest go.
    """
    dice, masks = np.random.default_rng(seed), []
    for weight in matrices(model):
        matrix = ops.convert_to_numpy(weight)
        judged = matrix if seed is None else dice.random(matrix.shape)
        masks.append(largest(judged, share))
        weight.assign(matrix * masks[-1])
    return masks


def rounded(matrix: np.ndarray, bits: int, axis: int | None = None) -> np.ndarray:
    """Weights as they come back from integers of so many bits.

    Args:
        matrix: Weights `[n, m]`.
        bits: Bits of an integer; the range is symmetric, -127 to 127 for 8.
        axis: The axis that shares a scale; by default the whole matrix has one.

    Example:
        >>> rounded(np.array([[0.5, -1.0]]), bits=2).tolist()
        [[0.0, -1.0]]

    Source: Jacob et al. 2018, section 2.1, with the zero at 0.
    """
    most = 2 ** (bits - 1) - 1
    step = np.abs(matrix).max(axis=axis, keepdims=True) / most
    step = np.where(step > 0, step, 1.0)
    return (np.round(matrix / step) * step).astype("float32")


def round_model(model: keras.Model, bits: int, each_column: bool) -> None:
    """Round every matrix of a model, in place.

    Args:
        model: A built model.
        bits: Bits of an integer.
        each_column: Whether each column has a scale of its own, of an embedding each
            row, instead of each matrix.
    """
    for weight in matrices(model):
        of = 1 if EMBEDDINGS in weight.path.rsplit("/", 1)[-1] else 0
        matrix = ops.convert_to_numpy(weight)
        weight.assign(rounded(matrix, bits, of if each_column else None))


class Taught(keras.Model):
    """A student that learns from labels, and from what a teacher holds for probable.

    Args:
        student: The model that learns.
        teacher: The model that it learns from; it stays as it is.
        share: Share of the teacher's word in the loss.
        temperature: By what the logits of both are divided.

    Source: Hinton et al. 2015; for translation, word by word, Kim and Rush 2016,
    section 3.1.
    """

    def __init__(
        self,
        student: keras.Model,
        teacher: keras.Model,
        share: float = 0.5,
        temperature: float = 1.0,
    ):
        super().__init__()
        teacher.trainable = False
        self.student, self.teacher = student, teacher
        self.share, self.temperature = share, temperature
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.student(inputs, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        hard = super().compute_loss(x, y, y_pred, sample_weight, **kwargs)
        taught = ops.stop_gradient(self.teacher(x, training=False))
        wanted = ops.softmax(taught / self.temperature)
        said = ops.log_softmax(y_pred / self.temperature)
        gap = ops.sum(wanted * (ops.log(wanted + 1e-9) - said), axis=-1)  # [b, t]
        kept = ops.cast(y != 0, gap.dtype)
        soft = self.temperature**2 * ops.sum(gap * kept) / ops.sum(kept)
        return (1 - self.share) * hard + self.share * soft


def steps(
    model: keras.Model, pairs: Pairs, tokenizer: Tokenizer, how: TrainingConfig
) -> Iterator[int]:
    """Train a model on pairs of texts, and stop after each step.

    Args:
        model: The model, or a `Taught` one.
        pairs: The texts; who is too long is left out.
        tokenizer: Of both languages.
        how: How it is trained.

    Yields:
        The number of steps of an epoch.
    """
    rows = zip(*(map(tokenizer.encode, (pairs.source, pairs.target))), strict=True)
    rows = [row for row in rows if max(map(len, row)) < how.lengths[-1]]
    sides = [list(side) for side in zip(*rows, strict=True)]
    batches = LengthBuckets(*sides, how.lengths, how.batch_tokens, how.seed)
    compile_model(model, how)
    programs = Programs(model)
    for epoch, index in itertools.product(range(how.epochs), range(len(batches))):
        programs.train(*batches.batch(epoch, index))
        yield len(batches)
    if how.average:
        model.optimizer.finalize_variable_values(model.trainable_variables)

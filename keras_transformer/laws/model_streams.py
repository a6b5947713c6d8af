"""Laws of what a translator's projection reads: scales, norms, and the whole source.

With every other matrix at 0 only the target's embedding and its position are left in
the stream. Where the logits then are what some equation says, that equation is judged;
a model built in another way is not.
"""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain, show
from keras_transformer.laws.law import law
from keras_transformer.laws.models import ROWS, SOURCE, TARGET, logits, ready
from keras_transformer.laws.residual_streams import silence
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject


def _vocabulary_matrices(model, size):
    """The weights `[vocabulary, width]`, a projection to the vocabulary turned."""
    found = []
    for weight in model.candidate.trainable_weights:
        shape = tuple(weight.shape)
        if len(shape) == 2 and size in shape and max(shape) == size:
            found.append((weight, shape[0] != size))
    return found


def _stream(model):
    """Of a model whose other matrices are 0: what is projected, and the embeddings.

    Returns:
        `[b, t, width]`, and the matrices that may have embedded the target.

    Raises:
        NotApplicable: If the logits are no product with a matrix of the model.
    """
    if not model.is_layer:
        raise NotApplicable("it has no weights")
    if model.tolerance > 1e-3:
        raise NotApplicable("half precision rounds away what is looked at")
    ready(model)
    size = logits(model).shape[-1]
    found = _vocabulary_matrices(model, size)
    kept = [plain(weight.value) for weight, _ in found]
    silence(model)
    for (weight, _), values in zip(found, kept, strict=True):
        weight.assign(values)
    made = logits(model).astype("float64").reshape(-1, size)
    tables = [v.T if turned else v for v, (_, turned) in zip(kept, found, strict=True)]
    for table in tables:
        if np.linalg.matrix_rank(table) < table.shape[1]:
            continue
        read = made @ np.linalg.pinv(table.T)
        if np.abs(read @ table.T - made).max() < 1e-3 * max(1.0, np.abs(made).max()):
            return read.reshape(*TARGET.shape, -1), tables
    raise NotApplicable("its logits are no product with one of its matrices")


def _positions(width):
    angle = np.arange(TARGET.shape[1])[:, None] * 10_000.0 ** (
        -np.arange(0, width, 2) / width
    )
    halves = np.concatenate([np.sin(angle), np.cos(angle)], 1)[:, :width]
    pairs = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(len(angle), -1)
    return halves, pairs[:, :width]


def _equations(read, table, scaled):
    """How far the stream is from norm(√w · embedding + position), or from another."""
    root = read.shape[-1] ** 0.5
    off = np.inf
    for positions in _positions(read.shape[-1]):
        total = root * table[TARGET] + (root if scaled else 1.0) * positions
        total -= total.mean(-1, keepdims=True)
        total /= np.sqrt((total**2).mean(-1, keepdims=True) + 1e-6)
        off = min(off, np.abs(total - read).max())
    return off


@law("model")
def embeddings_are_scaled_before_positions_are_added(model: Subject) -> None:
    """√w times the embedding, then the position: the root is not for both."""
    read, tables = _stream(model)
    tables = [table for table in tables if table.shape[1] == read.shape[-1]]
    if any(_equations(read, table, scaled=False) < 0.01 for table in tables):
        return
    for table in tables:
        if (off := _equations(read, table, scaled=True)) < 0.01:
            raise LawBroken(
                "with every other matrix at 0, what is projected is that of √w · "
                f"(embedding + position), to within {show(off)}: the positions are "
                "scaled too, and drown the words"
            )
    raise NotApplicable("no sinusoidal position is added to its embeddings")


@law("model", needs={"Transformer"})
def a_transformer_projects_what_is_normalised(model: Subject) -> None:
    """Between the last block and the logits stands a normalisation."""
    read, _ = _stream(model)
    square = (read[TARGET != 0] ** 2).mean(-1)
    if (off := np.abs(square - 1).max()) > 0.05:
        raise LawBroken(
            "with every other matrix at 0 the mean square of what is projected to the "
            f"vocabulary is {show(off)} off 1: nothing normalises the stream after the "
            "last block"
        )


@law("model")
def every_source_position_sees_every_other(model: Subject) -> None:
    """The encoder looks both ways: a word may read what comes after it too."""
    if not model.has("encode"):
        raise NotApplicable("it has no encode")
    ready(model)
    encode = model.get("encode")
    length = SOURCE.shape[1]
    moved = np.zeros((length, length))
    # One sentence in many orders: where only the best keys are looked at, each is
    # among them in some.
    random = np.random.default_rng(5)
    for _ in range(4):
        rows = np.repeat(random.permutation(SOURCE[0])[None], ROWS, 0)
        for place in range(length):
            rows[place + 1, place] = 8 if rows[0, place] == 7 else 7
        memory = _memory(guarded(encode, rows), rows.shape)
        moved = np.maximum(moved, np.abs(memory[1 : length + 1] - memory[:1]).max(-1))
    if moved.min() < 1e-6:
        changed, still = np.unravel_index(np.argmin(moved), moved.shape)
        raise LawBroken(
            f"source token {changed} changed, and what the encoder remembers at "
            f"position {still} did not: is there a mask of order in the encoder?"
        )


def _memory(made: Any, shape: Any) -> Any:
    for part in made if isinstance(made, tuple | list) else [made]:
        if len(part.shape) == 3 and tuple(part.shape[:2]) == tuple(shape):
            return plain(part)
    raise NotApplicable("its encode returns no memory [batch, position, width]")

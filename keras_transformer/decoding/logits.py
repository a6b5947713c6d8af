"""From logits to the tokens that come next, in few passes over the vocabulary.

The logits of a step are the largest array of decoding, and every pass over them counts:
a compiler for CPUs writes down what it masks before it reduces it. So nothing is masked
as a whole here. What is found is exactly what `ops.top_k` and `ops.logsumexp` find, the
first of equals first.

Axes: `n` rows, `v` vocabulary, `c` blocks of `l` neighbouring tokens each.
"""

import math
from typing import Any

import keras
from keras import ops

from keras_transformer.decoding.constraints import IMPOSSIBLE
from keras_transformer.tokens.reserved import END

SMALL = 1024  # a vocabulary up to this size is not divided


def words_only(logits: Any) -> Any:
    """The logits in float32; padding and start are no words, and impossible.

    Args:
        logits: Float `[n, v]`.

    Example:
        >>> import numpy as np
        >>> np.asarray(words_only(np.array([[9.0, 8.0, 1.0, 2.0]]))).tolist()
        [[-inf, -inf, 1.0, 2.0]]
    """
    return _from(END, ops.cast(logits, "float32"))


def log_total(logits: Any) -> Any:
    """The logarithm of the summed exponentials of all but padding and start.

    Args:
        logits: Float32 `[n, v]`.

    Returns:
        Float32 `[n, 1]`; a logit minus this is a log-probability.
    """
    highest = ops.max(_maxima(logits, END), axis=-1, keepdims=True)
    summed = ops.sum(ops.exp(words_only(logits) - highest), axis=-1, keepdims=True)
    return ops.log(summed) + highest


def most_likely(logits: Any, first: int = END) -> Any:
    """The token with the highest number, the first of equals.

    Args:
        logits: Float32 `[n, v]`.
        first: The first token that may be taken.

    Returns:
        Int32 `[n]`.

    Example:
        >>> import numpy as np
        >>> np.asarray(most_likely(np.array([[9.0, 9.0, 1.0, 3.0, 3.0]]))).tolist()
        [3]
    """
    return best_tokens(logits, 1, first)[1][:, 0]


def best_tokens(logits: Any, k: int, first: int = END) -> tuple[Any, Any]:
    """The `k` tokens with the highest numbers, in descending order.

    A large vocabulary is cut into blocks of neighbours. The `k` highest numbers lie in
    the `k` blocks whose maxima are highest, so that one pass finds the blocks, and only
    these are searched: 0.9 instead of 3 ms for the best 4 of 256 × 8,000 on two CPU
    cores (TensorFlow, XLA).

    Args:
        logits: Float32 `[n, v]`.
        k: How many.
        first: The first token that may be taken.

    Returns:
        Numbers `[n, k]`, and tokens, int32 `[n, k]`, the first of equals first.

    Example:
        >>> import numpy as np
        >>> logits = np.array([[9.0, 9.0, 2.0, 1.0, 3.0, 2.0]], "float32")
        >>> numbers, tokens = best_tokens(logits, 3)
        >>> np.asarray(numbers).tolist(), np.asarray(tokens).tolist()
        ([[3.0, 2.0, 2.0]], [[4, 2, 5]])
    """
    size = logits.shape[-1]
    length = block_length(size)
    if size <= SMALL or k * length >= size:
        numbers, tokens = highest(_from(first, logits), k)
        return numbers, ops.cast(tokens, "int32")
    chosen = highest(_maxima(logits, first), k)[1]
    # In the order of the vocabulary, so that the first of equals comes first.
    chosen = ops.sort(ops.cast(chosen, "int32"), axis=-1)
    place = ops.arange(length, dtype="int32")
    tokens = length * ops.expand_dims(chosen, -1) + place  # n k l
    searched = pick(_blocks(logits, length), chosen)
    searched = ops.where(tokens >= first, searched, IMPOSSIBLE)
    numbers, places = highest(ops.reshape(searched, (-1, k * length)), k)
    tokens = ops.reshape(tokens, (-1, k * length))
    tokens = pick(tokens, ops.cast(places, "int32"))
    # What fills up the last block is no token, even where all are impossible.
    return numbers, ops.minimum(tokens, size - 1)


def highest(numbers: Any, k: int) -> tuple[Any, Any]:
    """`ops.top_k`, the first of equals first on every backend.

    Args:
        numbers: Float `[n, v]`.
        k: How many.

    Returns:
        Numbers `[n, k]` in descending order, and their places, integers `[n, k]`.

    Example:
        >>> import numpy as np
        >>> numbers, places = highest(np.array([[1.0, 2.0, 2.0, 1.0]], "float32"), 3)
        >>> np.asarray(places).tolist()
        [[1, 2, 0]]
    """
    if keras.backend.backend() != "torch":
        return ops.top_k(numbers, k)
    # `torch.topk` takes any of equals, in any order; this sort keeps their order.
    places = ops.argsort(-numbers, axis=-1)[:, :k]
    return ops.take_along_axis(numbers, places, axis=-1), places


def block_length(size: int) -> int:
    """How many tokens make a block: the first divisor from the root of `size` on.

    Args:
        size: Number of tokens.

    Returns:
        At most twice the root; without such a divisor the root, rounded up.
    """
    root = math.isqrt(size - 1) + 1
    return next((n for n in range(root, 2 * root) if size % n == 0), root)


def pick(values: Any, places: Any) -> Any:
    """Of each row those values that stand at certain places.

    Args:
        values: `[n, c, …]`.
        places: Int32 `[n, m]`, each less than `c`.

    Returns:
        `[n, m, …]`.
    """
    shape = ops.shape(values)
    return ops.take(ops.reshape(values, (-1, *shape[2:])), rows(places, shape[1]), 0)


def rows(places: Any, count: int) -> Any:
    """Places among the `count` of each sentence, as places among those of all.

    Args:
        places: Int32 `[b, m]`, each less than `count`.
        count: How many there are of each sentence.

    Returns:
        Int32 `[b, m]`.
    """
    first = count * ops.arange(ops.shape(places)[0], dtype="int32")
    return places + ops.expand_dims(first, 1)


def _from(first, logits):
    possible = ops.arange(logits.shape[-1], dtype="int32") >= first
    return ops.where(possible, logits, IMPOSSIBLE)


def _blocks(logits, length):
    """The logits in blocks `[n, c, l]`, the last one filled up."""
    missing = -logits.shape[-1] % length
    if missing:
        room = ((0, 0), (0, missing))
        logits = ops.pad(logits, room, constant_values=IMPOSSIBLE)
    return ops.reshape(logits, (-1, logits.shape[-1] // length, length))


def _maxima(logits, first):
    """The highest number of each block `[n, c]`, of tokens from `first` on."""
    size = logits.shape[-1]
    if size <= SMALL:
        return ops.max(_from(first, logits), axis=-1, keepdims=True)
    blocks = _blocks(logits, block_length(size))
    # Only the first block holds tokens that are not to be taken.
    head = ops.max(_from(first, blocks[:, 0]), axis=-1, keepdims=True)
    return ops.concatenate([head, ops.max(blocks, axis=-1)[:, 1:]], axis=1)

"""What the heads of an attention look at, and what a model does without one.

Axes: `b` sentence, `h` head, `t` query position, `s` key position, `v` vocabulary, `d`
width of a head.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops


def mean_weight(weights: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """How much weight queries give to one position each, on average.

    Args:
        weights: Float `[b, …, t, s]`, such as `[b, layer, head, t, s]`.
        positions: The key position of each query, integers `[b, t]`; a query with a
            negative one is not counted.

    Returns:
        Float `[…]`, a mean for each layer and head.

    Raises:
        ValueError: If there is not one position a query, a position lies behind the
            last key, or no query is counted.

    Example:
        >>> weights = np.array([[[[0.75, 0.25], [0.5, 0.5]]]])  # [b, h, t, s]
        >>> mean_weight(weights, np.array([[-1, 0]])).tolist()  # of query 1, to key 0
        [0.5]
    """
    weights, positions = ops.convert_to_numpy(weights), np.asarray(positions)
    if positions.shape != (weights.shape[0], weights.shape[-2]):
        raise ValueError(
            "every query needs one position, got positions "
            f"{positions.shape}, weights {weights.shape}"
        )
    if positions.max(initial=-1) >= weights.shape[-1]:
        raise ValueError(
            f"positions must lie below {weights.shape[-1]}, got {positions.max()}"
        )
    sentence, query = np.nonzero(positions >= 0)
    if not len(sentence):
        raise ValueError("at least one query must be counted, got none")
    # The three indices stand apart, so that their axis comes first.
    given = weights[sentence, ..., query, positions[sentence, query]]
    return given.mean(axis=0)


def gold_weight(tables: Any, alignments: Any) -> np.ndarray:
    """How much weight target words give to the words that they translate, on average.

    Args:
        tables: For each sentence the weights between words, float `[…, t, s]`, as
            `alignment.attention_of` yields them.
        alignments: For each sentence its gold links `(source_word, target_word)`.

    Returns:
        Float `[…]`: a mean over the target words that have a link.

    Raises:
        ValueError: If no target word has a link.

    Example:
        >>> table = np.array([[[0.75, 0.25], [0.5, 0.5]]])  # [h, t, s]
        >>> gold_weight([table], [((0, 0), (1, 0), (1, 1))]).tolist()
        [0.75]
    """
    total, count = 0.0, 0
    for table, links in zip(tables, alignments, strict=True):
        for s, t in links:
            total = total + table[..., t, s]
        count += len({t for _, t in links})
    if not count:
        raise ValueError("gold weight needs links, got none")
    return np.asarray(total) / count


@contextlib.contextmanager
def silenced(attention: Any, *heads: int) -> Iterator[None]:
    """Let heads of a multi-head attention add nothing to the output.

    Their rows of the output projection are 0 inside the `with` block, and what they
    were behind it.

    Args:
        attention: A built `MultiHeadAttention`.
        *heads: Which heads, counted from 0.

    Raises:
        ValueError: If there is no such head.

    Example:
        >>> from keras_transformer import MultiHeadAttention
        >>> layer = MultiHeadAttention(num_heads=2, width=4)
        >>> x = np.ones((1, 3, 4), "float32")
        >>> before = layer(x, x)
        >>> with silenced(layer, 0, 1):
        ...     float(ops.max(ops.abs(layer(x, x))))  # the bias, which is 0
        0.0
        >>> bool(ops.all(ops.equal(layer(x, x), before)))
        True

    Source: Michel et al. 2019, section 3.2.
    """
    kernel = attention.output_projection.kernel
    kept = ops.convert_to_numpy(kernel).copy()
    without = kept.copy()
    size = attention.head_dim
    for head in heads:
        if not 0 <= head < attention.num_heads:
            raise ValueError(
                f"head must be from 0 to {attention.num_heads - 1}, got {head}"
            )
        without[head * size : (head + 1) * size] = 0.0
    kernel.assign(without)
    try:
        yield
    finally:
        kernel.assign(kept)

"""Which word translates which, by counting: IBM model 1, without a network."""

from collections.abc import Sequence

import numpy as np

from keras_transformer.corpora import Pairs, words

_NOWHERE = ""
"""Stands before every source sentence, for words that come from none of its words."""


def ibm_1(pairs: Pairs, asked: Pairs, rounds: int = 8) -> list[np.ndarray]:
    """How probable it is that each target word came from each source word.

    Every target word is made by one source word, or by none, whichever may stand where:

    ```
    p(s made t) = p(t | s) / sum over s' of p(t | s')
    ```

    and `p(t | s)` is the share of what `s` has made, counted with these probabilities,
    round after round, from equal ones on.

    Args:
        pairs: What is counted. Upper case does not matter.
        asked: The pairs that are asked.
        rounds: How often it is counted.

    Returns:
        For each asked pair float `[t, s]` between `corpora.words`; what a row lacks
        to 1 came from none. Words that were never counted together have nearly 0.

    Source: Brown et al. 1993, "The mathematics of statistical machine translation".
    """
    numbers: tuple[dict[str, int], ...] = {_NOWHERE: 0}, {}
    coded = [
        [
            np.array([seen.setdefault(word, len(seen)) for word in side])
            for seen, side in zip(numbers, both, strict=True)
        ]
        for both in _cut(pairs)
    ]
    size = len(numbers[1])
    keys = np.concatenate([_keys(s, t, size).ravel() for s, t in coded])
    widths = np.concatenate([np.full(len(t), len(s)) for s, t in coded])
    written = np.repeat(np.arange(len(widths)), widths)  # which target word
    known, index = np.unique(keys, return_inverse=True)
    made_by = known // size
    table = np.ones(len(known))  # p(t | s), but for a factor
    for _ in range(rounds):
        shares = table[index] / np.bincount(written, table[index])[written]
        counts = np.bincount(index, shares)
        table = counts / np.bincount(made_by, counts)[made_by]
    chances = dict(zip(known.tolist(), table.tolist(), strict=True))
    found = []
    for both in _cut(asked):
        s, t = (
            np.array([seen.get(word, -1) for word in side])
            for seen, side in zip(numbers, both, strict=True)
        )
        new = np.add.outer(t < 0, s < 0)
        each = np.vectorize(lambda key: chances.get(key, 1e-9))(_keys(s, t, size))
        each = np.where(new, 1e-9, each)
        found.append((each / each.sum(axis=1, keepdims=True))[:, 1:])
    return found


def _keys(source, target, size):
    """A number for each target and source word, `[t, s]`."""
    return np.add.outer(target, source * size)


def _cut(pairs: Pairs) -> list[tuple[Sequence[str], Sequence[str]]]:
    return [
        ([_NOWHERE, *words(source.lower())], words(target.lower()))
        for source, target in zip(pairs.source, pairs.target, strict=True)
    ]

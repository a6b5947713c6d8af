"""Do attention weights say which word translates which? Alignment error rate.

Axes: `t` target token or word, `s` source token or word.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from keras_transformer.corpora import Alignment, Pairs
from keras_transformer.tokens import END, START, padded
from keras_transformer.translation.translator import Translator
from keras_transformer.translation.words import token_words


def word_weights(
    weights: np.ndarray, target: Sequence[int], source: Sequence[int]
) -> np.ndarray:
    """Weights between words: mean over the tokens that write, sum over those read.

    Args:
        weights: Float `[t, s]` between tokens; what follows the last token of either
            side, its end, is left out.
        target: Word of each target token.
        source: Word of each source token.

    Returns:
        Float32 `[t, s]` between words. A row sums to 1 minus what the end received.

    Example:
        >>> weights = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5], [0, 0, 1]])
        >>> word_weights(weights, target=[0, 0], source=[0, 0]).tolist()
        [[0.625]]
    """
    rows = np.zeros((max(target, default=-1) + 1, weights.shape[1]), "float32")
    np.add.at(rows, list(target), weights[: len(target)])
    rows /= np.bincount(target, minlength=len(rows))[:, None] if len(rows) else 1
    columns = np.zeros((len(rows), max(source, default=-1) + 1), "float32")
    np.add.at(columns.T, list(source), rows[:, : len(source)].T)
    return columns


def links(weights: np.ndarray) -> Alignment:
    """Each target word with the source word that it looked at most.

    A target word that looked at nothing, or rather at the end, has no link.

    Args:
        weights: Float `[t, s]` between words, a row of sum at most 1.

    Returns:
        `(source_word, target_word)` pairs, as gold alignments are written.

    Example:
        >>> links(np.array([[0.1, 0.8], [0.2, 0.1]]))  # the second: 0.7 on the end
        ((1, 0),)
    """
    if not weights.size:
        return ()
    rest = 1.0 - weights.sum(axis=1)
    best = weights.argmax(axis=1)
    return tuple(
        (int(best[t]), t) for t in range(len(weights)) if weights[t, best[t]] > rest[t]
    )


def links_both_ways(
    forward: np.ndarray, backward: np.ndarray, least: float = 0.15
) -> Alignment:
    """Links of two translators, one in each direction, from the mean of their weights.

    Each target word with the source word of the largest mean, and each source word that
    this leaves alone with its target word: so a target word can have two sources.

    Args:
        forward: Float `[t, s]`: where each target word looked as it was written.
        backward: Float `[s, t]`: where each source word looked, as the translator of
            the other direction wrote it.
        least: What the mean of both must exceed.

    Returns:
        `(source_word, target_word)` pairs, as gold alignments are written.

    Raises:
        ValueError: If the two do not belong to the same pair of sentences.

    Example:
        >>> forward = np.array([[0.9, 0.1, 0.0], [0.1, 0.5, 0.3]])  # he calls
        >>> backward = np.array([[0.9, 0.1], [0.1, 0.8], [0.0, 0.7]])  # er ruft an
        >>> links_both_ways(forward, backward)  # links(forward) misses the last
        ((0, 0), (1, 1), (2, 1))

    Source: Koehn, Och and Marcu 2003 (links of both directions), here with weights.
    """
    if forward.shape != backward.shape[::-1]:
        raise ValueError(
            "forward [t, s] and backward [s, t] must be of one pair, got shapes "
            f"{forward.shape} and {backward.shape}"
        )
    if not forward.size:
        return ()
    mean = (forward + backward.T) / 2
    found = {(int(s), t) for t, s in enumerate(mean.argmax(axis=1))}
    linked = {s for s, t in found if mean[t, s] > least}
    found |= {(s, int(t)) for s, t in enumerate(mean.argmax(axis=0)) if s not in linked}
    return tuple(sorted((s, t) for s, t in found if mean[t, s] > least))


def alignment_error_rate(
    found: Sequence[Alignment], gold: Sequence[Alignment]
) -> float:
    """How far alignments are from the gold ones, all of whose links are sure.

    ```
    AER = 1 - 2 · |found ∩ gold| / (|found| + |gold|)
    ```

    Args:
        found: Links `(source_word, target_word)` of each pair.
        gold: Gold links of each pair.

    Returns:
        0, all links right and none missing, to 1.

    Raises:
        ValueError: If the sides differ in number, or hold no link at all.

    Example:
        >>> alignment_error_rate([((0, 0), (2, 1))], [((0, 0), (1, 1))])
        0.5

    Source: Och and Ney 2003, equation 19, with sure links only.
    """
    if len(found) != len(gold):
        raise ValueError(
            "an alignment error rate needs as many alignments as gold ones, "
            f"got {len(found)} and {len(gold)}"
        )
    total = sum(map(len, found)) + sum(map(len, gold))
    if not total:
        raise ValueError("an alignment error rate needs links, got none")
    common = sum(
        len(set(mine) & set(right)) for mine, right in zip(found, gold, strict=True)
    )
    return 1 - 2 * common / total


def attention_of(
    translator: Translator,
    pairs: Pairs,
    batch_size: int = 64,
    kind: str = "cross",
    step: str = "writes",
) -> Iterator:
    """Where a model looks while it writes the references.

    Args:
        translator: The translator.
        pairs: Source and target sentences.
        batch_size: Sentences a batch.
        kind: Whose attention: `"cross"`, the target words' at the source words, or
            `"encoder"`, the source words' at one another.
        step: Of cross-attention, which step of the decoder is a word's: the one that
            `"writes"` it, or the next one, which `"reads"` it as input.

    Yields:
        For each pair, in order, the weights between words, float32
        `[layer, head, t, s]`, or `[layer, head, s, s]`; `None` if its model has no
        such attention.

    Raises:
        ValueError: If the kind or the step is neither.

    Source: the step that reads a word: Chen et al. 2020.
    """
    if kind not in ("cross", "encoder"):
        raise ValueError(f"kind must be 'cross' or 'encoder', got {kind!r}")
    if step not in ("writes", "reads"):
        raise ValueError(f"step must be 'writes' or 'reads', got {step!r}")
    sources = translator.source_tokenizer.encode(pairs.source)
    targets = translator.target_tokenizer.encode(pairs.target)
    order = sorted(range(len(pairs)), key=lambda i: len(sources[i]) + len(targets[i]))
    found: list = [None] * len(pairs)
    for first in range(0, len(order), batch_size):
        batch = order[first : first + batch_size]
        weights = translator.attention(
            padded([[*sources[i], END] for i in batch]),
            padded([[START, *targets[i]] for i in batch]),
        ).get(kind)
        for row, i in enumerate(batch):
            if weights is None:
                continue
            source = token_words(
                translator.source_tokenizer, sources[i], pairs.source[i]
            )
            looking, rows = source, weights[row]
            if kind == "cross":
                target = pairs.target[i]
                looking = token_words(translator.target_tokenizer, targets[i], target)
                rows = rows[:, :, 1:] if step == "reads" else rows
            found[i] = _between_words(rows, looking, source)
    yield from found


def attention_alignment_error(
    translator: Translator, pairs: Pairs, step: str = "writes"
) -> float | None:
    """Alignment error rate of the mean over layers and heads, on the references.

    Args:
        translator: The translator.
        pairs: Pairs with gold alignments.
        step: Which step of the decoder is a word's; see `attention_of`.

    Returns:
        0 to 1, lower is better; `None` for a model without attention.

    Raises:
        ValueError: If the pairs have no gold alignments.
    """
    if pairs.alignments is None:
        raise ValueError("an alignment error rate needs gold alignments, got none")
    found = list(attention_of(translator, pairs, step=step))
    if any(weights is None for weights in found):
        return None
    means = [links(weights.mean(axis=(0, 1))) for weights in found]
    return alignment_error_rate(means, pairs.alignments)


def _between_words(weights, target, source):
    layers, heads = weights.shape[:2]
    flat = [
        word_weights(w, target, source) for w in weights.reshape(-1, *weights.shape[2:])
    ]
    return np.reshape(flat, (layers, heads, *flat[0].shape))

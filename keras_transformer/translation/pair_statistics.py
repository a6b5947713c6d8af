"""What is known of sentence pairs before a model is chosen for them."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable

from keras_transformer.corpora import Corpus
from keras_transformer.text import Tokenizer
from keras_transformer.translation.recipes import TextConfig

SAMPLE = 20_000
"""Pairs that are looked at, evenly spaced; all are counted."""
SHARES = (0.35, 0.65, 0.9, 0.995, 1.0)
"""Shares of the pairs, for which `Statistics` has lengths."""


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What a choice depends on.

    Args:
        pairs: Sentence pairs to train on.
        lengths: Lengths in tokens that the shares `SHARES` of the pairs do not exceed:
            the longer side, with its end.
        mean_length: Their mean.
        overlap: Share of the letters that both languages use alike, from 0 to 1.
        copies: Share of the pairs whose sides are the same.
    """

    pairs: int
    lengths: tuple[int, ...]
    mean_length: float
    overlap: float
    copies: float = 0.0


def measure(corpus: Corpus, text_for: Callable[[int, float], TextConfig]) -> Statistics:
    """Look at the pairs that a corpus trains on; the same pairs give the same answer.

    Args:
        corpus: The corpus.
        text_for: Given the number of pairs and the overlap, says how they are to become
            tokens.
    """
    pairs = corpus.splits["train"]
    seen = pairs.pick(range(0, len(pairs), -(-len(pairs) // SAMPLE)))
    source, target = map(_letters, (seen.source, seen.target))
    overlap = sum(min(source[letter], target[letter]) for letter in source)
    text = text_for(len(pairs), overlap)
    sides = seen.source, seen.target
    learned = [[*seen.source, *seen.target]] * 2 if text.shared else sides
    source_ids, target_ids = (
        Tokenizer.learn(known, text.vocabulary_size).encode(side)
        for known, side in zip(learned, sides, strict=True)
    )
    both = zip(source_ids, target_ids, strict=True)
    lengths = sorted(1 + max(len(s), len(t)) for s, t in both)
    copies = sum(s == t for s, t in zip(*sides, strict=True))
    return Statistics(
        len(pairs),
        tuple(lengths[math.ceil(share * len(lengths)) - 1] for share in SHARES),
        round(sum(lengths) / len(lengths), 2),
        round(overlap, 3),
        round(copies / len(seen), 3),
    )


def _letters(sentences):
    """The share of each letter among the letters of sentences."""
    counts = Counter(c for s in sentences for c in s.casefold() if c.isalpha())
    total = counts.total() or 1
    return Counter({letter: count / total for letter, count in counts.items()})

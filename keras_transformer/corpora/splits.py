"""Splits of one list of pairs such that no sentence is in two of them.

Where a sentence has several translations, a random split tests on what was
trained on. Sentences and their translations form a bipartite graph; a pair is an
edge of it. Only whole connected components are set aside, so neither side of a
held-out pair occurs in training, up to case, punctuation, spaces and width.

Traditional and simplified characters count as different. Where both scripts of a
sentence share a translation, that connects them; on the Tatoeba file of 2026-02-13,
2 of the 2,000 held-out sentences occur in training in the other script (found with
zhconv), which does not pay for a table of characters.
"""

import dataclasses
import hashlib
import unicodedata
from collections.abc import Mapping, Sequence

from keras_transformer.corpora.corpus import Pairs

# The few components that are larger are the greetings and one-word answers that
# everything is connected to; held out, a few of them would be the whole test.
LARGEST_HELD_OUT = 20


def sentence_key(text: str) -> str:
    """What two sentences must share to count as the same sentence.

    NFKC and full case folding, without punctuation, symbols, spaces and
    invisible characters. A sentence of nothing else is its own key.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Folding can denormalise, so that equal texts would differ in composition.
    folded = unicodedata.normalize("NFKC", folded)
    kept = "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")
    return kept or folded.strip()


def components(source: Sequence[str], target: Sequence[str]) -> list[list[int]]:
    """The pairs' indices, grouped by connected component, in order."""
    parent: dict[tuple[int, str], tuple[int, str]] = {}

    def root(node):
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    nodes = [(0, sentence_key(text)) for text in source]
    for node, text in zip(nodes, target, strict=True):
        parent[root(node)] = root((1, sentence_key(text)))
    groups: dict[tuple[int, str], list[int]] = {}
    for index, node in enumerate(nodes):
        groups.setdefault(root(node), []).append(index)
    return list(groups.values())


def leak_free_splits(
    source: Sequence[str], target: Sequence[str], held_out: int = 1000
) -> dict[str, list[int]]:
    """Sets whole components aside for `valid` and `test`.

    Which ones is decided by a hash of their sentences: it depends neither on a
    random generator nor on the order of the pairs.

    Args:
        source: The source sentences.
        target: Their translations.
        held_out: At most this many pairs for `valid` and for `test` each, and
            at most a twentieth of all.

    Returns:
        Indices by split name, `train`, `valid`, `test`, each in order.
    """

    def rank(group):
        return hashlib.sha256(min(sentence_key(source[i]) for i in group).encode())

    groups = components(source, target)
    groups.sort(key=lambda group: rank(group).digest())
    splits = {"train": [], "valid": [], "test": []}
    size = min(held_out, len(source) // 20)
    for group in groups:
        small = len(group) <= LARGEST_HELD_OUT
        for split in ("test", "valid"):
            if small and len(splits[split]) + len(group) <= size:
                splits[split] += group
                break
        else:
            splits["train"] += group
    return {split: sorted(indices) for split, indices in splits.items()}


def split_pairs(pairs: Pairs, parts: Mapping[str, Sequence[int]]) -> dict[str, Pairs]:
    """The pairs of every part; what their file skipped is counted with `train`."""
    splits = {split: pairs.pick(indices) for split, indices in parts.items()}
    splits["train"] = dataclasses.replace(splits["train"], skipped=pairs.skipped)
    return splits

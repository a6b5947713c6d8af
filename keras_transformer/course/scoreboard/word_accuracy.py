"""Which words of the references does a model write, when it is led along them?

Axes: `t` target token.
"""

from collections.abc import Iterator

import numpy as np
from keras import ops

from keras_transformer.corpora import Alignment, Pairs
from keras_transformer.corpora.corpus import words
from keras_transformer.tokens import END, START, padded
from keras_transformer.translation.translator import Translator
from keras_transformer.translation.words import word_of_token


def words_written(
    translator: Translator, pairs: Pairs, batch_size: int = 128
) -> Iterator:
    """Whether the model's first choice is right, at each word of each reference.

    The model reads the reference up to each token (teacher forcing), so that one
    mistake does not cause the next. A word is right when every token of it is.

    Args:
        translator: The translator.
        pairs: Source and target sentences.
        batch_size: Sentences a batch.

    Yields:
        For each pair, in order, booleans `[number of target words]`.
    """
    tokenizer = translator.target_tokenizer
    sources = translator.source_tokenizer.encode(pairs.source)
    targets = tokenizer.encode(pairs.target)
    # One width for all: one program, and the weights' softmax hides padding anyway.
    width = max(map(len, [*sources, *targets])) + 1
    for first in range(0, len(pairs), batch_size):
        batch = range(first, min(first + batch_size, len(pairs)))
        inputs = {
            "source": padded([[*sources[i], END] for i in batch], width),
            "target": padded([[START, *targets[i]] for i in batch], width),
        }
        logits = translator.model(inputs, training=False)
        best = ops.convert_to_numpy(ops.argmax(logits, axis=-1))
        for row, i in enumerate(batch):
            spelled = words(tokenizer.normalize([pairs.target[i]])[0])
            word = word_of_token(tokenizer.letters(targets[i]), spelled)
            right = np.ones(len(spelled), bool)
            right[np.array(word)[best[row, : len(word)] != targets[i]]] = False
            yield right


def kinds_of_words(alignment: Alignment, count: int) -> list[str]:
    """How many source words stand behind each target word, and how far apart.

    Args:
        alignment: Gold links `(source_word, target_word)`.
        count: Number of target words.

    Returns:
        For each target word `"none"`, `"one"`, `"two, neighbours"`, `"two, apart"` or
        `"more"`.

    Example:
        >>> kinds_of_words(((0, 0), (1, 1), (4, 1), (2, 2), (3, 2)), 4)
        ['one', 'two, apart', 'two, neighbours', 'none']
    """
    behind: list[list[int]] = [[] for _ in range(count)]
    for source, target in alignment:
        behind[target].append(source)
    return [_kind(sorted(found)) for found in behind]


def _kind(found):
    if len(found) == 2:
        return "two, neighbours" if found[1] == found[0] + 1 else "two, apart"
    return {0: "none", 1: "one"}.get(len(found), "more")


def accuracy_by_sources(
    translator: Translator, pairs: Pairs, batch_size: int = 128
) -> dict[str, tuple]:
    """Accuracy on the words of the references, by what stands behind them.

    Args:
        translator: The translator.
        pairs: Pairs with gold alignments.
        batch_size: Sentences a batch.

    Returns:
        For each of the `kinds_of_words` that occurs the pair `(accuracy, words)`: the
        share written rightly, 0 to 1, and their number.

    Raises:
        ValueError: If the pairs have no gold alignments.
    """
    if pairs.alignments is None:
        raise ValueError("words by their sources need gold alignments, got none")
    counts: dict[str, list[int]] = {}
    written = words_written(translator, pairs, batch_size)
    for right, alignment in zip(written, pairs.alignments, strict=True):
        for kind, hit in zip(kinds_of_words(alignment, len(right)), right, strict=True):
            count = counts.setdefault(kind, [0, 0])
            count[0] += int(hit)
            count[1] += 1
    return {kind: (hits / total, total) for kind, (hits, total) in counts.items()}

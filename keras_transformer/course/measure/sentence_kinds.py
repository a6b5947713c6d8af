"""How a sentence of the phrasebook is built: six kinds, told by order and endings.

Axes: `b` sentence, `t` position.
"""

import re
import types
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from keras_transformer.corpora import Pairs, words
from keras_transformer.course.measure.few_labels import drawn
from keras_transformer.tokens import START, padded
from keras_transformer.tokens.reserved import END

HIDDEN = END + 1
"""The id of `[MASK]`, which stands where a word is hidden."""

KINDS: Mapping[str, tuple[str, ...]] = types.MappingProxyType(
    {
        "plain": (),
        "question": ("questions",),
        "inversion": ("verb_second",),
        "perfect": ("perfect_bracket",),
        "modal": ("modal_bracket",),
        "separable": ("separable_verbs",),
    }
)
"""The phenomena of a sentence of each kind: these, and no others."""


_KINDS_OF_WORDS = {
    "article": r"d(er|ie|as|en|em|es)|(k?ein|mein|dein|sein|unser|dies)(e[rnsm]?)?",
    "pronoun": r"ich|du|er|sie|es|wir|mich|dich|ihn|uns|euch|mir|dir|ihm|ihnen|sich",
    "preposition": r"in|ins|im|an|am|auf|mit|zum|zur|nach|von|für|aus|bei|um|vor",
}


def kind_of_word(word: str) -> str:
    """An article, a pronoun, a preposition, by closed lists, or another word.

    Args:
        word: A German word, lower-cased.

    Example:
        >>> [kind_of_word(word) for word in ("meiner", "dich", "auf", "ruft")]
        ['article', 'pronoun', 'preposition', 'other']
    """
    kinds = _KINDS_OF_WORDS.items()
    return next((k for k, words in kinds if re.fullmatch(words, word)), "other")


class WordIds:
    """Words as numbers: the reserved ids, `[MASK]`, then all words of a text.

    Args:
        sentences: The words of each sentence.

    Example:
        >>> numbers = WordIds([["er", "singt"], ["sie", "singt"]])
        >>> numbers.vocabulary
        ['[PAD]', '[START]', '[END]', '[MASK]', 'er', 'sie', 'singt']
        >>> numbers([["sie", "singt"]])
        [[5, 6]]
    """

    def __init__(self, sentences: Iterable[Sequence[str]]):
        known = sorted({word for sentence in sentences for word in sentence})
        self.vocabulary = ["[PAD]", "[START]", "[END]", "[MASK]", *known]
        self.number = {word: i for i, word in enumerate(self.vocabulary)}

    def __call__(self, sentences: Iterable[Sequence[str]]) -> list[list[int]]:
        """The ids of each sentence, without a start; an unknown word is left out."""
        return [[self.number[w] for w in s if w in self.number] for s in sentences]


def plain_words(text: str) -> list[str]:
    """The words of a sentence, lower-cased, without the mark that ends it.

    Example:
        >>> plain_words("Ruft er Anna an?")
        ['ruft', 'er', 'anna', 'an']
    """
    return words(text.lower().rstrip(".?"))


def of_one_kind(parts: Iterable[Pairs]) -> tuple[list[list[str]], np.ndarray]:
    """The sentences that are of one of the six kinds, and of nothing else.

    Args:
        parts: Sentence pairs with their phenomena; the source side is read.

    Returns:
        The words of each sentence, and the number of its kind, integers `[b]`.
    """
    number = {phenomena: i for i, phenomena in enumerate(KINDS.values())}
    found = [
        (plain_words(text), number[tags])
        for pairs in parts
        for text, tags in zip(pairs.source, pairs.phenomena or (), strict=True)
        if tags in number
    ]
    return [sentence for sentence, _ in found], np.array([kind for _, kind in found])


def each_word_hidden(
    sentences: Iterable[Sequence[int]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every sentence as often as it has words, each time with another one hidden.

    Args:
        sentences: The ids of each sentence, without a start.

    Returns:
        What is read, int32 `[b, t]`, begun by the start token; the position that is
        hidden, `[b]`; and the id that stood there, `[b]`.

    Example:
        >>> read, place, hidden = each_word_hidden([[7, 8]])
        >>> read.tolist(), place.tolist(), hidden.tolist()
        ([[1, 3, 8], [1, 7, 3]], [1, 2], [7, 8])
    """
    read, place, hidden = [], [], []
    for sentence in sentences:
        for i, word in enumerate(sentence):
            read.append([START, *sentence[:i], HIDDEN, *sentence[i + 1 :]])
            place.append(i + 1)
            hidden.append(word)
    return padded(read), np.array(place), np.array(hidden)


def kinds_of_phrasebook(
    splits: Mapping[str, Pairs], numbers: WordIds, each: int = 90, length: int = 14
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The sentences of one kind: those of the training split, and others to test.

    Args:
        splits: The splits of the phrasebook.
        numbers: The ids of its words.
        each: How many of each kind to test, drawn from all other splits.
        length: The most tokens of a sentence, with its start; longer ones are left out.

    Returns:
        Ids `[b, t]` and kinds `[b]` to learn from, then ids and kinds to be judged by.
    """

    def of(*names):
        sentences, labels = of_one_kind(splits[name] for name in names)
        rows = [[START, *ids] for ids in numbers(sentences)]
        short = [i for i, row in enumerate(rows) if len(row) <= length]
        return padded([rows[i] for i in short], length), labels[short]

    ids, labels = of(*(name for name in splits if name != "train"))
    judges = drawn(labels, each, seed=0)
    return *of("train"), ids[judges], labels[judges]

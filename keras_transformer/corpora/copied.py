"""Pairs that show a translator what it should not translate: names and numbers."""

import itertools
import re
from collections import Counter
from collections.abc import Callable

import numpy as np

from keras_transformer.corpora.corpus import Pairs

_LETTERS = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_ONSETS = [*"bdfghjklmnprstvwxyz", "br", "ch", "gr", "kl", "qu", "sch", "tr"]
_VOWELS = [*"aeiouäöüé", "ai", "ei", "ou", "ie"]
_CODAS = ["", *"lmnrstx", "ck", "nd", "tz"]
SEEN, CERTAIN = 5, 0.5
"""Sentences with a word before it counts, and how closely two must go together: twice
the sentences with both over the sum of those with either (Dice's coefficient)."""


def made_up(random: np.random.Generator) -> str:
    """A name, a number or a word of capitals that is made up.

    Args:
        random: Where chance comes from.

    Returns:
        For example `Grousnitz`, `1204`, `37,5` or `KXB7`.
    """
    return str(random.choice([_name, _number, _capitals])(random))


def copied_pairs(
    pairs: Pairs,
    count: int,
    make: Callable[[np.random.Generator], str] = made_up,
    seed: int = 1,
) -> Pairs:
    """Pairs, and others in which a word and its translation are the same made-up word.

    A translator that has never seen a name cannot know that it stays as it is: it makes
    words that it knows of its pieces. These pairs show it. Which word translates which
    is counted on the pairs themselves: two words that each go together most with the
    other, in all the sentences, and stand once in theirs.

    Args:
        pairs: The pairs. What else is known of them, such as alignments, is not kept.
        count: How many pairs to make; one pair may serve several times.
        make: Draws the word that stands on both sides.
        seed: Seed of the pairs, the words and what replaces them.

    Returns:
        The pairs, then those that were made.

    Raises:
        ValueError: If `count` is below 1, or no word of any pair has a translation that
            is certain enough.

    Example:
        >>> source = ("ein Hund", "ein Ball", "ein Mann") * 5
        >>> pairs = Pairs(source, ("a dog", "a ball", "a man") * 5)
        >>> made = copied_pairs(pairs, 1, lambda random: "Rex", seed=1)
        >>> made.source[15], made.target[15]
        ('ein Rex', 'a Rex')

    Source: Currey et al. 2017, "Copied monolingual data improves low-resource neural
    machine translation", whose copies are whole sentences.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    links = _links(pairs)
    if not links:
        raise ValueError(
            "at least one word must stand beside its translation in "
            f"{SEEN} pairs, and seldom apart, got {len(pairs)} pairs without one"
        )
    random, chosen = np.random.default_rng(seed), list(links)
    sides: tuple[list[str], list[str]] = list(pairs.source), list(pairs.target)
    for number in random.integers(len(chosen), size=count):
        pair = chosen[number]
        link, word = links[pair][random.integers(len(links[pair]))], make(random)
        for side, (begin, end) in zip(sides, link, strict=True):
            side.append(side[pair][:begin] + word + side[pair][end:])
    return Pairs(*map(tuple, sides))


def _links(pairs):
    """By pair, the places of words and of their translations, where certain."""
    sides = [[_once(text) for text in side] for side in (pairs.source, pairs.target)]
    alone = [Counter(word for found in side for word in found) for side in sides]
    known = [{w for w, seen in each.items() if seen >= SEEN} for each in alone]
    together: Counter[tuple[str, str]] = Counter()
    for found in zip(*sides, strict=True):
        sources, targets = (w.keys() & k for w, k in zip(found, known, strict=True))
        together.update(itertools.product(sources, targets))
    best: list[dict[str, tuple[float, str]]] = [{}, {}]
    for (source, target), seen in together.items():
        dice = 2 * seen / (alone[0][source] + alone[1][target])
        for side, word, other in ((0, source, target), (1, target, source)):
            best[side][word] = max(best[side].get(word, (0.0, "")), (dice, other))
    partner = {
        source: target
        for source, (dice, target) in best[0].items()
        if dice >= CERTAIN and best[1][target][1] == source
    }
    links = {}
    for index, (source, target) in enumerate(zip(*sides, strict=True)):
        found = [
            (place, target[partner[word]])
            for word, place in source.items()
            if partner.get(word) in target
        ]
        if found:
            links[index] = found
    return links


def _once(text):
    """The words that stand once in a text, lower-cased, and where."""
    found = [(match[0].lower(), match.span()) for match in _LETTERS.finditer(text)]
    counts = Counter(word for word, _ in found)
    return {word: place for word, place in found if counts[word] == 1}


def _name(random):
    def syllable():
        return "".join(random.choice(part) for part in (_ONSETS, _VOWELS, _CODAS))

    return "".join(syllable() for _ in range(random.integers(2, 4))).capitalize()


def _number(random):
    digits = str(random.integers(1, 10 ** random.integers(1, 6)))
    if random.random() < 0.3:
        digits += random.choice([",", ".", ":"]) + str(random.integers(1, 100))
    return digits


def _capitals(random):
    letters = "".join(random.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 3))
    return letters + (str(random.integers(1, 100)) if random.random() < 0.3 else "")

"""Linked words: what phrases are made of, and how adverbials become them."""

import dataclasses
import itertools
from collections.abc import Callable

from keras_transformer.course.phrasebook.draw import Dice
from keras_transformer.course.phrasebook.lexicon import Lexicon

# A word and the links that it takes part in: a German and an English word are
# aligned if they share a link.
Word = tuple[str, tuple[int, ...]]
Words = list[Word]


@dataclasses.dataclass
class Draw:
    """All that one sentence is drawn from.

    Args:
        dice: The source of chance.
        lexicon: The words.
        rich: From 0 (bare) to 1: how much adorns the sentence.
        depth: How many relative clauses may still be nested.
        relative: Builds a relative clause for a noun, set by the clauses.
        phenomena: What the sentence shows so far.
        used: The nouns and names that it holds so far.
        verbs: The verbs that it holds so far.
        every: Whether "jeder" may be used.
        links: The links that are still free.
    """

    dice: Dice
    lexicon: Lexicon
    rich: float = 0.5
    depth: int = 1
    relative: Callable | None = None
    phenomena: set[str] = dataclasses.field(default_factory=set)
    used: list[str] = dataclasses.field(default_factory=list)
    verbs: list[str] = dataclasses.field(default_factory=list)
    every: bool = False
    links: itertools.count = dataclasses.field(default_factory=itertools.count)

    def link(self) -> int:
        """A link that no word has yet."""
        return next(self.links)

    def unused(self, names: tuple[tuple[str, str], ...]) -> tuple[str, str]:
        """A name that the sentence does not hold yet, with its translation."""
        # Two people of one name would confuse.
        chosen = self.dice.pick([n for n in names if n[0] not in self.used] or names)
        self.used.append(chosen[0])
        return chosen

    def show(self, *names: str) -> None:
        """Notes that the sentence shows these phenomena."""
        self.phenomena.update(names)


def words(text: str, *links: int) -> Words:
    """Every word of the text, with these links."""
    return [(word, links) for word in text.split()]


def linked(draw: Draw, source: str, target: str) -> tuple[Words, Words]:
    """An adverbial and its translation.

    Args:
        draw: Gives the links.
        source: German words, each perhaps with a link: "am/1 Montag/2".
        target: English words, likewise.
    """
    if "/" in source:
        keys = {}
        sides = []
        for text in (source, target):
            side = []
            for item in text.split():
                word, _, key = item.partition("/")
                if key not in keys:
                    keys[key] = draw.link()
                side.append((word, (keys[key],)))
            sides.append(side)
        return sides[0], sides[1]
    left, right = source.split(), target.split()
    if len(left) != len(right):
        link = draw.link()
        return words(source, link), words(target, link)
    fresh = [draw.link() for _ in left]
    return (
        [(word, (link,)) for word, link in zip(left, fresh, strict=True)],
        [(word, (link,)) for word, link in zip(right, fresh, strict=True)],
    )

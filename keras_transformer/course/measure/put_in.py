"""Captions with names, numbers and capitals put in, and whether they come through.

None of these words stands in the training pairs of Multi30k. A caption serves where it
has a word to be replaced, or to stand beside, once on both sides.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

from keras_transformer.corpora import Pairs

NUMBERS = {
    "zwei": "two",
    "drei": "three",
    "vier": "four",
    "fünf": "five",
    "sechs": "six",
}
"""These become a number in digits; it is larger, so that the plural stays right."""
PEOPLE = {
    "ein mann": "a man",
    "eine frau": "a woman",
    "ein junge": "a boy",
    "ein mädchen": "a girl",
}
"""These become a name."""
THINGS = {
    "hemd": "shirt",
    "shirt": "shirt",
    "t-shirt": "t-shirt",
    "jacke": "jacket",
    "kleid": "dress",
    "hut": "hat",
    "ball": "ball",
    "auto": "car",
    "motorrad": "motorcycle",
    "tisch": "table",
    "hund": "dog",
    "band": "band",
}
"""Before these stands a word of capitals."""
FIRST = "Ruslan Achieng Tomasz Ingrid Nguyen Okonkwo Xiulan Bjarne Fatima Yevhen"
LAST = "Kowalczyk Petrov Dubois Haraldsson Takahashi Mbeki Ferreira O'Neill"
CAPITALS = "NASA UNESCO ABBA FIFA OPEC AC7 USB3 ESA QR8 WTO R2D2 KLM"
COUNT = 200


@dataclasses.dataclass(frozen=True)
class PutIn:
    """A caption with something put in.

    Args:
        kind: `"number"`, `"name"` or `"capitals"`.
        source: The German caption.
        target: The English one.
        words: What must stand in a translation.
    """

    kind: str
    source: str
    target: str
    words: tuple[str, ...]


def put_in(pairs: Pairs, count: int = COUNT) -> list[PutIn]:
    """The first captions that something can be put into, the kinds in turn.

    Args:
        pairs: German captions and their translations.
        count: How many to make.

    Returns:
        `count` captions, or as many as there are.
    """
    found: list[PutIn] = []
    made = dict.fromkeys(("number", "name", "capitals"), 0)
    for source, target in zip(pairs.source, pairs.target, strict=True):
        for kind in sorted(made, key=lambda kind: made[kind]):
            changed = _changed(kind, made[kind], source, target)
            if changed and len(found) < count:
                made[kind] += 1
                found.append(changed)
                break
    return found


def came_through(asked: Sequence[PutIn], translations: Sequence[str]) -> dict:
    """The share of captions whose every word came through, of each kind and of all.

    Args:
        asked: What `put_in` returned.
        translations: A translation of each. Upper case does not matter.

    Returns:
        `{"number": …, "name": …, "capitals": …, "all": …}`, in [0, 1].
    """
    right: dict[str, list[bool]] = {}
    for each, translation in zip(asked, translations, strict=True):
        whole = all(len(_places(word, translation)) == 1 for word in each.words)
        for kind in (each.kind, "all"):
            right.setdefault(kind, []).append(whole)
    return {kind: sum(each) / len(each) for kind, each in right.items()}


def _changed(kind, number, source, target):
    words, table = {
        "number": ((str(101 + 367 * number),), NUMBERS),
        "name": (_name(number), PEOPLE),
        "capitals": ((_one(CAPITALS, number),), THINGS),
    }[kind]
    place = _both(table, source, target)
    if place is None:
        return None
    text = " ".join(words)
    sides = []
    for side, (begin, end) in zip((source, target), place, strict=True):
        kept = f" {side[begin:end]}" if kind == "capitals" else ""
        sides.append(side[:begin] + text + kept + side[end:])
    return PutIn(kind, *sides, words)


def _name(number):
    first = _one(FIRST, number)
    return (first,) if number % 2 else (first, _one(LAST, number))


def _one(words, number):
    words = words.split()
    return words[number % len(words)]


def _both(table: Mapping[str, str], source, target):
    """Where a word stands, and where its translation does, if each stands once."""
    for german, english in table.items():
        places = _places(german, source), _places(english, target)
        if all(len(found) == 1 for found in places):
            return tuple(found[0] for found in places)
    return None


def _places(word, text):
    """Where a word stands in a text, as a whole one, in whatever case."""
    pattern = rf"(?<![\w-]){re.escape(word)}(?![\w-])"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]

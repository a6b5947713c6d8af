"""Which pairs of a corpus teach a translator nothing, and how the rest is tidied."""

import dataclasses
import hashlib
import html
import itertools
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

from keras_transformer.corpora.splits import sentence_key
from keras_transformer.system.ranges import Count, Range, check

SAMPLE = 2000
"""Pairs that are looked at first: what scripts a side has, how long sides are."""

COMMON = 20
"""Pairs of the sample that tell how long translations between two scripts are."""

SHORT = 30
"""Characters up to which a translation may be as long as it likes."""

_SPACES = re.compile(r"\s+")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
# Zero-width joiner and non-joiner carry meaning in some scripts, and stay.
_JOINERS = "\u200c\u200d"


@dataclasses.dataclass(frozen=True)
class Cleaning:
    """What `clean` leaves out; every rule has a switch."""

    empty: bool = True
    """Drop pairs with a side without a letter or digit."""
    copies: bool = True
    """Drop pairs whose sides are the same sentence."""
    duplicates: bool = True
    """Drop pairs that were there before, up to case, punctuation and width."""
    length: bool = True
    """Drop pairs with a side of more than `max_characters`."""
    ratio: bool = True
    """Drop pairs with a side more than `max_ratio` times as long as it should be beside
    the other, by the median of the pairs in their scripts; short ones may differ
    more."""
    script: bool = True
    """Drop pairs with a side of which more than half the words are in none of the
    scripts that are usual on that side."""
    leaks: bool = True
    """Drop pairs that share a sentence with the held-out ones."""
    max_characters: Count = 1000
    """The most characters of a side, if `length` asks."""
    max_ratio: Annotated[float, Range(above=1, most=1000)] = 3.0
    """How many times as long a side may be, if `ratio` asks."""

    def __post_init__(self):
        check(self)


@dataclasses.dataclass
class Judged:
    """One pair after cleaning: tidied, and the rule that leaves it out, if one does."""

    number: int
    source: str
    target: str
    rule: str | None
    repairs: tuple[str, ...]


def tidy(text: str) -> tuple[str, tuple[str, ...]]:
    r"""A sentence without what no reader sees, and what was done to it.

    HTML entities become their characters; invisible and control characters go; spaces
    of every kind, tabs and foreign line ends become one space.

    Args:
        text: The sentence.

    Example:
        >>> tidy("Tom\u00a0&amp;\ufeff Anna ")
        ('Tom & Anna', ('html entities', 'invisible characters', 'spaces'))
    """
    repairs = []
    if "&" in text and (plain := html.unescape(text)) != text:
        text = plain
        repairs.append("html entities")
    seen = "".join(
        c
        for c in text
        if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
    )
    if seen != text:
        repairs.append("invisible characters")
    text, seen = seen, _SPACES.sub(" ", seen).strip()
    if seen != text:
        repairs.append("spaces")
    return seen, tuple(repairs)


def script(character: str) -> str | None:
    """The script of a letter, by its Unicode name; `None` of anything else."""
    if not character.isalpha():
        return None
    name = unicodedata.name(character, "").split(" ")[0].split("-")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA", "IDEOGRAPHIC") else name


def _words_by_script(text: str) -> Counter[str]:
    """How many words of each script; a Chinese or Japanese character counts as one."""
    found, before = Counter(), None
    for name in map(script, text):
        if name is not None and (name != before or name == "CJK"):
            found[name] += 1
        before = name
    return found


def _kind(*texts: str) -> tuple[str | None, ...]:
    """The script of most words of each text."""
    counts = map(_words_by_script, texts)
    return tuple(next((name for name, _ in c.most_common(1)), None) for c in counts)


def _scripts(texts: Iterable[str]) -> frozenset[str]:
    """The scripts of at least a tenth of the words."""
    counts = sum(map(_words_by_script, texts), Counter())
    total = counts.total()
    return frozenset(name for name, count in counts.items() if 10 * count >= total)


def clean(
    pairs: Iterable[tuple[str, str]],
    cleaning: Cleaning,
    held_out: Iterable[tuple[str, str]] = (),
) -> Iterator[Judged]:
    """Tidy and judge pairs, one at a time.

    What is remembered of a pair are 8 bytes in a set, which takes about 200 MB for a
    million pairs. That two different ones of a million share theirs has a chance of
    3 in 10⁸.

    Args:
        pairs: Source and target sentences.
        cleaning: The rules.
        held_out: Pairs to test on: no sentence of theirs may stay.

    Yields:
        Every pair, in order.
    """
    pairs = iter(pairs)
    first = [
        tuple(tidy(text) for text in pair) for pair in itertools.islice(pairs, SAMPLE)
    ]
    rules = _rules(cleaning, [(s[0], t[0]) for s, t in first], held_out)
    tidied = itertools.chain(first, ((tidy(s), tidy(t)) for s, t in pairs))
    for number, ((source, did), (target, also)) in enumerate(tidied, start=1):
        found = (name for name, broken in rules.items() if broken(source, target))
        repairs = tuple(dict.fromkeys(did + also))
        yield Judged(number, source, target, next(found, None), repairs)


def _rules(cleaning, sample, held_out) -> dict[str, Callable[[str, str], bool]]:
    """The rules that are switched on, in the order in which they are asked."""
    usual = (
        [_scripts(texts) for texts in zip(*sample, strict=True)] if sample else [(), ()]
    )
    ratios = defaultdict(list)  # where sources are of two kinds, each has its own
    for source, target in sample:
        if source and target:
            for kind in (None, _kind(source, target)):
                ratios[kind].append(len(target) / len(source))
    medians = {
        kind: statistics.median(found)
        for kind, found in ratios.items()
        if kind is None or len(found) >= COMMON
    }
    known = {
        _digest(side, sentence_key(text))
        for pair in held_out
        for side, text in zip("st", pair, strict=True)
    }
    met: set[bytes] = set()

    def foreign(text, scripts):
        found = _words_by_script(text)
        return 2 * sum(found[name] for name in scripts) < sum(found.values())

    def uneven(source, target):
        ratio = medians.get(_kind(source, target), medians.get(None, 1.0))
        wanted = max(len(source) * ratio, 1.0), max(len(target), 1)
        return max(wanted) > cleaning.max_ratio * min(wanted) and max(wanted) > SHORT

    def repeated(source, target):
        key = _digest(sentence_key(source), sentence_key(target))
        if key in met:
            return True
        met.add(key)
        return False

    every = {
        "empty": lambda s, t: (
            not (any(map(str.isalnum, s)) and any(map(str.isalnum, t)))
        ),
        "length": lambda s, t: max(len(s), len(t)) > cleaning.max_characters,
        "copies": lambda s, t: sentence_key(s) == sentence_key(t),
        "script": lambda s, t: foreign(s, usual[0]) or foreign(t, usual[1]),
        "ratio": uneven,
        "leaks": lambda s, t: (
            _digest("s", sentence_key(s)) in known
            or _digest("t", sentence_key(t)) in known
        ),
        "duplicates": repeated,
    }
    return {name: rule for name, rule in every.items() if getattr(cleaning, name)}


def _digest(*keys):
    return hashlib.blake2b("\t".join(keys).encode(), digest_size=8).digest()

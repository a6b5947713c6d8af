"""The lexicon of the phrasebook: its lines as values."""

import dataclasses
import functools
import pathlib
import re
import tomllib

from keras_transformer.course.phrasebook import english, german

_HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Place:
    """How one is at a place, or gets to it: two prepositions and a case."""

    preposition: str
    case: str
    english: str


@dataclasses.dataclass(frozen=True)
class Noun:
    """A noun with its principal forms in both languages."""

    kind: str
    gender: str
    german: str
    genitive: str
    plural: str | None
    english: str
    english_plural: str
    there: Place | None = None
    thither: Place | None = None


@dataclasses.dataclass(frozen=True)
class Adjective:
    """An adjective; comparative and superlative are `None` where unused."""

    positive: str
    stem: str
    comparative: str | None
    superlative: str | None
    english: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Complement:
    """What a verb asks for: a case, perhaps behind a preposition, and classes."""

    role: str
    case: str = ""
    preposition: str = ""
    english: str = ""
    kinds: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Verb:
    """A verb, or a modal, with its principal parts in both languages."""

    infinitive: str
    prefix: str
    reflexive: bool
    present: dict[str, str]
    preterite: str
    auxiliary: str
    participle: str
    english: str
    particle: tuple[str, ...]
    past: str | None
    english_participle: str
    subject: tuple[str, ...]
    complements: tuple[Complement, ...]
    flags: frozenset[str]

    @functools.cached_property
    def joined(self) -> str:
        """The infinitive with its prefix, as in "anrufen"."""
        return self.prefix + self.infinitive


@dataclasses.dataclass(frozen=True)
class Lexicon:
    """All words, ready for the grammar."""

    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]
    modals: tuple[Verb, ...]
    auxiliaries: dict[str, Verb]
    names: dict[str, tuple[tuple[str, str], ...]]
    pronouns: dict[str, dict[str, str | None]]
    possessives: dict[str, tuple[str, str]]
    numerals: tuple[tuple[str, str], ...]
    look: tuple[str, ...]
    colours: tuple[str, ...]
    adverbials: dict[str, tuple[tuple[str, str], ...]]
    groups: dict[str, tuple[str, ...]]
    _members: dict[tuple[str, ...], tuple[Noun, ...]] = dataclasses.field(
        default_factory=dict
    )

    def of(self, kinds: tuple[str, ...]) -> tuple[Noun, ...]:
        """The nouns of these classes or with these German forms, in file order."""
        if kinds not in self._members:
            self._members[kinds] = tuple(
                n for n in self.nouns if n.kind in kinds or n.german in kinds
            )
        return self._members[kinds]


def _sides(line: str) -> tuple[str, str]:
    source, _, target = line.partition(" = ")
    return source.strip(), (target or source).strip()


def _place(text: str) -> Place:
    source, target = _sides(text)
    preposition, case = source.split()
    return Place(preposition, case, target)


def _noun(kind: str, line: str) -> Noun:
    entry, *places = (part.strip() for part in line.split(" ; "))
    source, target = _sides(entry)
    singular, genitive, plural = source.split(", ")
    article, word = singular.split()
    one, _, many = target.partition(", ")
    return Noun(
        kind,
        {"der": "m", "die": "f", "das": "n"}[article],
        word,
        word if genitive == "-" else genitive,
        None if plural == "-" else plural,
        one,
        many or english.plural(one),
        *map(_place, places),
    )


def _adjective(line: str, groups) -> Adjective:
    forms, kinds = line.split(" | ")
    source, target = _sides(forms)
    positive, *degrees = source.split(", ")
    match = re.fullmatch(r"(\w+)(?: \((\w+)\))?", positive)
    degrees = [None if degree == "-" else degree for degree in degrees]
    return Adjective(
        match[1],
        match[2] or match[1],
        degrees[0],
        degrees[1],
        tuple(target.split(", ")),
        _expand(kinds, groups),
    )


def _expand(kinds: str, groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The classes and words that a list of classes and groups stands for."""
    return tuple(dict.fromkeys(m for k in kinds.split() for m in groups.get(k, (k,))))


def _complement(text: str, groups) -> Complement:
    words = text.split()
    first = words[0]
    if first in ("dass", "ob", "adjective", "predicate", "thither"):
        return Complement(first)
    if first == "zu":
        return Complement("zu", english="ing" if "ing" in words else "")
    if first in ("there", "there!"):
        return Complement(first, kinds=_expand(" ".join(words[1:]), groups))
    if first == "experiencer":
        return Complement(first, "dat", kinds=_expand(" ".join(words[1:]), groups))
    if first in ("acc", "dat"):
        preposition = words[1] if words[1] in ("to", "for", "at") else ""
        kinds = _expand(" ".join(words[2 if preposition else 1 :]), groups)
        role = {"acc": "accusative", "dat": "dative"}[first]
        return Complement(role, first, english=preposition, kinds=kinds)
    case, target = words[1:3]
    kinds = _expand(" ".join(words[3:]), groups)
    return Complement("oblique", case, first, "" if target == "_" else target, kinds)


def _verb(line: str, irregular, groups) -> Verb:
    forms, subject, complements, flags = (part.strip() for part in line.split("|~|"))
    source, target = _sides(forms)
    infinitive, third, preterite, perfect = source.split(", ")
    reflexive = infinitive.startswith("sich ")
    prefix, _, stem = infinitive.removeprefix("sich ").rpartition("|")
    auxiliary, participle = perfect.split()
    base, *parts = target.split(", ")
    base, *particle = base.split()
    return Verb(
        stem,
        prefix,
        reflexive,
        german.present(stem, third, irregular.get(stem)),
        preterite,
        {"hat": "haben", "ist": "sein"}[auxiliary],
        prefix + participle,
        base,
        tuple(particle),
        parts[0] if parts else None,
        parts[-1] if parts else english.regular_past(base),
        _expand(subject, groups),
        tuple(_complement(c, groups) for c in complements.split(" + ") if c),
        frozenset(flags.split()),
    )


def _modal(line: str, irregular) -> Verb:
    source, target = _sides(line)
    infinitive, _, preterite = source.split(", ")
    base, past = target.split(", ")
    base, *particle = base.split()
    return Verb(
        infinitive,
        "",
        False,
        german.present(infinitive, "", irregular[infinitive]),
        preterite,
        "haben",
        "",
        base,
        tuple(particle),
        past.split()[0],
        "",
        (),
        (),
        frozenset() if preterite != "-" else frozenset(["present"]),
    )


def read() -> Lexicon:
    """Reads the lexicon that lies beside this module."""
    with open(_HERE / "lexicon.toml", "rb") as file:
        table = tomllib.load(file)
    groups = {k: tuple(v.split()) for k, v in table["special"].items()}
    for name, members in table["groups"].items():
        groups[name] = _expand(members, groups)
    irregular = table["irregular"]
    # The bar that cuts off a prefix has no spaces around it; the others do.
    lines = [re.sub(r" \|(?= |$)", " |~|", line) for line in table["verbs"]["lines"]]
    verbs = tuple(_verb(line, irregular, groups) for line in lines)
    auxiliaries = {v.joined: v for v in verbs if v.joined in ("haben", "sein")}
    auxiliaries["werden"] = _modal("werden, wird, wurde = will, -", irregular)
    pronouns = {}
    for person, line in table["pronouns"].items():
        source, target = _sides(line)
        forms = [None if f == "-" else f for f in source.split(", ")]
        names = ("nom", "acc", "dat", "reflexive", "subject", "object")
        pronouns[person] = dict(zip(names, forms + target.split(", "), strict=True))
    return Lexicon(
        tuple(_noun(k, line) for k, rows in table["nouns"].items() for line in rows),
        tuple(_adjective(line, groups) for line in table["adjectives"]["lines"]),
        verbs,
        tuple(_modal(line, irregular) for line in table["modals"]["lines"]),
        auxiliaries,
        {k: tuple(map(_sides, rows)) for k, rows in table["names"].items()},
        pronouns,
        {k: _sides(line) for k, line in table["possessives"].items()},
        tuple(map(_sides, table["numerals"]["cardinal"])),
        tuple(table["adjectives"]["look"].split()),
        tuple(table["adjectives"]["colours"].split()),
        {k: tuple(map(_sides, rows)) for k, rows in table["adverbials"].items()},
        groups,
    )

"""What stands before a noun: articles, possessives, numerals, genitives."""

import dataclasses
from collections.abc import Callable

from keras_transformer.course.phrasebook import english, german
from keras_transformer.course.phrasebook.lexicon import Noun
from keras_transformer.course.phrasebook.words import Draw, Words, words

_MASS = ("food", "drink")
_OWNED = ("clothing", "device", "thing", "private_vehicle", "text", "animal")
_PEOPLE = ("person", "relative")
_INDEFINITE = ("indefinite", "bare", "kein", "numeral")
# After these the adjective alone shows the case.
_UNDECLINED = ("bare", "named", "numeral")


@dataclasses.dataclass(frozen=True)
class Determiner:
    """A determiner in both languages.

    Args:
        kind: Such as `"definite"`, `"kein"` or `"numeral"`.
        german: From a case to the German words before the noun.
        english: The English words before the noun.
        declension: How it has the adjectives declined.
        after: From a case to the German words after the noun: a genitive.
        negated: The link of "kein" with the English "not".
    """

    kind: str
    german: Callable[[str], Words]
    english: Words
    declension: str = "weak"
    after: Callable[[str], Words] = lambda _: []
    negated: int | None = None

    @property
    def definite(self) -> bool:
        """Whether the phrase is known to the hearer: it then precedes "nicht"."""
        return self.kind not in _INDEFINITE


def is_mass(noun: Noun) -> bool:
    """Whether the noun is not counted, as "Wasser"."""
    return noun.plural is None and noun.kind in _MASS


def cases_shown(kind: str, gender: str) -> tuple[str, ...]:
    """The cases that a determiner tells from the nominative."""
    if kind in _UNDECLINED:
        return ()
    return ("acc", "dat") if gender == "m" else ("dat",)


def choose(draw: Draw, noun: Noun, many: bool, force: tuple[str, ...]) -> str:
    """The kind of determiner for a noun."""
    dice = draw.dice
    if noun.kind == "relative":
        # "der Bruder" would leave open whose.
        return "named" if not many and dice.chance(0.2) else "possessive"
    if "definite" in force:
        return "definite"
    if "indefinite" in force:
        return "bare" if is_mass(noun) else ("numeral" if many else "indefinite")
    if is_mass(noun):
        return dice.weigh(("bare", "definite"), (7, 3))
    if noun.kind in ("place", "room"):
        other = "numeral" if many else "indefinite"
        return dice.weigh(("definite", other), (6, 1))
    if many:
        choices = {"definite": 6, "bare": 2, "numeral": 5, "dies": 1}
    else:
        choices = {"definite": 11, "indefinite": 4, "dies": 1}
        if draw.every and noun.kind in ("person", "vehicle"):
            choices["jed"] = 1
    if noun.kind in _OWNED:
        choices["possessive"] = 4
        if not many:
            choices.update(named=1, genitive=2)
    return dice.weigh(tuple(choices), tuple(choices.values()))


def build(
    draw: Draw, noun: Noun, many: bool, kind: str, owner: str | None, person: Callable
) -> Determiner:
    """The words of a determiner.

    Args:
        draw: What to draw from.
        noun: What it determines.
        many: Whether in the plural.
        kind: What `choose` gave, or `"kein"`.
        owner: Whose possessive may be used: that of the clause's subject.
        person: Draws a plain person, for genitives.
    """
    gender = "p" if many else noun.gender
    link = draw.link()
    if kind == "definite":
        return Determiner(
            kind,
            lambda case: words(german.definite_article(case, gender), link),
            words("the", link),
        )
    if kind in ("dies", "jed"):
        target = "every" if kind == "jed" else ("these" if many else "this")
        return Determiner(
            kind,
            lambda case: words(german.der_word(kind, case, gender), link),
            words(target, link),
        )
    if kind == "genitive":
        # "das Auto des Lehrers", "the teacher's car": one article is left over.
        draw.show("possessives")
        whose = person(draw)
        *before, (last, links) = whose.subject
        return Determiner(
            kind,
            lambda case: words(german.definite_article(case, gender)),
            [*before, (english.possessive(last), links)],
            after=lambda _: whose.german("gen"),
        )
    if kind == "named":
        draw.show("possessives")
        names = draw.lexicon.names
        name, target = draw.unused(names["masculine"] + names["feminine"])
        return Determiner(
            kind,
            lambda _: words(name + "s", link),
            words(english.possessive(target), link),
            "strong",
        )
    if kind == "numeral":
        draw.show("numbers_plurals")
        number, target = draw.dice.pick(draw.lexicon.numerals)
        return Determiner(
            kind, lambda _: words(number, link), words(target, link), "strong"
        )
    if kind == "bare":
        return Determiner(kind, lambda _: [], [], "strong")
    links, negated = (link,), None
    stem, target = "ein", "a"
    if kind == "possessive":
        draw.show("possessives")
        stem, target = _possessive(draw, owner)
    elif kind == "kein":
        negated = draw.link()
        links = (link, negated)
        stem, target = "kein", "any" if many or is_mass(noun) else "a"
    return Determiner(
        kind,
        lambda case: words(german.ein_word(stem, case, gender), *links),
        words(target, link),
        "mixed",
        negated=negated,
    )


def _possessive(draw: Draw, owner: str | None) -> tuple[str, str]:
    # "sein" and "ihr" only ever refer to the subject of their clause: that alone
    # says whether "ihr" is "her" or "their".
    forms = draw.lexicon.possessives
    if owner in forms and draw.dice.chance(0.75):
        return forms[owner]
    return forms[draw.dice.pick(("1sg", "1sg", "2sg", "1pl"))]


def owner_of(noun: Noun, many: bool) -> str | None:
    """The key of the possessive that refers back to the noun, if there is one."""
    if noun.kind not in _PEOPLE:
        return None
    if many:
        return "3pl"
    # "Das Mädchen ... seine" or "ihre": left out, since usage wavers.
    return {"m": "3sg.m", "f": "3sg.f"}.get(noun.gender)

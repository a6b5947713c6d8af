"""Noun phrases of the phrasebook, in both languages at once."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from keras_transformer.course.phrasebook import determiners, german
from keras_transformer.course.phrasebook.lexicon import Adjective, Noun, Place
from keras_transformer.course.phrasebook.words import Draw, Words, words

# What a relative clause may follow: nothing that says already which one.
_RELATIVISED = ("definite", "indefinite", "dies", "jed", "bare", "numeral")
_RELATIVE_CLAUSE = 0.28


@dataclasses.dataclass(frozen=True)
class NounPhrase:
    """A noun phrase or pronoun.

    Args:
        person: What a verb agrees with, such as `"3sg"`.
        kind: The semantic class of its noun.
        noun: The German noun, or `""`.
        german: From a case to the German words.
        subject: The English words as a subject.
        object: The English words as an object.
        owner: The key of the possessive that refers to it, if there is one.
        pronoun: Whether it is a personal pronoun.
        definite: Whether it is definite: where it stands in the German clause.
        marked: The cases that its form shows beyond doubt.
        heavy: Whether it holds a clause, so that English particles precede it.
        negated: The link of "kein" with the English "not".
        determiner: What kind of determiner it has, such as `"numeral"`.
    """

    person: str
    kind: str
    noun: str
    german: Callable[[str], Words]
    subject: Words
    object: Words
    owner: str | None = None
    pronoun: bool = False
    definite: bool = True
    marked: tuple[str, ...] = ()
    heavy: bool = False
    negated: int | None = None
    determiner: str = ""


class Description(NamedTuple):
    """An adjective: inflecting stem, predicative form, English, and their link."""

    stem: str
    predicate: Words
    english: Words
    link: int


def pronoun(draw: Draw, person: str) -> NounPhrase:
    """A personal pronoun; its case may be missing where it would be ambiguous."""
    forms = draw.lexicon.pronouns[person]
    link = draw.link()
    return NounPhrase(
        person.partition(".")[0],
        "person",
        "",
        lambda case: words(forms[case], link),
        words(forms["subject"], link),
        words(forms["object"], link),
        owner=person,
        pronoun=True,
        marked=() if person == "3sg.f" else ("acc", "dat"),
    )


def name(draw: Draw) -> NounPhrase:
    """A person's name."""
    gender = draw.dice.pick(("masculine", "feminine"))
    source, target = draw.unused(draw.lexicon.names[gender])
    link = draw.link()
    target = words(target, link)
    owner = "3sg." + gender[0]
    return NounPhrase(
        "3sg", "person", "", lambda _: words(source, link), target, target, owner
    )


def both(draw: Draw, one: NounPhrase, other: NounPhrase) -> NounPhrase:
    """Two noun phrases joined by "und"."""
    draw.show("coordination")
    link = draw.link()
    und, conjunction = words("und", link), words("and", link)
    first = "1pl" if "1sg" in (one.person, other.person) else "3pl"
    return NounPhrase(
        first,
        other.kind,
        "",
        lambda case: one.german(case) + und + other.german(case),
        one.subject + conjunction + other.subject,
        one.object + conjunction + other.object,
        owner=first,
    )


def described(draw: Draw, adjective: Adjective, degree: int) -> Description:
    """An adjective in the positive (0), comparative (1) or superlative (2)."""
    link = draw.link()
    draw.used.append(adjective.positive)
    stem = (adjective.stem, adjective.comparative, adjective.superlative)[degree]
    predicate = (adjective.positive, stem, stem + "en")[degree]
    if degree:
        draw.show("comparatives")
    target = words(adjective.english[degree], link)
    return Description(stem, words(predicate, link), target, link)


def fitting(draw: Draw, kind: str, noun: str, degree: int = 0) -> list[Adjective]:
    """The adjectives that suit a class or a noun and have the degree."""
    return [
        adjective
        for adjective in draw.lexicon.adjectives
        if (kind in adjective.kinds or noun in adjective.kinds)
        and (not degree or adjective.comparative)
    ]


def noun_phrase(
    draw: Draw,
    kinds: tuple[str, ...],
    owner: str | None = None,
    negate: bool = False,
    force: tuple[str, ...] = (),
    plain: bool = False,
) -> NounPhrase:
    """A noun phrase drawn from semantic classes.

    Args:
        draw: What to draw from.
        kinds: Classes or German nouns.
        owner: Whose possessive it may carry: that of the clause's subject.
        negate: Whether an indefinite phrase turns into "kein".
        force: `"definite"`, `"indefinite"`, `"singular"`, `"plural"`.
        plain: Whether to leave out adjectives and attributes.
    """
    noun = _noun(draw, kinds)
    many = noun.plural is not None and draw.dice.chance(0.28)
    # Places mostly stand alone, so that their plurals would be rare words.
    many = many and noun.kind not in ("place", "room")
    if "singular" in force:
        many = False
    if "plural" in force and noun.plural:
        many = True
    kind = determiners.choose(draw, noun, many, force)
    if negate and kind in ("indefinite", "bare"):
        kind = "kein"
    determiner = determiners.build(draw, noun, many, kind, owner, _plain_person)
    if many:
        draw.show("numbers_plurals")
    adjectives = [] if plain else _adjectives(draw, noun, kind)
    clause = None
    if not plain and kind in _RELATIVISED and not determiners.is_mass(noun):
        chance = _RELATIVE_CLAUSE * min(draw.rich, 1.4)
        if draw.relative and draw.depth > 0 and draw.dice.chance(chance):
            gender, number = ("p", "pl") if many else (noun.gender, "sg")
            clause = draw.relative(draw, noun, gender, number)
    return _assemble(draw, noun, many, determiner, adjectives, clause)


def _noun(draw: Draw, kinds: tuple[str, ...]) -> Noun:
    choices = draw.lexicon.of(kinds)
    noun = draw.dice.pick(choices)
    # By the English, since "Arzt" and "Ärztin" are both "doctor".
    if noun.english in draw.used:
        others = [other for other in choices if other.english not in draw.used]
        noun = draw.dice.pick(others or choices)
    draw.used.append(noun.english)
    return noun


def _plain_person(draw: Draw) -> NounPhrase:
    return noun_phrase(draw, ("person",), force=("definite", "singular"), plain=True)


def _assemble(
    draw: Draw,
    noun: Noun,
    many: bool,
    determiner: determiners.Determiner,
    adjectives: list[Description],
    clause: tuple[Words, Words] | None,
) -> NounPhrase:
    gender, number = ("p", "pl") if many else (noun.gender, "sg")
    link = draw.link()
    target = list(determiner.english)
    for adjective in adjectives:
        target += adjective.english
    target += words(noun.english_plural if many else noun.english, link)
    target += clause[1] if clause else []

    def source(case: str) -> Words:
        result = list(determiner.german(case))
        for adjective in adjectives:
            form = german.adjective(adjective.stem, determiner.declension, case, gender)
            result += words(form, adjective.link)
        form = german.noun(noun.german, noun.genitive, noun.plural, case, number)
        result += words(form, link) + determiner.after(case)
        return result + (clause[0] if clause else [])

    return NounPhrase(
        "3pl" if many else "3sg",
        noun.kind,
        noun.german,
        source,
        target,
        target,
        owner=determiners.owner_of(noun, many),
        definite=determiner.definite,
        marked=determiners.cases_shown(determiner.kind, gender),
        heavy=bool(clause),
        negated=determiner.negated,
        determiner=determiner.kind,
    )


def _adjectives(draw: Draw, noun: Noun, kind: str) -> list[Description]:
    dice = draw.dice
    if not dice.chance(0.55 * min(1.0, draw.rich)):
        return []
    degree = 0
    if kind == "definite" and not determiners.is_mass(noun) and dice.chance(0.12):
        degree = 2
    elif kind == "indefinite" and dice.chance(0.2):
        degree = 1
    choices = fitting(draw, noun.kind, noun.german, degree)
    if degree == 1:
        # Few of the many forms ("ein größeres"), so that each is seen often.
        choices = choices[:2]
    if not choices:
        return []
    first = dice.pick(choices)
    result = [described(draw, first, degree)]
    if not degree and dice.chance(0.15):
        # Only a colour follows another adjective without a comma.
        colours = [a for a in choices if a.positive in draw.lexicon.colours]
        if colours and first not in colours:
            result.append(described(draw, dice.pick(colours), 0))
    return result


def at_place(draw: Draw, place: NounPhrase, relation: Place) -> tuple[Words, Words]:
    """A place with its preposition, contracted with the article where usual."""
    link = draw.link()
    source = place.german(relation.case)
    target = words(relation.english, link) + place.object
    return preposed(relation.preposition, link, source), target


def preposed(preposition: str, link: int, phrase: Words) -> Words:
    """A German preposition before a phrase: "in dem Haus" becomes "im Haus"."""
    article, links = phrase[0]
    short = german.contraction(preposition, article)
    if short:
        return [(short, (link, *links)), *phrase[1:]]
    return [(preposition, (link,)), *phrase]

"""The verbs of a clause: its tense as German brackets and English operators."""

import dataclasses
import functools

from keras_transformer.course.phrasebook import english, german
from keras_transformer.course.phrasebook.lexicon import Verb
from keras_transformer.course.phrasebook.words import Draw, Words, words

# English modals that negate and ask without "do".
_OPERATORS = ("can", "would", "be")
_AUXILIARIES = ("do", "will", "be", "have")


@dataclasses.dataclass(frozen=True)
class VerbGroup:
    """What a tense makes of a verb.

    Args:
        finite: The inflected German verb.
        bracket: What closes the German clause: prefix, participle, infinitive.
        joined: Both as they stand at the end of a subordinate clause.
        operator: The English auxiliary; empty if there is none.
        verb: The rest of the English verb.
        particle: The particle of an English phrasal verb.
    """

    finite: Words
    bracket: Words
    joined: Words
    operator: Words
    verb: Words
    particle: Words


def verb_group(
    draw: Draw,
    rule: dict,
    verb: Verb,
    modal: Verb | None,
    persons: tuple[str, str],
    needs_operator: bool,
    main: int,
) -> VerbGroup:
    """Conjugates a verb in both languages and links the results.

    Args:
        draw: Gives the links.
        rule: A tense of the grammar.
        verb: The main verb.
        modal: The modal, for tenses that have one.
        persons: What the German and the English verb agree with.
        needs_operator: Whether negation or question asks for an auxiliary.
        main: The link of the main verb.
    """
    helper = draw.link()
    finite_text, bracket_kind = _split(rule["de"], ", ")
    lexeme, form = _split(finite_text, " ")
    simple = lexeme == "verb"
    # Where one word carries verb and tense, it takes part in all their links.
    tensed = main if simple else helper
    finite_word = _finite_word(draw, lexeme, form, verb, modal, persons[0])
    finite = words(finite_word, tensed)
    bracket = words(
        {
            "prefix": verb.prefix,
            "participle": verb.participle,
            "infinitive": verb.joined,
        }[bracket_kind],
        main,
    )
    joined = words(verb.prefix + finite_word, main) if simple else bracket + finite
    particle = words(" ".join(verb.particle), main)

    parts = [_split(part, " ") for part in _split(rule["en"], " + ")]
    bare_be = verb.english == "be" and len(parts) == 1
    modal_operator = modal is not None and modal.english in _OPERATORS
    if needs_operator and "operator" in rule and not (bare_be or modal_operator):
        parts = [_split(part, " ") for part in _split(rule["operator"], " + ")]
    operator: Words = []
    if bare_be:
        text = _form("verb", parts.pop()[1], verb, modal, persons[1])
        operator = words(text, *dict.fromkeys((main, tensed)))
    elif modal_operator:
        text = _form(*parts.pop(0), verb, modal, persons[1])
        operator = words(text, helper)
        parts.insert(0, ("modal", "particle"))
    elif parts[0][0] in _AUXILIARIES:
        kind, shape = parts.pop(0)
        operator = words(_auxiliary(kind, shape, persons[1]), tensed)
    rest: Words = []
    for kind, shape in parts:
        text = _form(kind, shape, verb, modal, persons[1])
        if kind == "modal":
            rest += words(text, helper)
        elif operator or modal:
            rest += words(text, main)
        else:
            rest += words(text, *dict.fromkeys((main, tensed)))
    return VerbGroup(finite, bracket, joined, operator, rest, particle)


@functools.cache
def _split(text: str, mark: str) -> tuple[str, ...]:
    """The parts of a rule: there are few rules, and many verbs."""
    return tuple(text.split(mark))


def _finite_word(
    draw: Draw, lexeme: str, form: str, verb: Verb, modal: Verb | None, person: str
) -> str:
    if lexeme in ("verb", "modal"):
        carrier = verb if lexeme == "verb" else modal
    else:
        name = verb.auxiliary if lexeme == "auxiliary" else lexeme
        carrier = draw.lexicon.auxiliaries[name]
    if form == "present":
        return carrier.present[person]
    return german.preterite(carrier.preterite, person)


def infinitive_group(
    draw: Draw, verb: Verb, gerund: bool, main: int
) -> tuple[Words, Words, Words]:
    """The German infinitive with "zu", the English one, and its particle."""
    marker = draw.link()
    particle = words(" ".join(verb.particle), main)
    if verb.prefix:
        links = (main,) if gerund else (marker, main)
        source = words(verb.prefix + "zu" + verb.infinitive, *links)
    else:
        source = words("zu", main if gerund else marker) + words(verb.infinitive, main)
    if gerund:
        return source, words(english.ing(verb.english), main), particle
    return source, words("to", marker) + words(verb.english, main), particle


def _auxiliary(kind: str, shape: str, person: str) -> str:
    if shape == "base":
        return kind
    conjugate = english.present if shape == "present" else english.past
    return conjugate(kind, person)


def _form(kind: str, shape: str, verb: Verb, modal: Verb | None, person: str) -> str:
    """A form of the verb, or of the modal with what belongs to it ("has to")."""
    if kind == "modal":
        rest = " ".join(modal.particle)
        if shape == "particle":
            return rest
        if shape == "base":
            form = modal.english
        elif shape == "present":
            form = english.present(modal.english, person)
        else:
            form = english.past(modal.english, person, modal.past)
        return form if modal.english in _OPERATORS else f"{form} {rest}"
    if shape == "base":
        return verb.english
    if shape == "present":
        return english.present(verb.english, person)
    if shape == "ing":
        return english.ing(verb.english)
    if shape == "participle":
        return verb.english_participle
    return english.past(verb.english, person, verb.past)

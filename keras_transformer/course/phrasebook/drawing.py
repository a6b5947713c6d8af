"""The state of a clause while it is being drawn."""

import dataclasses

from keras_transformer.course.phrasebook.lexicon import Complement, Noun, Verb
from keras_transformer.course.phrasebook.phrases import NounPhrase
from keras_transformer.course.phrasebook.words import Draw, Words

PEOPLE = ("person", "relative")


class DeadEnd(Exception):  # noqa: N818, no error: the drawing starts anew
    """No word fits what has been drawn so far."""


@dataclasses.dataclass
class Clause:
    """A clause in both languages, and what others need to know of it."""

    german: Words
    english: Words
    subject: NounPhrase
    verb: Verb
    tense: str
    time: str


@dataclasses.dataclass
class Drawing:
    """What is known of a clause so far: its parts, by slot, in both languages.

    Args:
        rules: The grammar, which also draws the clauses inside this one.
        draw: What to draw from.
        order: The name of its word order.
        flags: Restrictions, see `Clauses.clause`.
        tenses: The allowed tenses; all where empty.
        earlier: A clause with whose time it must agree.
        shared: A clause whose subject it has.
        gap: For relative clauses: the noun, its German gender and number.
        main: The link of the main verb and of the prepositions it governs alone.
    """

    rules: object
    draw: Draw
    order: str
    flags: tuple[str, ...] = ()
    tenses: tuple[str, ...] = ()
    earlier: Clause | None = None
    shared: Clause | None = None
    gap: tuple[Noun, str, str] | None = None
    gap_role: str = ""
    main: int = -1
    negate: bool = False
    negated: bool = False
    verb: Verb | None = None
    modal: Verb | None = None
    tense: str = ""
    subject: NounPhrase | None = None
    experiencer: NounPhrase | None = None
    objects: dict[str, NounPhrase] = dataclasses.field(default_factory=dict)
    german: dict[str, Words] = dataclasses.field(default_factory=dict)
    english: dict[str, Words] = dataclasses.field(default_factory=dict)

    @property
    def infinite(self) -> bool:
        """Whether it has no inflected verb."""
        return self.order in ("infinitive", "gerund")

    @property
    def tense_rule(self) -> dict:
        """The tense as the grammar describes it."""
        return self.rules.tenses[self.tense]

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the complements that the verb asks for."""
        return tuple(c.role for c in self.verb.complements)

    def complement(self, role: str) -> Complement:
        """The complement with this role."""
        return next(c for c in self.verb.complements if c.role == role)

    def place(self, slot: str, source: Words, target: Words) -> None:
        """Adds words to the slot in both languages."""
        self.german[slot] = self.german.get(slot, []) + source
        self.english[slot] = self.english.get(slot, []) + target

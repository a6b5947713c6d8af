"""Clauses of the phrasebook: parts are drawn, then every language orders them."""

from keras_transformer.course.phrasebook import parts
from keras_transformer.course.phrasebook.choices import choose_tense, choose_verb
from keras_transformer.course.phrasebook.drawing import Clause, DeadEnd, Drawing
from keras_transformer.course.phrasebook.fronting import lead
from keras_transformer.course.phrasebook.lexicon import Noun
from keras_transformer.course.phrasebook.verbs import infinitive_group, verb_group
from keras_transformer.course.phrasebook.words import Draw, Words

_RELATIVE_TENSES = ("present", "perfect", "preterite", "modal")
_NEGATED = 0.16


class Clauses:
    """Builds clauses from the grammar.

    Args:
        grammar: The parsed grammar file.
    """

    def __init__(self, grammar: dict):
        self.tenses = grammar["tense"]
        self.orders = {}
        for name, rule in grammar["order"].items():
            sides = []
            for side in ("de", "en"):
                slots = rule[side]
                for field, members in grammar["fields"].items():
                    slots = slots.replace(field, members)
                sides.append(slots.split())
            self.orders[name] = tuple(sides)

    def clause(
        self,
        draw: Draw,
        order: str,
        flags: tuple[str, ...] = (),
        tenses: tuple[str, ...] = (),
        earlier: Clause | None = None,
        shared: Clause | None = None,
        gap: tuple[Noun, str, str] | None = None,
    ) -> Clause:
        """One clause.

        Args:
            draw: What to draw from.
            order: The name of a word order.
            flags: `"plain"` (rarely a clause inside), `"positive"`, `"bare"`
                (nothing in front), `"timeless"` (no adverbials), `"errand"`,
                `"fact"`, `"event"` (the verbs with this flag), `"nopronoun"`
                (no pronoun as a subject), `"gap"` (never a clause inside).
            tenses: Which tenses are allowed; all where empty.
            earlier: A clause with whose time this one must agree.
            shared: A clause whose subject this one has, too.
            gap: For relative clauses: the noun, its German gender and number.

        Raises:
            DeadEnd: If nothing fits.
        """
        if order in ("infinitive", "gerund"):
            tenses = ("present",)
        c = Drawing(self, draw, order, flags, tenses, earlier, shared, gap)
        c.main = draw.link()
        c.verb = choose_verb(c)
        c.tense = choose_tense(c)
        if c.tense in ("modal", "modal_past"):
            past = c.tense == "modal_past"
            c.modal = draw.dice.pick(
                [m for m in draw.lexicon.modals if not (past and "present" in m.flags)]
            )
            draw.show("modal_bracket")
        may_negate = not c.infinite and "positive" not in flags
        c.negate = may_negate and draw.dice.chance(_NEGATED)
        # "Wenn jeder Mann" sounds like a riddle: "jeder" is for main clauses.
        draw.every = order in ("statement", "inversion")
        c.subject = parts.subject(c)
        draw.every = False
        for complement in c.verb.complements:
            parts.add_complement(c, complement)
        parts.add_adverbials(c)
        if c.negate:
            parts.add_negation(c)
        if c.infinite:
            _infinitive(c)
        else:
            lead(c)
            _finite(c)
            _show_brackets(c)
            parts.show_distance(c)
        return self._arranged(c)

    def _arranged(self, c: Drawing) -> Clause:
        source_order, target_order = self.orders[c.order]
        source = [word for slot in source_order for word in c.german.get(slot, ())]
        target = [word for slot in target_order for word in c.english.get(slot, ())]
        time = c.tense_rule["time"]
        return Clause(source, target, c.subject, c.verb, c.tense, time)

    def relative(
        self, draw: Draw, noun: Noun, gender: str, number: str
    ) -> tuple[Words, Words] | None:
        """A relative clause for a noun, in German and English, or `None`."""
        depth, clause = draw.depth, None
        for _ in range(4):
            draw.depth = depth - 1
            shown = set(draw.phenomena)
            try:
                clause = self.clause(
                    draw,
                    "relative",
                    ("plain", "gap"),
                    _RELATIVE_TENSES,
                    gap=(noun, gender, number),
                )
                break
            except DeadEnd:
                draw.phenomena = shown
        draw.depth = depth
        if clause is None:
            return None
        draw.show("relative_clauses")
        # English sets no commas about a clause that tells which one is meant.
        return [(",", ()), *clause.german, (",", ())], clause.english


def _finite(c: Drawing) -> None:
    """The inflected verb and its subject."""
    person = c.experiencer or c.subject
    question = c.order in ("yes_no", "wh")
    group = verb_group(
        c.draw,
        c.tense_rule,
        c.verb,
        c.modal,
        (c.subject.person, person.person),
        question or c.negated,
        c.main,
    )
    final = c.order in ("verb_final", "relative", "second_final")
    c.german["finite"] = group.joined if final else group.finite
    c.german["bracket"] = [] if final else group.bracket
    inverted = c.order in ("inversion", "yes_no", "wh")
    if not (c.gap and c.gap_role == "subject") and c.order != "who":
        slot = "subject"
        if inverted:
            slot = "subject_pronoun" if c.subject.pronoun else "subject_noun"
        c.german[slot] = c.subject.german("nom")
    if inverted and c.experiencer and "pronoun" in c.german:
        # "Gefällt mir das Buch?": the person comes before the thing.
        c.german["reflexive_early"] = c.german.pop("pronoun")
    if c.verb.reflexive:
        key = c.subject.owner or c.subject.person
        # "sich" is the same for every third person.
        key = key if key in c.draw.lexicon.pronouns else "3pl"
        form = c.draw.lexicon.pronouns[key]["reflexive"]
        main = (group.bracket or group.finite)[0][1]
        c.german["reflexive_early" if inverted else "reflexive"] = [(form, main)]
        c.draw.show("reflexives")
    if c.order != "who":
        c.english["subject"] = person.subject
    if c.experiencer is not None:
        relative = c.gap is not None and c.gap_role == "subject"
        c.english["relative" if relative else "accusative"] = c.subject.object
    c.english["operator"] = group.operator
    _english_verb(c, "verb", group.verb, group.particle)
    if not group.operator and "frequency" in c.english:
        c.english["frequency_before"] = c.english.pop("frequency")


def _infinitive(c: Drawing) -> None:
    gerund = c.order == "gerund"
    source, target, particle = infinitive_group(c.draw, c.verb, gerund, c.main)
    c.german["zu_bracket"] = source
    if not gerund:
        c.english["to"] = target[:1]
        target = target[1:]
    _english_verb(c, "gerund" if gerund else "verb", target, particle)
    if c.verb.prefix:
        c.draw.show("separable_verbs")


def _english_verb(c: Drawing, slot: str, verb: Words, particle: Words) -> None:
    accusative = c.objects.get("accusative")
    # "calls the man back", but "calls back the man who ..."; and not "on on Monday".
    heavy = accusative is not None and accusative.heavy
    time = c.english.get("time", ())
    if time and particle and time[0][0] == particle[-1][0]:
        heavy = True
    if "accusative" in c.english and not heavy:
        c.english[slot], c.english["particle"] = verb, particle
    else:
        c.english[slot] = verb + particle


def _show_brackets(c: Drawing) -> None:
    if c.verb.prefix and c.german["bracket"] and c.tense_rule["de"].endswith("prefix"):
        c.draw.show("separable_verbs")
    if c.tense in ("perfect", "pluperfect"):
        c.draw.show("perfect_bracket")

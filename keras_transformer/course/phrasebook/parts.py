"""The parts of a clause: subject, complements, adverbials, negation."""

from keras_transformer.course.phrasebook import determiners, german, phrases
from keras_transformer.course.phrasebook.drawing import (
    PEOPLE,
    Clause,
    DeadEnd,
    Drawing,
)
from keras_transformer.course.phrasebook.lexicon import Complement
from keras_transformer.course.phrasebook.phrases import NounPhrase
from keras_transformer.course.phrasebook.words import linked, words

# More often "ich" than the others: it is what a phrasebook is for.
_SUBJECTS = ("1sg", "1sg", "2sg", "2sg", "3sg.m", "3sg.f", "1pl", "2pl", "3pl")
_ABSENT = ("3sg.m", "3sg.f", "1pl", "3pl")
_OBJECTS = ("1sg", "2sg", "3sg.m", "3sg.f", "1pl", "2pl", "3pl")


def subject(c: Drawing) -> NounPhrase:
    """The subject: shared, relative, "wer", a pronoun, a name, or a noun."""
    draw, dice = c.draw, c.draw.dice
    if c.gap and c.gap_role == "subject":
        return _gap_phrase(c)
    if c.shared:
        return c.shared.subject
    kinds = c.verb.subject
    if kinds[:1] != ("person",):
        force = () if dice.chance(0.2) else ("definite",)
        return phrases.noun_phrase(draw, kinds, force=force)
    if c.order == "wh" and "experiencer" not in c.roles and dice.chance(0.25):
        c.order = "who"
        return _who(c)
    roll = dice.below(100)
    if "nopronoun" not in c.flags and dice.chance(0.5 if _spoken(c) else 0.3):
        simple = c.tense_rule["de"].startswith("verb")
        choices = _SUBJECTS if _spoken(c) or not simple else _ABSENT
        person = dice.pick(choices)
        if c.tense in ("preterite", "modal_past") and person[0] == "2":
            person = "3sg.m"
        return phrases.pronoun(draw, person)
    if roll < 18:
        return phrases.name(draw)
    if roll < 18 + 9 * draw.rich:
        draw.every = False
        one = phrases.noun_phrase(draw, PEOPLE, force=("definite",), plain=True)
        if dice.chance(0.2):
            return phrases.both(draw, one, phrases.pronoun(draw, "1sg"))
        other = phrases.noun_phrase(draw, PEOPLE, force=("definite",), plain=True)
        if one.subject[-1][0] == other.subject[-1][0]:
            raise DeadEnd  # "der Arzt und die Ärztin" is lost on English
        return phrases.both(draw, one, other)
    # Mostly people, though vehicles arrive, too.
    people = len(kinds) < 3 or c.modal is not None or dice.chance(0.6)
    force = ("definite",) if dice.chance(0.4) else ()
    return phrases.noun_phrase(draw, PEOPLE if people else kinds, force=force)


def _spoken(c: Drawing) -> bool:
    """Whether "ich" and "du" come easily, so that no form of the verb is rare."""
    present = c.tense in ("present", "scheduled", "ongoing")
    return c.tense == "modal" or (present and "spoken" in c.verb.flags)


def _who(c: Drawing) -> NounPhrase:
    link = c.draw.link()
    target = words("who", link)
    return NounPhrase(
        "3sg",
        "person",
        "",
        lambda _: words("wer", link),
        target,
        target,
        pronoun=True,
    )


def _gap_phrase(c: Drawing) -> NounPhrase:
    """The relative pronoun."""
    noun, gender, number = c.gap
    link = c.draw.link()
    person = noun.kind in PEOPLE
    return NounPhrase(
        "3pl" if number == "pl" else "3sg",
        noun.kind,
        noun.german,
        lambda case: words(german.relative_pronoun(case, gender), link),
        words("who" if person else "that", link),
        words("whom" if person else "that", link),
        owner=determiners.owner_of(noun, number == "pl"),
        pronoun=True,
    )


def _object(c: Drawing, complement: Complement) -> NounPhrase:
    draw, dice = c.draw, c.draw.dice
    if c.gap and c.gap_role == complement.role:
        return _gap_phrase(c)
    human = "person" in complement.kinds
    if human and dice.chance(0.28):
        own = c.subject.person[0]
        persons = [
            person
            for person in _OBJECTS
            if draw.lexicon.pronouns[person][complement.case]
            and (person[0] == "3" or person[0] != own)
        ]
        return phrases.pronoun(draw, dice.pick(persons))
    if human and "relative" in complement.kinds and dice.chance(0.15):
        return phrases.name(draw)
    negate = c.negate and complement.role == "accusative"
    owner = None if complement.role == "experiencer" else c.subject.owner
    return phrases.noun_phrase(draw, complement.kinds, owner, negate)


def add_complement(c: Drawing, complement: Complement) -> None:
    """Draws what the verb asks for and puts it into its slot."""
    draw = c.draw
    role = complement.role
    if role in ("accusative", "dative"):
        phrase = c.objects[role] = _object(c, complement)
        slot = role
        if phrase.pronoun:
            slot = "pronoun"
        elif role == "accusative" and not phrase.definite:
            slot = "indefinite"
        c.german[slot] = c.german.get(slot, []) + phrase.german(complement.case)
        c.english[role] = words(complement.english, c.main) + phrase.object
        if phrase.negated is not None:
            c.negated = True
            c.english["negation"] = words("not", phrase.negated)
            draw.show("negation")
    elif role == "experiencer":
        phrase = c.objects["dative"] = c.experiencer = _object(c, complement)
        c.german["pronoun" if phrase.pronoun else "dative"] = phrase.german("dat")
        draw.show("dative_experiencer")
    elif role == "oblique":
        phrase = c.objects["oblique"] = _object(c, complement)
        # "steigt in den Bus ein", "gets on the bus": "in" is part of the verb.
        link = draw.link() if complement.english else c.main
        source = phrase.german(complement.case)
        source = phrases.preposed(complement.preposition, link, source)
        c.place("oblique", source, words(complement.english, link) + phrase.object)
    elif role == "there":
        if draw.dice.chance(0.5 * draw.rich + 0.1):
            _at(c, ("place",), "there")
    elif role == "there!":
        if draw.dice.chance(0.5):
            _city(c, "in", "in")
        else:
            _at(c, complement.kinds, "there")
    elif role == "thither":
        if c.verb.infinitive == "fahren" and draw.dice.chance(0.5):
            _city(c, "nach", "to")
        else:
            _at(c, ("place",), "thither")
    elif role in ("adjective", "predicate"):
        _predicate(c, role)
    elif role in ("dass", "ob"):
        _content_clause(c, role)
    else:
        _infinitive_clause(c, complement.english == "ing")


def _at(c: Drawing, kinds: tuple[str, ...], relation: str) -> None:
    plain = c.draw.dice.chance(0.8)
    force = ("definite", "singular")
    depth, c.draw.depth = c.draw.depth, 0  # no clause before what else may follow
    phrase = phrases.noun_phrase(c.draw, kinds, force=force, plain=plain)
    c.draw.depth = depth
    noun = c.draw.lexicon.of((phrase.noun,))[0]
    c.place("place", *phrases.at_place(c.draw, phrase, getattr(noun, relation)))


def _city(c: Drawing, preposition: str, target: str) -> None:
    link, other = c.draw.link(), c.draw.link()
    city, name = c.draw.dice.pick(c.draw.lexicon.names["cities"])
    source = words(preposition, link) + words(city, other)
    c.place("place", source, words(target, link) + words(name, other))


def _predicate(c: Drawing, role: str) -> None:
    draw, dice = c.draw, c.draw.dice
    person = c.subject
    # The negation of a profession is "kein Lehrer": left out.
    named = role == "predicate" and person.kind in PEOPLE and not c.negate
    if named and dice.chance(0.4):
        gender = (person.owner or "").removeprefix("3sg.")
        if person.person in ("1sg", "2sg"):
            gender = dice.pick(("m", "f"))
        if gender not in ("m", "f"):
            raise DeadEnd
        kinds = draw.lexicon.groups["profession_" + gender]
        noun = dice.pick(draw.lexicon.of(kinds))
        if noun.german == person.noun:
            raise DeadEnd
        link = draw.link()
        # German names a profession without an article.
        target = words("a", draw.link()) + words(noun.english, link)
        c.place("oblique", words(noun.german, link), target)
        return
    if role == "adjective" or person.kind in PEOPLE:
        look = draw.lexicon.look
        choices = [a for a in draw.lexicon.adjectives if a.positive in look]
    else:
        choices = phrases.fitting(draw, person.kind, person.noun)
    choices = [a for a in choices if a.positive not in draw.used]
    if not choices:
        raise DeadEnd
    adjective = phrases.described(draw, dice.pick(choices), 0)
    c.place("oblique", adjective.predicate, adjective.english)


def _content_clause(c: Drawing, conjunction: str) -> None:
    draw = c.draw
    link = draw.link()
    flags = ("plain",) if draw.dice.chance(1 - 0.4 * draw.rich) else ()
    draw.depth -= 1
    if draw.depth < -1:
        raise DeadEnd
    # "Er glaubte, dass": what was believed then lay in the past as well.
    past = c.tense_rule["time"] == "past"
    tenses = ("perfect", "preterite", "modal_past") if past else ()
    inner = c.rules.clause(draw, "verb_final", flags, tenses)
    draw.depth += 1
    target = {"dass": "that", "ob": "whether"}[conjunction]
    c.german["after"] = [(",", ()), (conjunction, (link,)), *inner.german]
    c.english["after"] = [(target, (link,)), *inner.english]
    draw.show("verb_final")


def _infinitive_clause(c: Drawing, gerund: bool) -> None:
    shared = Clause([], [], c.subject, c.verb, c.tense, c.tense_rule["time"])
    order = "gerund" if gerund else "infinitive"
    inner = c.rules.clause(c.draw, order, ("plain", "fact"), shared=shared)
    c.german["after"] = [(",", ()), *inner.german]
    c.english["after"] = inner.english
    c.draw.show("infinitive_clauses")


def add_adverbials(c: Drawing) -> None:
    """Times and frequencies, as far as the tense goes with them."""
    draw, dice = c.draw, c.draw.dice
    name = c.tense_rule.get("adverbials", "")
    must = name.endswith("!")
    if c.infinite or not name or (c.shared and not must):
        return
    # "the man who sings yesterday" would attach the time to the wrong verb.
    if must and any(phrase.heavy for phrase in c.objects.values()):
        raise DeadEnd
    if "timeless" in c.flags or any(phrase.heavy for phrase in c.objects.values()):
        return
    calm = c.gap is not None or "stative" in c.verb.flags
    wanted = not calm and dice.chance(0.1 + 0.5 * min(1.0, draw.rich))
    if name == "present":
        # "nicht ... jeden Tag" and "nicht oft" would leave the scope open.
        if not wanted or c.negate:
            return
        if dice.chance(0.6):
            source, target = dice.pick(draw.lexicon.adverbials["frequency"])
            c.place("frequency", *linked(draw, source, target))
            return
    if wanted or must:
        source, target = dice.pick(draw.lexicon.adverbials[name.rstrip("!")])
        c.place("time", *linked(draw, source, target))


def add_negation(c: Drawing) -> None:
    """The negation, unless "kein" has done it already."""
    kinds = [phrase.determiner for phrase in (c.subject, *c.objects.values())]
    # "Jeder ... nicht" has two readings; "nicht drei Äpfel" asks for a contrast.
    if "jed" in kinds:
        raise DeadEnd
    if c.negated:
        return
    if any(kind in ("numeral", "indefinite", "bare") for kind in kinds[1:]):
        raise DeadEnd
    c.draw.show("negation")
    calm = c.tense == "ongoing" or "stative" in c.verb.flags or "time" in c.german
    if c.draw.dice.chance(0.25) and not calm:
        source, target = c.draw.lexicon.adverbials["never"][0]
        c.place("frequency", *linked(c.draw, source, target))
        return
    c.negated = True
    link = c.draw.link()
    c.place("negation", words("nicht", link), words("not", link))


def show_distance(c: Drawing) -> None:
    """Notes that a clause stands between the subject and the verb it agrees with."""
    if c.subject.heavy and not c.infinite and c.order != "who":
        c.draw.show("agreement_at_a_distance")

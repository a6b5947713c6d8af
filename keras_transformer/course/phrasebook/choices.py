"""Which verb a clause gets, and which tense."""

from keras_transformer.course.phrasebook.drawing import PEOPLE, DeadEnd, Drawing
from keras_transformer.course.phrasebook.lexicon import Verb

_ATTEMPTS = 60
_FINAL = ("verb_final", "second_final", "relative")


def choose_verb(c: Drawing) -> Verb:
    """A verb that the flags, the shared subject and the gap allow.

    Raises:
        DeadEnd: If none was found.
    """
    for _ in range(_ATTEMPTS):
        verb = c.draw.dice.pick(c.draw.lexicon.verbs)
        if "rare" in verb.flags and c.draw.dice.chance(0.5):
            continue
        if "spoken" not in verb.flags and c.draw.dice.chance(0.2):
            continue
        # At the end of a clause prefix and verb are one word: let it be seen often.
        plain = c.order in _FINAL and not verb.prefix
        if plain and c.draw.dice.chance(0.45):
            continue
        if verb.joined in c.draw.verbs or not _flags_allow(c, verb):
            continue
        if _subject_allows(c, verb) and (c.gap is None or _choose_gap(c, verb)):
            c.draw.verbs.append(verb.joined)
            return verb
    raise DeadEnd


def _flags_allow(c: Drawing, verb: Verb) -> bool:
    if not c.flags:
        return True
    roles = [complement.role for complement in verb.complements]
    for flag in ("errand", "fact"):
        if flag in c.flags and flag not in verb.flags:
            return False
    if "event" in c.flags and ("stative" in verb.flags or roles == ["there"]):
        return False
    if "plain" in c.flags and {"dass", "ob", "zu"}.intersection(roles):
        nested = "gap" in c.flags or c.shared or c.draw.depth < 1
        if nested or c.draw.dice.chance(0.85):
            return False
    return True


def _subject_allows(c: Drawing, verb: Verb) -> bool:
    if c.shared is None:
        return True
    kinds = (c.shared.subject.kind, c.shared.subject.noun)
    if verb is c.shared.verb or not any(kind in verb.subject for kind in kinds):
        return False
    if any(complement.role == "experiencer" for complement in verb.complements):
        return False
    # "sich" would need the subject, which an infinitive does not show.
    return not (c.infinite and (verb.reflexive or verb.joined == "sein"))


def _choose_gap(c: Drawing, verb: Verb) -> bool:
    """Whether the noun can be a part of a clause with the verb, and which one."""
    noun = c.gap[0]
    kinds = (noun.kind, noun.german)
    fits = []
    if any(kind in verb.subject for kind in kinds):
        fits.append("subject")
    for complement in verb.complements:
        # "dem er das Buch gibt" asks for "to whom" in English: left out.
        alone = len(verb.complements) == 1 or complement.role == "accusative"
        if alone and complement.case and any(k in complement.kinds for k in kinds):
            fits.append(complement.role)
    if not fits:
        return False
    c.gap_role = c.draw.dice.pick(fits)
    return True


def choose_tense(c: Drawing) -> str:
    """A tense that the verb has and that suits the clauses around.

    Raises:
        DeadEnd: If there is none.
    """
    names, weights = [], []
    for name, rule in c.rules.tenses.items():
        if c.tenses and name not in c.tenses:
            continue
        if _verb_has(c, name) and _time_suits(c, name, rule["time"]):
            names.append(name)
            more = 2 if c.order in _FINAL and name == "present" and c.verb.prefix else 1
            weights.append(max(1, rule["weight"] * more))
    if not names:
        raise DeadEnd
    return c.draw.dice.weigh(names, weights)


def _verb_has(c: Drawing, name: str) -> bool:
    verb = c.verb
    stative = "stative" in verb.flags
    if name in ("modal", "modal_past"):
        if c.gap and c.gap_role == "subject" and c.gap[0].kind not in PEOPLE:
            return False
        return verb.subject[:1] == ("person",) and not stative
    if name == "ongoing":
        return not stative and c.shared is None and "timeless" not in c.flags
    if name == "scheduled" and "timeless" in c.flags:
        return False
    if name == "scheduled":
        return not stative or "timed" in verb.flags
    if name == "preterite":
        return "preterite" in verb.flags
    if name == "pluperfect":
        return name in c.tenses
    if name in ("perfect", "future"):
        return "noperfect" not in verb.flags
    return True


def _time_suits(c: Drawing, name: str, time: str) -> bool:
    if c.shared is not None and not c.infinite:
        return name == c.shared.tense
    return c.earlier is None or (time == "past") == (c.earlier.time == "past")

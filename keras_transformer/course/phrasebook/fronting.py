"""What stands first: question words, fronted parts, relative pronouns."""

from keras_transformer.course.phrasebook.drawing import PEOPLE, DeadEnd, Drawing
from keras_transformer.course.phrasebook.words import Words, words

_OBJECT_SLOTS = ("pronoun", "accusative", "indefinite", "dative")


def lead(c: Drawing) -> None:
    """Moves to the front whatever the word order wants there."""
    if c.order in ("yes_no", "wh", "who"):
        c.draw.show("questions")
    if c.order == "who":
        c.german["wh"], c.english["wh"] = c.subject.german("nom"), c.subject.subject
    elif c.order == "wh":
        _ask(c)
    elif c.order == "inversion" and "bare" not in c.flags:
        _front(c)
    elif c.gap:
        _relativise(c)


def _ask(c: Drawing) -> None:
    draw = c.draw
    options = ["warum"]
    flags = c.verb.flags
    calm = "stative" in flags and "timed" not in flags
    timed = "time" in c.german or "frequency" in c.german
    if not (calm or timed or c.negate):
        options.append("wann")
    if "place" in c.german:
        options += ["wo", "wo"]
    for role, phrase in c.objects.items():
        if role in c.roles and phrase.negated is None:
            options += [role, role]
    choice = draw.dice.pick(options)
    link = draw.link()
    if choice == "wo":
        source = "wohin" if "thither" in c.roles else "wo"
        del c.german["place"], c.english["place"]
        c.german["wh"], c.english["wh"] = words(source, link), words("where", link)
    elif choice in ("warum", "wann"):
        target = {"warum": "why", "wann": "when"}[choice]
        c.german["wh"], c.english["wh"] = words(choice, link), words(target, link)
    else:
        c.german["wh"], c.english["wh"] = _ask_for(c, choice, link)


def _ask_for(c: Drawing, role: str, link: int) -> tuple[Words, Words]:
    """Replaces an object by "wen", "wem" or "was"."""
    complement = c.complement(role)
    phrase = c.objects[role]
    person = phrase.kind in PEOPLE
    # What is asked for is gone, and with it the phenomena that it showed.
    if len(phrase.object) > 2 or (phrase.noun and phrase.person == "3pl"):
        raise DeadEnd
    # "worauf" is left out, as is "wem ... ein Buch", which needs "to whom".
    if role == "oblique" and not (person and complement.english):
        raise DeadEnd
    if role == "dative" and (len(c.verb.complements) > 1 or not person):
        raise DeadEnd
    asked = "wem" if complement.case == "dat" else ("wen" if person else "was")
    source = words(asked, link)
    if role == "oblique":
        preposition = c.english["oblique"][0]
        source = [(complement.preposition, preposition[1]), *source]
        c.german["oblique"], c.english["oblique"] = [], [preposition]
    else:
        _remove(c, phrase.german(complement.case))
        c.english[role] = words(complement.english, c.main)
    return source, words("who" if person else "what", link)


def _front(c: Drawing) -> None:
    draw = c.draw
    options = ["time"] if "time" in c.german else []
    goal = {"thither", "there!"}.intersection(c.roles)
    if "place" in c.german and not goal:
        options.append("place")
    for role in ("accusative", "dative"):
        phrase = c.objects.get(role)
        if phrase is None or role[:3] not in phrase.marked or phrase.heavy:
            continue
        # "Ihren Bruder ruft die Frau an": whose brother it is comes too late.
        if phrase.determiner == "possessive" and (c.subject.owner or "")[:1] == "3":
            continue
        if phrase.definite and not (c.subject.pronoun and phrase.pronoun):
            options += [role, role] if c.experiencer else [role]
    if not options:
        raise DeadEnd
    choice = draw.dice.pick(options)
    draw.show("verb_second")
    if choice in ("time", "place"):
        c.german["front"] = c.german.pop(choice)
        c.english["front"] = [*c.english.pop(choice), (",", ())]
        return
    # English has no case to tell the two apart, so its object stays where it is.
    c.german["front"] = c.objects[choice].german(choice[:3])
    _remove(c, c.german["front"])


def _relativise(c: Drawing) -> None:
    """Moves the relative pronoun to the front of its clause."""
    role = c.gap_role
    if role == "subject":
        c.german["relative"] = c.subject.german("nom")
        return
    if role == "oblique":
        c.german["relative"] = c.german.pop("oblique")
        whole = c.english["oblique"]
        c.english["relative"], c.english["oblique"] = whole[-1:], whole[:-1]
        return
    phrase = c.experiencer or c.objects[role]
    if role == "accusative" and _reads_as_subject(c):
        raise DeadEnd
    c.german["relative"] = phrase.german(c.complement(role).case)
    _remove(c, c.german["relative"])
    if role != "experiencer":
        whole = c.english[role]
        c.english["relative"], c.english[role] = whole[-1:], whole[:-1]


def _reads_as_subject(c: Drawing) -> bool:
    """Whether "die Frau, die das Kind sieht" could mean the other way round."""
    noun, gender, number = c.gap
    subject = c.subject
    if gender == "m" or subject.pronoun or noun.kind not in (*PEOPLE, "animal"):
        return False
    nominative = "acc" in subject.marked
    return not nominative and subject.person == "3" + number


def _remove(c: Drawing, moved: Words) -> None:
    """Takes words out of the slot that they have left."""
    for slot in _OBJECT_SLOTS:
        if slot in c.german:
            c.german[slot] = [word for word in c.german[slot] if word not in moved]

"""English word forms: plurals, verb forms, the articles "a" and "an"."""

_VOWELS = "aeiou"
_BE = {
    "present": {"1sg": "am", "3sg": "is"},
    "past": {"1sg": "was", "3sg": "was"},
}
# Verbs whose last consonant is doubled before -ed and -ing.
_DOUBLING = ("stop", "get", "put", "sit", "run", "plan", "cancel", "travel")
_INVARIANT = ("will", "would", "can", "could", "should")
# Written with a vowel but spoken with a consonant.
_CONSONANTAL = ("university", "useful", "uniform", "european", "one")


def plural(singular: str) -> str:
    """The regular plural of a noun."""
    return _with_s(singular)


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh", "o")) and word not in ("photo",):
        return word + ("s" if word == "radio" else "es")
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def present(base: str, person: str) -> str:
    """The simple present of a verb or auxiliary for a person such as `"3sg"`."""
    if base == "be":
        return _BE["present"].get(person, "are")
    if person != "3sg" or base in _INVARIANT:
        return base
    return "has" if base == "have" else _with_s(base)


def past(base: str, person: str, irregular: str | None = None) -> str:
    """The simple past; only "be" knows persons in it."""
    if base == "be":
        return _BE["past"].get(person, "were")
    if base == "do":
        return "did"
    if base == "have":
        return "had"
    return irregular or regular_past(base)


def regular_past(base: str) -> str:
    """The past tense and participle of a regular verb."""
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in _VOWELS:
        return base[:-1] + "ied"
    return base + (base[-1] if base in _DOUBLING else "") + "ed"


def ing(base: str) -> str:
    """The present participle."""
    if base.endswith("e") and base not in ("be", "see"):
        return base[:-1] + "ing"
    return base + (base[-1] if base in _DOUBLING else "") + "ing"


def article(next_word: str) -> str:
    """The indefinite article before a word: "a" or "an"."""
    word = next_word.lower()
    return "an" if word[0] in _VOWELS and word not in _CONSONANTAL else "a"


def possessive(word: str) -> str:
    """The Saxon genitive of a singular noun or name."""
    return word + "'s"

"""German word forms: endings of articles, adjectives, nouns and verbs."""

from collections.abc import Mapping

# Rows are cases, columns masculine, feminine, neuter, plural.
_COLUMNS = "mfnp"
_DEFINITE = {
    "nom": "der die das die",
    "acc": "den die das die",
    "dat": "dem der dem den",
    "gen": "des der des der",
}
_DER_ENDINGS = {
    "nom": "er e es e",
    "acc": "en e es e",
    "dat": "em er em en",
    "gen": "es er es er",
}
_EIN_ENDINGS = {
    "nom": "- e - e",
    "acc": "en e - e",
    "dat": "em er em en",
    "gen": "es er es er",
}
_ADJECTIVE_ENDINGS = {
    "weak": {
        "nom": "e e e en",
        "acc": "en e e en",
        "dat": "en en en en",
        "gen": "en en en en",
    },
    "mixed": {
        "nom": "er e es en",
        "acc": "en e es en",
        "dat": "en en en en",
        "gen": "en en en en",
    },
    "strong": {
        "nom": "er e es e",
        "acc": "en e es e",
        "dat": "em er em en",
        "gen": "en er en er",
    },
}
_CONTRACTIONS = {
    ("an", "dem"): "am",
    ("an", "das"): "ans",
    ("in", "dem"): "im",
    ("in", "das"): "ins",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
    ("von", "dem"): "vom",
    ("bei", "dem"): "beim",
}
_PERSONS = ("1sg", "2sg", "3sg", "1pl", "2pl", "3pl")


def _cell(table: Mapping[str, str], case: str, gender: str) -> str:
    ending = table[case].split()[_COLUMNS.index(gender)]
    return "" if ending == "-" else ending


def definite_article(case: str, gender: str) -> str:
    """The form of "der", which is also the relative pronoun in the singular.

    Args:
        case: `"nom"`, `"acc"`, `"dat"` or `"gen"`.
        gender: `"m"`, `"f"`, `"n"`, or `"p"` for every plural.
    """
    return _cell(_DEFINITE, case, gender)


def relative_pronoun(case: str, gender: str) -> str:
    """The relative pronoun: the article, but for the dative plural "denen"."""
    return "denen" if (case, gender) == ("dat", "p") else definite_article(case, gender)


def der_word(stem: str, case: str, gender: str) -> str:
    """A determiner that is declined like "der": "dies-", "jed-"."""
    return stem + _cell(_DER_ENDINGS, case, gender)


def ein_word(stem: str, case: str, gender: str) -> str:
    """A determiner that is declined like "ein": "kein", "mein", "unser"."""
    return stem + _cell(_EIN_ENDINGS, case, gender)


def adjective(stem: str, declension: str, case: str, gender: str) -> str:
    """An attributive adjective.

    Args:
        stem: The inflecting stem, comparative or superlative suffix included.
        declension: `"weak"` after der-words, `"mixed"` after ein-words,
            `"strong"` where no article shows the case.
        case: `"nom"`, `"acc"`, `"dat"` or `"gen"`.
        gender: `"m"`, `"f"`, `"n"` or `"p"`.
    """
    ending = _cell(_ADJECTIVE_ENDINGS[declension], case, gender)
    return stem + (ending[1:] if stem.endswith("e") else ending)


def noun(singular: str, genitive: str, plural: str, case: str, number: str) -> str:
    """A noun in the given case and number; weak masculines are recognised."""
    if number == "pl":
        takes_n = case == "dat" and not plural.endswith(("n", "s"))
        return plural + "n" if takes_n else plural
    if case == "gen":
        return genitive
    is_weak = genitive.endswith("n") and genitive != singular
    return genitive if is_weak and case != "nom" else singular


def contraction(preposition: str, article: str) -> str | None:
    """The contraction of preposition and article ("im"), or `None`."""
    return _CONTRACTIONS.get((preposition, article))


def present(infinitive: str, third: str, irregular: str | None) -> dict[str, str]:
    """The present tense of a verb without its prefix, by person.

    Args:
        infinitive: The infinitive, such as `"laden"`.
        third: The third person singular, such as `"lädt"`.
        irregular: All six forms between spaces, where no rule gives them.
    """
    if irregular:
        return dict(zip(_PERSONS, irregular.split(), strict=True))
    stem = infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]
    regular = third in (stem + "t", stem + "et")
    short = third[:-1]
    return {
        "1sg": stem + "e",
        "2sg": short + ("t" if short.endswith(("s", "ß", "z")) else "st"),
        "3sg": third,
        "1pl": infinitive,
        "2pl": third if regular else stem + ("et" if stem[-1] in "dt" else "t"),
        "3pl": infinitive,
    }


def preterite(third: str, person: str) -> str:
    """The preterite for a person, from the third person singular ("rief")."""
    if person in ("1sg", "3sg"):
        return third
    if person in ("1pl", "3pl"):
        return third + ("n" if third.endswith("e") else "en")
    ending = "st" if person == "2sg" else "t"
    needs_e = third[-1] in "dt" or (third[-1] in "sßz" and ending == "st")
    return third + ("e" if needs_e else "") + ending

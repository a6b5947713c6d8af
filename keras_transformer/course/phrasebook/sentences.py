"""Sentences of the phrasebook: rules filled with clauses, and the final touches."""

import dataclasses
import pathlib
import tomllib

from keras_transformer.corpora.corpus import Alignment
from keras_transformer.course.phrasebook import english, lexicon, phrases
from keras_transformer.course.phrasebook.clauses import Clauses
from keras_transformer.course.phrasebook.draw import Dice
from keras_transformer.course.phrasebook.drawing import Clause, DeadEnd
from keras_transformer.course.phrasebook.phrases import NounPhrase
from keras_transformer.course.phrasebook.words import Draw, Words, words

_HERE = pathlib.Path(__file__).parent
_PUNCTUATION = (",", ".", "?")


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence pair with its alignment and the phenomena it shows."""

    source: str
    target: str
    alignment: Alignment
    phenomena: tuple[str, ...]


class Sentences:
    """Draws sentence pairs from the lexicon and the grammar."""

    def __init__(self):
        self._lexicon = lexicon.read()
        with open(_HERE / "grammar.toml", "rb") as file:
            grammar = tomllib.load(file)
        self._clauses = Clauses(grammar)
        self._rules = grammar["sentence"]
        self._fitting: dict[int, tuple[list[dict], list[float]]] = {}
        self._comparable = grammar["comparison"]["comparable"]

    def draw(self, dice: Dice, length: int) -> Sentence | None:
        """One sentence of about `length` German words, or `None` for a dead end.

        Args:
            dice: The source of chance.
            length: How many words, punctuation included, the source should have.
        """
        rule = dice.weigh(*self._of_length(length))
        rich = max(0.0, (length - 3) / 12)
        depth = 1 + (length > 16)
        draw = Draw(dice, self._lexicon, rich, depth, self._clauses.relative)
        try:
            source, target = self._fill(draw, rule)
        except DeadEnd:
            return None
        draw.show(*rule.get("phenomena", "").split())
        return finish(source, target, draw.phenomena)

    def _of_length(self, length: int) -> tuple[list[dict], list[float]]:
        """The rules for sentences of this length, and their weights."""
        if length not in self._fitting:
            rules = [
                rule
                for rule in self._rules
                if rule["length"][0] <= length <= rule["length"][1]
            ]
            self._fitting[length] = rules, [rule["weight"] for rule in rules]
        return self._fitting[length]

    def _fill(self, draw: Draw, rule: dict) -> tuple[Words, Words]:
        parts: dict[str, Clause | NounPhrase] = {}
        if "comparison" in rule:
            parts = self._comparison(draw, rule["comparison"])
        for name in "ABCDPX":
            if name in rule and name not in parts:
                parts[name] = self._part(draw, rule[name], parts)
        links: dict[str, int] = {}
        cache: dict = {}
        sides = []
        for side in ("de", "en"):
            result: Words = []
            for item in _items(rule[side]):
                if item.startswith("{"):
                    result += self._slot(draw, item[1:-1], parts, side, links, cache)
                    continue
                word, _, keys = item.partition("/")
                linked = []
                for key in keys.split(","):
                    if key not in links:
                        links[key] = draw.link()
                    linked.append(links[key])
                result.append((word, tuple(linked)))
            sides.append(result)
        return sides[0], sides[1]

    def _part(self, draw: Draw, description: str, parts: dict):
        order, *flags = description.split()
        options = dict(flag.split("=") for flag in flags if "=" in flag)
        flags = tuple(flag for flag in flags if "=" not in flag)
        if order in self._clauses.orders:
            return self._clauses.clause(
                draw,
                order,
                flags,
                tuple(options["tense"].split(",")) if "tense" in options else (),
                earlier=parts.get(options.get("after")),
                shared=parts.get(options.get("of")),
            )
        force = ("definite", "indefinite", "singular", "plural")
        names = [order, *flags]
        kinds = tuple(n for n in names if n not in (*force, "light"))
        forced = [name for name in names if name in force]
        if kinds == ("place",) and "definite" in forced:
            forced.append("singular")
        if "light" in flags:
            draw.depth = 0
        phrase = phrases.noun_phrase(draw, kinds, force=tuple(forced))
        if "plural" in forced and phrase.person != "3pl":
            raise DeadEnd
        return phrase

    def _comparison(self, draw: Draw, degree: str) -> dict:
        dice, lexicon = draw.dice, draw.lexicon
        kinds = tuple(dice.pick(self._comparable).split())
        force = ("definite",) if kinds != ("person", "relative") else ()
        one = phrases.noun_phrase(draw, kinds, force=force)
        number = "plural" if one.person == "3pl" else "singular"
        # What is the oldest of all is not compared with anything in particular.
        alone = degree == "superlative"
        other = one
        if not alone:
            other = phrases.noun_phrase(draw, kinds, force=(*force, number))
        if not (one.definite and other.definite):
            raise DeadEnd
        # "Der Arzt ist älter als die Ärztin" is lost on English.
        words_of = [lexicon.of((phrase.noun,))[0].english for phrase in (one, other)]
        if words_of[0] == words_of[1] and not alone:
            raise DeadEnd
        choices = [
            a
            for a in phrases.fitting(draw, one.kind, one.noun, 1)
            if (other.kind in a.kinds or other.noun in a.kinds)
            and a.positive not in draw.used
        ]
        if not choices:
            raise DeadEnd
        number = {"positive": 0, "comparative": 1, "superlative": 2}[degree]
        adjective = phrases.described(draw, dice.pick(choices), number)
        return {"X": one, "Y": other, "D": adjective}

    def _slot(self, draw, item, parts, side, links, cache) -> Words:
        name, _, form = item.partition(".")
        part = parts[name]
        if isinstance(part, Clause):
            return part.german if side == "de" else part.english
        if form == "adjective":
            return part.predicate if side == "de" else part.english
        if form in ("sein", "be", "be_there", "nicht", "not"):
            key = {"sein": "be", "be_there": "1", "nicht": "not"}.get(form, form)
            if key not in links:
                links[key] = draw.link()
            if form in ("nicht", "not"):
                if "negated" not in cache:
                    cache["negated"] = draw.dice.chance(0.5)
                    if cache["negated"]:
                        draw.show("negation")
                return words(form, links[key]) if cache["negated"] else []
            if form == "sein":
                word = draw.lexicon.auxiliaries["sein"].present[part.person]
            else:
                word = english.present("be", part.person)
            return words(word, links[key])
        if form in ("there", "thither"):
            if (name, form) not in cache:
                noun = draw.lexicon.of((part.noun,))[0]
                cache[name, form] = phrases.at_place(draw, part, getattr(noun, form))
            return cache[name, form][0 if side == "de" else 1]
        if side == "de":
            return part.german(form)
        return part.subject if form == "subject" else part.object


def _items(side: str) -> list[str]:
    return side.split()


def finish(source: Words, target: Words, phenomena: set[str]) -> Sentence:
    """Joins the words: commas that meet merge, "a" becomes "an", capitals."""
    source, target = _punctuate(source), _punctuate(target)
    target = _joined(target)
    alignment = []
    where: dict[int, list[int]] = {}
    for j, (word, links) in enumerate(target):
        if word == "a":
            target[j] = english.article(target[j + 1][0]), links
        for link in links:
            places = where.setdefault(link, [])
            if not places or places[-1] != j:
                places.append(j)
    for i, (_, links) in enumerate(source):
        if len(links) == 1:
            found = where.get(links[0], ())
        else:
            found = sorted({j for link in links for j in where.get(link, ())})
        for j in found:
            alignment.append((i, j))
    return Sentence(
        _capitalised(source),
        _capitalised(target),
        tuple(alignment),
        tuple(sorted(phenomena)),
    )


def _punctuate(side: Words) -> Words:
    result: Words = []
    for word, links in side:
        if result and word in _PUNCTUATION and result[-1][0] == ",":
            result.pop()
        result.append((word, links))
    return result


def _joined(side: Words) -> Words:
    """Writes "cannot" as the one word that it is."""
    result: Words = []
    for word, links in side:
        if word == "not" and result and result[-1][0] == "can":
            result[-1] = ("cannot", (*result[-1][1], *links))
        else:
            result.append((word, links))
    return result


def _capitalised(side: Words) -> str:
    text = " ".join(word for word, _ in side)
    return text[0].upper() + text[1:]

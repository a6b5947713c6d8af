import re

import numpy as np
import pytest

from keras_transformer.corpora import Pairs, copied_pairs
from keras_transformer.corpora.copied import made_up

NOUNS = {"Hund": "dog", "Ball": "ball", "Mann": "man"}
VERBS = {"rollt": "rolls", "wartet": "waits"}
LINES = [
    (f"Ein {noun} {verb}, und ein {other} {verb}", f"A {n} {v}, and a {o} {v}")
    for noun, n in NOUNS.items()
    for other, o in NOUNS.items()
    for verb, v in VERBS.items()
]
PAIRS = Pairs(*map(tuple, zip(*(LINES * 2), strict=True)))


def test_a_word_and_its_translation_become_the_same_word():
    made = copied_pairs(PAIRS, 40, lambda random: "Rex", seed=1)
    assert (made.source[:36], made.target[:36]) == (PAIRS.source, PAIRS.target)
    drawn = set(zip(made.source[36:], made.target[36:], strict=True))
    assert (
        "Ein Rex rollt, und ein Ball rollt",
        "A Rex rolls, and a ball rolls",
    ) in drawn
    assert (
        "Ein Ball wartet, und ein Rex wartet",
        "A ball waits, and a Rex waits",
    ) in drawn
    for texts in drawn:
        assert [len(re.findall("Rex", text)) for text in texts] == [1, 1]
        # Where a word stands twice, nobody says which of them is meant.
        assert all(
            re.fullmatch(r"(Ein|A) .*, (und|Rex|and) (ein|a) .*", t) for t in texts
        )


def test_the_seed_decides():
    drawn = [copied_pairs(PAIRS, 20, seed=seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_words_that_are_often_apart_are_not_taken_for_translations():
    """A word that goes with all others is nobody's translation."""
    many = [(f"so {word}", f"thus {word}") for word in ("ja", "nein", "doch") * 6]
    apart = [(f"{word} da", "thus") for word in ("ja", "nein", "doch") * 12]
    pairs = Pairs(*map(tuple, zip(*many, *apart, strict=True)))
    made = copied_pairs(pairs, 50, lambda random: "Rex")
    assert not any(text == "thus" for text in made.target[len(pairs) :])


@pytest.mark.parametrize(
    "kind", [r"[A-ZÄÖÜÉ][a-zäöüé]+", r"\d+([,.:]\d+)?", r"[A-Z]{3}\d*"]
)
def test_what_is_made_up_is_a_name_a_number_or_capitals(kind):
    random = np.random.default_rng(1)
    drawn = [made_up(random) for _ in range(300)]
    assert sum(re.fullmatch(kind, word) is not None for word in drawn) > 60
    assert len(set(drawn)) > 200


def test_nothing_can_be_copied_where_nothing_is_certain():
    with pytest.raises(ValueError, match="beside its translation in 5 pairs"):
        copied_pairs(Pairs(("ein Hund",), ("a dog",)), 1)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        copied_pairs(PAIRS, 0)

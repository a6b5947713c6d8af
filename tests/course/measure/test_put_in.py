import re

import pytest

from keras_transformer import corpora
from keras_transformer.corpora import Pairs
from keras_transformer.course.measure.put_in import came_through, put_in

PAIRS = Pairs(
    (
        "Zwei Hunde im Schnee.",
        "Hier ist nichts.",
        "Das ist ein Mann.",
        "Ein rotes Hemd, und Ein Junge lacht.",
    ),
    (
        "Two dogs in snow.",
        "Nothing here.",
        "It is a man.",
        "A red shirt; a boy laughs.",
    ),
)


def test_the_kinds_are_put_in_by_turns_on_both_sides():
    number, name, capitals = put_in(PAIRS)
    assert number.source == "101 Hunde im Schnee." and number.words == ("101",)
    assert number.target == "101 dogs in snow."
    assert name.source == "Das ist Ruslan Kowalczyk."
    assert name.target == "It is Ruslan Kowalczyk."
    assert name.words == ("Ruslan", "Kowalczyk")
    assert capitals.source == "Ein rotes NASA Hemd, und Ein Junge lacht."
    assert capitals.target == "A red NASA shirt; a boy laughs."
    assert [each.kind for each in put_in(PAIRS, 2)] == ["number", "name"]


def test_a_word_must_come_through_once_and_whole():
    asked = put_in(PAIRS)
    right = [each.target.lower() for each in asked]  # upper case does not matter
    everything = {"number": 1.0, "name": 1.0, "capitals": 1.0, "all": 1.0}
    assert came_through(asked, right) == everything
    for wrong in ("1012 dogs", "101 101 dogs", "1 01 dogs", "dogs", "101-dogs"):
        found = came_through(asked, [wrong, *right[1:]])
        assert found == everything | {"number": 0.0, "all": 2 / 3}
    assert came_through(asked, [right[0], "It is Ruslan.", right[2]])["name"] == 0


@pytest.mark.skipif(
    not corpora.on_disk("multi30k-de-en"), reason="multi30k is not on disk"
)
def test_no_training_pair_has_a_word_that_is_put_in():
    splits = corpora.load("multi30k-de-en").splits
    asked = put_in(splits["test_2016"])
    assert len(asked) == 200
    sides = splits["train"].source + splits["train"].target
    known = {word for text in sides for word in re.findall(r"[\w']+", text.lower())}
    assert not known & {word.lower() for each in asked for word in each.words}

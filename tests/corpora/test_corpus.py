import pytest

from keras_transformer.corpora import Pairs


@pytest.fixture
def pairs():
    return Pairs(
        source=("Ja.", "Ja, sehr gern.", "Der Hund schläft nicht."),
        target=("Yes, please.", "Yes.", "The dog doesn't sleep."),
        alignments=(((0, 0),), ((1, 1),), ((2, 2),)),
        skipped={"empty": 3},
    )


def test_both_sides_have_at_most_so_many_words(pairs):
    # Words and marks: 2 and 4, 5 and 2, 5 and 5.
    assert len(pairs.at_most(3)) == 0
    assert pairs.at_most(4).target == ("Yes, please.",)
    assert pairs.at_most(5).source == pairs.source


def test_short_pairs_keep_what_is_known_of_them(pairs):
    short = pairs.at_most(4)
    assert short.alignments == (((0, 0),),)
    assert short.phenomena is None
    assert short.skipped == {}

import numpy as np

from keras_transformer.corpora import Pairs
from keras_transformer.course.measure.counted_links import ibm_1

SOURCE = ("das haus", "das buch", "ein buch", "Ein haus")
PAIRS = Pairs(SOURCE, ("the house", "the book", "a book", "A house"))


def test_what_stands_together_everywhere_is_linked():
    """The example of the textbook: nobody says which word is which."""
    found = ibm_1(PAIRS, Pairs(("ein haus",), ("a house",)), rounds=30)
    assert found[0].shape == (2, 2)
    assert found[0].argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(found[0].diagonal(), 1 / (1 + 1 / 4), rtol=1e-6)
    # One round of equal shares knows what goes together more often, and no more.
    once = ibm_1(PAIRS, Pairs(("ein haus",), ("a house",)), rounds=1)[0]
    np.testing.assert_allclose(once.diagonal(), (1 / 2) / (1 / 2 + 1 / 4 + 1 / 4))


def test_a_word_that_comes_from_none_leaves_a_rest():
    pairs = Pairs(("haus", "buch", "tisch"), ("oh house", "oh book", "oh table"))
    oh, house = ibm_1(pairs, pairs, rounds=30)[0][:, 0]
    assert oh < 0.2 < 0.8 < house


def test_new_words_are_asked_without_an_error():
    found = ibm_1(PAIRS, Pairs(("ein neues",), ("a new one",)))[0]
    assert found.shape == (3, 2) and np.isfinite(found).all()
    assert found[0].argmax() == 0

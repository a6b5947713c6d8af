import pytest

from keras_transformer.course.experiments import not_words


def test_a_bigram_knows_a_chain_and_little_of_tastes():
    counted, best = (not_words.measure(kind, 1) for kind in ("Markov", "ceiling"))
    assert counted["chain, hit 1"] == pytest.approx(best["chain, hit 1"], abs=0.01)
    assert counted["tastes, hit 1"] < best["tastes, hit 1"] - 0.2
    assert counted.keys() == best.keys()

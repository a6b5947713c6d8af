import numpy as np
import pytest

from keras_transformer.course.measure.noise import dropped_words, other_pieces
from keras_transformer.text import Tokenizer


def test_a_share_of_the_words_is_hidden_and_nothing_else():
    source = np.full((200, 50), 7)
    source[:, -2:] = 2, 0
    found = dropped_words(source, 0.3, np.random.default_rng(1))
    assert (found[:, -2:] == (2, 0)).all()
    assert set(np.unique(found[:, :-2])) == {3, 7}
    assert np.mean(found[:, :-2] == 3) == pytest.approx(0.3, abs=0.02)
    assert (source[:, :-2] == 7).all()


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_other_pieces_spell_the_same_text(share):
    texts = ["Der junge Student geht zum Hotel.", "Wer ruft an?"] * 3
    tokenizer = Tokenizer.learn(texts, 400)
    dice, more = np.random.default_rng(1), 0
    for ids in tokenizer.encode(texts):
        other = other_pieces(ids, tokenizer.vocabulary, share, dice)
        assert tokenizer.decode([other]) == tokenizer.decode([ids])
        more += len(other) - len(ids)
    assert (more > 0) == (share > 0)

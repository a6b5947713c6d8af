import numpy as np
import pytest
from decoding_models import END, array, batch, strong

from keras_transformer.decoding import BatchDecoder, Forced
from keras_transformer.laws.toy_models import Tree


def decoder(model, method, **options):
    options = {"batch_size": 4, "lengths": (3, 9), "xla": False} | options
    return BatchDecoder(model, method, **options)


@pytest.mark.compiles
def test_a_given_translation_comes_back_with_its_log_probability():
    tree = Tree(6)
    given = [[3, 4, 5], [], [5, 5], [4], [3, 3, 3]]
    texts = [[5], [6, 3], [3, 4, 4, 5], [5, 5], [6]]
    found = decoder(tree, Forced(given)).hypotheses(texts)
    for text, said, (one,) in zip(texts, given, found, strict=True):
        assert one.ids.tolist() == said
        assert one.score == pytest.approx(tree.total(text[0], [*said, END]), abs=1e-4)


def test_a_translation_without_room_is_refused():
    # length_ratio · 3 + 8 = 11 tokens, the end included.
    message = r"must fit into 11 tokens .* got 12 of sentence 1"
    with pytest.raises(ValueError, match=message):
        decoder(Tree(6), Forced([[3], [3] * 11]), length_ratio=1.0)([[5], [6]])


@pytest.mark.compiles
def test_a_long_translation_of_another_batch_is_no_hindrance():
    given = [[3] * 14, [4]]
    texts = [[5] * 8, [6]]
    found = decoder(Tree(6), Forced(given), length_ratio=1.0)(texts)
    assert [ids.tolist() for ids in found] == given


def test_an_empty_source_has_nothing_to_rate():
    source, target = batch(7)[::-1], np.array([[7, 2, 2]] * 8)
    tokens, scores = Forced(())(strong(), source, 3, target)
    assert array(tokens)[:2, 0].tolist() == [[0, 0, 0], [7, 2, 0]]
    assert array(scores)[0].tolist() == [0.0] and array(scores)[1] < 0

import pytest

from keras_transformer.corpora import Pairs, joined_pairs

PAIRS = Pairs(("ja", "nein", "so"), ("yes", "no", "thus"))


def test_joined_pairs_stand_one_after_the_other_on_both_sides():
    english = dict(zip(PAIRS.source, PAIRS.target, strict=True))
    found = joined_pairs(PAIRS, 4, seed=1)
    assert found.source[:3] == PAIRS.source and found.target[:3] == PAIRS.target
    sizes = [len(text.split()) for text in found.source[3:]]
    assert sizes == [2] * 4 + [3] * 4
    for source, target in zip(found.source, found.target, strict=True):
        assert [english[word] for word in source.split()] == target.split()
    assert joined_pairs(PAIRS, 4, seed=2) != found == joined_pairs(PAIRS, 4, seed=1)


@pytest.mark.parametrize(("count", "sizes"), [(0, (2,)), (1, (2, 0))])
def test_nothing_cannot_be_joined(count, sizes):
    with pytest.raises(ValueError, match=r"at least 1, got count="):
        joined_pairs(PAIRS, count, sizes)

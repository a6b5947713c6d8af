import numpy as np
import pytest

from keras_transformer.positions import AlibiPositions, PairBias, alibi_slopes


def test_the_slopes_are_those_of_the_paper():
    assert alibi_slopes(8) == [2.0**-i for i in range(1, 9)]
    halves = [2 ** (-i / 2) for i in range(1, 17)]
    np.testing.assert_allclose(alibi_slopes(16), halves)
    # Of 12: those of 8, then the odd ones of 16, as the published code has it.
    np.testing.assert_allclose(alibi_slopes(12), alibi_slopes(8) + halves[:8:2])


@pytest.mark.parametrize("offset", [0, 4])
def test_a_head_pays_its_slope_for_every_step(offset):
    found = np.asarray(AlibiPositions(6).bias(3, 7, offset))
    slopes = [2.0**-i for i in (2, 4, 6, 8)] + [2.0**-1, 2.0**-3]
    for h, t, s in np.ndindex(6, 3, 7):
        assert found[h, t, s] == -slopes[h] * abs(offset + t - s)


def test_no_head_is_refused():
    with pytest.raises(ValueError, match="num_heads must be at least 1, got num_head"):
        AlibiPositions(0)


@pytest.mark.parametrize("offset", [0, 2])
def test_a_bias_of_pairs_is_looked_up(offset):
    layer = PairBias(3, 7)
    layer.build()
    table = np.random.default_rng(0).normal(size=(3, 7, 7)).astype("float32")
    layer.set_weights([table])
    found = layer.bias(4, 6, offset)
    np.testing.assert_array_equal(found, table[:, offset : offset + 4, :6])


@pytest.mark.parametrize(("lengths", "last"), [((4, 4, 4), 8), ((1, 9, 0), 9)])
def test_a_pair_beyond_the_table_is_refused(lengths, last):
    layer = PairBias(3, 7)
    layer.build()
    rule = f"learned biases end at max_length=7, got positions up to {last}"
    with pytest.raises(ValueError, match=rule):
        layer.bias(*lengths)
    with pytest.raises(ValueError, match="max_length must be at least 1, got 0"):
        PairBias(3, 0)

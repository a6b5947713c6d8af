import gru_oracle
import keras
import numpy as np
import pytest

from keras_transformer.models.recurrent import BidirectionalEncoder
from keras_transformer.models.recurrent.encoder import without_empty_rows

B, S, E, UNITS = 3, 5, 7, 22
LENGTHS = (5, 2, 3)


@pytest.fixture
def random():
    return np.random.default_rng(7)


def right_padded(lengths, width=S):
    return (np.arange(width) < np.array(lengths)[:, None])[:, None]


def built(**kwargs):
    keras.utils.set_random_seed(11)
    encoder = BidirectionalEncoder(UNITS, **kwargs)
    encoder.build((None, None, E))
    random = np.random.default_rng(11)
    for weight in encoder.weights:  # biases too
        if "seed" not in weight.path:
            weight.assign(random.normal(size=weight.shape, scale=0.4))
    return encoder


def numpy(tensors):
    return [np.asarray(keras.ops.convert_to_numpy(t)) for t in tensors]


def test_a_padded_batch_equals_the_equations_sentence_by_sentence(random):
    encoder = built()
    x = random.normal(size=(B, S, E)).astype("float32")
    memory, final = numpy(encoder(x, right_padded(LENGTHS)))
    for row, length in enumerate(LENGTHS):
        wanted = gru_oracle.encode(encoder, x[row, :length].astype("float64"))
        np.testing.assert_allclose(memory[row, :length], wanted[0], atol=1e-5)
        np.testing.assert_allclose(final[row], wanted[1], atol=1e-5)
        assert not memory[row, length:].any()


def test_no_mask_keeps_every_position(random):
    encoder = built()
    x = random.normal(size=(B, S, E)).astype("float32")
    for given, masked in zip(
        numpy(encoder(x)), numpy(encoder(x, right_padded((S,) * B))), strict=True
    ):
        np.testing.assert_allclose(given, masked, atol=1e-6)


def test_what_stands_in_the_padding_changes_nothing(random):
    encoder = built()
    x = random.normal(size=(B, S, E)).astype("float32")
    mask = right_padded(LENGTHS)
    noisy = np.where(mask[:, 0, :, None], x, 1e3).astype("float32")
    for clean, disturbed in zip(
        numpy(encoder(x, mask)), numpy(encoder(noisy, mask)), strict=True
    ):
        np.testing.assert_array_equal(clean, disturbed)


def test_an_empty_sentence_yields_zeros_and_leaves_the_others_alone(random):
    encoder = built()
    x = random.normal(size=(B, S, E)).astype("float32")
    memory, final = numpy(encoder(x, right_padded((5, 0, 3))))
    assert not memory[1].any() and not final[1].any()
    whole, _ = numpy(encoder(x, right_padded((5, 5, 3))))
    np.testing.assert_allclose(memory[[0, 2]], whole[[0, 2]], atol=1e-6)


def test_the_grus_see_right_padded_rows_that_are_not_empty(monkeypatch, random):
    seen = []
    call = keras.layers.GRU.call

    def spy(self, sequences, initial_state=None, mask=None, training=False):
        seen.append(np.asarray(mask))
        return call(self, sequences, initial_state, mask, training)

    monkeypatch.setattr(keras.layers.GRU, "call", spy)
    encoder = built()
    encoder(random.normal(size=(B, S, E)).astype("float32"), right_padded((0, 5, 2)))
    assert len(seen) == 2
    for mask in seen:
        np.testing.assert_array_equal(mask, right_padded((1, 5, 2))[:, 0])


def test_only_an_empty_row_gains_a_position():
    mask = np.array([[False, False, False], [True, False, False], [True, True, True]])
    wanted = mask.copy()
    wanted[0, 0] = True
    np.testing.assert_array_equal(np.asarray(without_empty_rows(mask)), wanted)


@pytest.mark.parametrize("use_cudnn", [False, True])
def test_cudnn_is_left_out_unless_asked_for(use_cudnn):
    encoder = BidirectionalEncoder(UNITS, use_cudnn=use_cudnn)
    wanted = "auto" if use_cudnn else False
    assert encoder.forward_gru.use_cudnn == wanted
    assert encoder.backward_gru.use_cudnn == wanted


def test_dropout_acts_in_training_only(random):
    encoder = built(dropout=0.5, seed=3)
    x = random.normal(size=(B, S, E)).astype("float32")
    still = numpy(encoder(x))[0]
    np.testing.assert_array_equal(still, numpy(encoder(x, training=False))[0])
    assert np.abs(still - numpy(encoder(x, training=True))[0]).max() > 0.01


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_stays_near_float32(policy, random):
    x = random.normal(size=(B, S, E)).astype("float32")
    mask = right_padded((5, 0, 3))
    exact = numpy(built()(x, mask))
    half = built(dtype=policy)(x, mask)
    for wide, narrow in zip(exact, half, strict=True):
        assert keras.backend.standardize_dtype(narrow.dtype) == policy[6:]
        narrow = keras.ops.convert_to_numpy(keras.ops.cast(narrow, "float32"))
        np.testing.assert_allclose(narrow, wide, atol=0.05)


@pytest.mark.parametrize("units", [0, -2, 7])
def test_units_must_split_into_two_directions(units):
    with pytest.raises(ValueError, match=rf"units must be even.*got units={units}"):
        BidirectionalEncoder(units)


def test_dropout_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\), got dropout=1"):
        BidirectionalEncoder(UNITS, dropout=1)


def test_a_mask_of_numbers_is_refused(random):
    x = random.normal(size=(B, S, E)).astype("float32")
    with pytest.raises(ValueError, match="a mask must be boolean"):
        built()(x, np.ones((B, 1, S), "float32"))


def test_config_rebuilds_the_encoder():
    encoder = BidirectionalEncoder(UNITS, dropout=0.25, use_cudnn=True, seed=5)
    again = BidirectionalEncoder.from_config(encoder.get_config())
    assert again.get_config() == encoder.get_config()

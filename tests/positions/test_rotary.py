import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.positions import RotaryPositions, rotate


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def turned(x, position, max_wavelength=10_000.0):
    """The paper's block-diagonal matrix of neighbours, times `x`, in float64."""
    width = len(x)
    matrix = np.zeros((width, width))
    for pair in range(width // 2):
        angle = position * max_wavelength ** (-2 * pair / width)
        block = slice(2 * pair, 2 * pair + 2)
        matrix[block, block] = [
            [np.cos(angle), -np.sin(angle)],
            [np.sin(angle), np.cos(angle)],
        ]
    return matrix @ x


def halves(width):
    """Where the paper's numbers stand: first of every pair, then the second."""
    return [*range(0, width, 2), *range(1, width, 2)]


@given(
    shape=st.sampled_from([(5, 2), (2, 5, 6), (2, 3, 5, 14), (2, 0, 6)]),
    offset=st.sampled_from([0, 3, 500]),
)
@settings(max_examples=12, deadline=None)
def test_turning_is_the_papers_rotation_in_another_order(shape, offset):
    x = numbers(*shape)
    wanted = np.zeros(x.shape)
    for place in np.ndindex(*x.shape[:-1]):
        wanted[place] = turned(x[place].astype("float64"), offset + place[-1])
    order = halves(shape[-1])
    np.testing.assert_allclose(
        rotate(x[..., order], offset), wanted[..., order], atol=2e-4
    )


def test_scores_depend_on_the_distance_alone():
    query, key = numbers(1, 10), numbers(1, 10, seed=1)

    def score(query_position, key_position):
        q, k = rotate(query, query_position), rotate(key, key_position)
        return float(ops.sum(q * k))

    for distance in (-7, 0, 1, 13):
        scores = [score(p + distance, p) for p in (7, 8, 31, 400)]
        np.testing.assert_allclose(scores, scores[0], atol=1e-3)
    assert abs(score(3, 0) - score(0, 3)) > 1e-2


def test_turning_keeps_every_length():
    x = numbers(2, 5, 14)
    found = np.linalg.norm(rotate(x, 11), axis=-1)
    np.testing.assert_allclose(found, np.linalg.norm(x, axis=-1), rtol=1e-5)


def test_the_first_position_is_not_turned():
    x = numbers(1, 6)
    np.testing.assert_array_equal(rotate(x), x)


def test_a_part_with_an_offset_is_that_part_of_the_whole():
    x = numbers(2, 11, 6)
    part = rotate(x[:, 5:8], ops.convert_to_tensor(5, "int32"))
    np.testing.assert_allclose(part, np.asarray(rotate(x))[:, 5:8], atol=1e-5)


def test_half_precision_turns_far_positions_by_the_right_angle():
    x = numbers(5, 6)
    found = RotaryPositions(dtype="bfloat16")(x, offset=1001)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    found = np.asarray(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, rotate(x, 1001), atol=5e-2)


def test_the_layer_has_both_hooks_of_an_attention():
    layer = RotaryPositions(max_wavelength=50.0)
    x = numbers(2, 3, 5, 6)
    np.testing.assert_array_equal(layer.rotate(x, 7), rotate(x, 7, 50.0))
    assert layer.bias(5, 5) is None


def test_an_odd_width_is_refused():
    rule = "rotary positions need an even width, got width=7"
    with pytest.raises(ValueError, match=rule):
        RotaryPositions()(numbers(2, 3, 7))


def test_rotary_positions_come_back_from_their_config():
    layer = RotaryPositions(max_wavelength=50.0)
    twin = RotaryPositions.from_config(layer.get_config())
    x = numbers(2, 5, 6)
    np.testing.assert_array_equal(twin(x, offset=3), layer(x, offset=3))


def test_the_features_beyond_the_share_are_left_alone():
    x = numbers(2, 3, 5, 14)
    found = np.asarray(RotaryPositions(share=3 / 7)(x, offset=3))
    np.testing.assert_array_equal(found[..., 6:], x[..., 6:])
    np.testing.assert_array_equal(found[..., :6], rotate(x[..., :6], 3))


def test_linear_scaling_turns_a_long_sequence_like_a_short_one():
    x = numbers(1, 1, 9, 6)
    found = np.asarray(RotaryPositions(stretch=4.0)(x))
    for place, position in ((4, 1), (8, 2)):
        wanted = rotate(x[:, :, place : place + 1], position)
        np.testing.assert_allclose(found[:, :, place : place + 1], wanted, atol=1e-6)


def test_ntk_scaling_slows_the_slowest_pair_and_spares_the_fastest():
    x, stretch, width = np.ones((9, 6), "float32"), 4.0, 6
    found = np.asarray(RotaryPositions(scaling="ntk", stretch=stretch)(x))
    plain = np.asarray(rotate(x))
    half = width // 2
    np.testing.assert_allclose(found[:, ::half], plain[:, ::half], atol=1e-6)
    slow = np.asarray(rotate(x, stretch=stretch))[:, half - 1 :: half]
    np.testing.assert_allclose(found[:, half - 1 :: half], slow, atol=1e-5)
    base = 10_000.0 * stretch ** (width / (width - 2))
    for place in range(9):
        wanted = turned(np.ones(width), place, base)
        np.testing.assert_allclose(found[place, [0, 3, 1, 4, 2, 5]], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (
            {"scaling": "yarn"},
            "scaling must be one of .*, got 'yarn'",
        ),
        ({"stretch": 0.5}, "stretch must be at least 1, got stretch=0.5"),
        ({"share": 0.5}, "an even width, got width=3"),
        ({"share": 1.5}, r"share must be in \(0, 1\], got share=1.5"),
        ({"share": 1 / 3, "scaling": "ntk"}, "'ntk' needs a width of at least 4"),
    ],
)
def test_what_cannot_be_turned_is_refused(options, rule):
    with pytest.raises(ValueError, match=rule):
        RotaryPositions(**options)(numbers(1, 2, 6))

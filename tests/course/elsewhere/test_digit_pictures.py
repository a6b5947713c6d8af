import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer.course import elsewhere
from keras_transformer.course.elsewhere.pictures import COLUMN, DIGIT, ROW


def test_patches_are_the_squares_in_reading_order():
    pictures = np.random.default_rng(1).random((3, 6, 10))
    cut = elsewhere.patches(pictures, 2)
    assert cut.shape == (3, 15, 4)
    for patch in range(15):
        row, column = divmod(patch, 5)
        square = pictures[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        np.testing.assert_array_equal(cut[:, patch], square.reshape(3, 4))


@pytest.fixture(scope="module")
def made():
    images = 0.5 + np.arange(4.0).reshape(4, 1, 1) * np.ones((1, 8, 8))
    return elsewhere.scenes(images, np.array([3, 5, 7, 9]), 200, seed=1)


def test_the_tokens_of_a_scene_say_where_its_digits_are(made):
    values = {3: 0.5, 5: 1.5, 7: 2.5, 9: 3.5}
    for picture, tokens in zip(made.pictures, made.tokens, strict=True):
        left = picture.copy()
        found = elsewhere.boxes(tokens)
        assert 1 <= len(found) <= 3
        for digit, row, column in found:
            box = left[row : row + 8, column : column + 8]
            assert (box == values[digit]).all()
            box[:] = 0
        assert (left == 0).all()  # and nothing else is there
        columns = [column for *_, column in found]
        assert columns == sorted(columns)


def test_scenes_use_all_the_room(made):
    found = [box for tokens in made.tokens for box in elsewhere.boxes(tokens)]
    assert {row for _, row, _ in found} == set(range(5))
    assert {column for *_, column in found} == set(range(21))


def test_what_is_no_box_is_not_read():
    good = [COLUMN + 2, ROW + 1, DIGIT + 4]
    assert elsewhere.boxes([*good, DIGIT, ROW, COLUMN, *good[:2], 2, *good]) == [
        (4, 1, 2)
    ]


def test_scenes_are_rated_by_what_overlaps_and_has_the_right_name():
    truth = [[(7, 0, 0), (3, 2, 12)], [(1, 4, 4)]]
    said = [[(7, 0, 4), (3, 2, 12)], [(1, 4, 4)]]  # the first overlaps by a third
    rated = elsewhere.rated(said, truth)
    assert rated["exact"] == 0.5
    assert rated["found"] == pytest.approx(2 / 3)
    assert rated["false"] == pytest.approx(1 / 3)
    assert rated["overlap"] == 1.0
    assert elsewhere.rated([[], []], truth)["found"] == 0.0


def test_pixels_are_a_sentence_of_start_class_and_greys():
    image = np.linspace(0, 1, 64).reshape(1, 8, 8)
    (tokens,) = elsewhere.pixel_tokens(image, np.array([6]))
    assert tokens[:2].tolist() == [1, elsewhere.CLASS + 6]
    greys = tokens[2:] - elsewhere.GREY
    assert greys[0] == 0 and greys[-1] == 3 and (np.diff(greys) >= 0).all()


def test_a_table_of_counts_needs_the_bits_of_its_frequencies():
    tokens = np.full((1000, 66), elsewhere.GREY)
    tokens[:, 0], tokens[:, 1] = 1, elsewhere.CLASS
    tokens[::2, 2:] += 3  # every other picture is black all over
    bits = elsewhere.neighbour_bits
    assert bits(tokens, tokens) == pytest.approx(1, abs=1e-3)
    # Who knows the pixel before needs a bit for the first pixel only.
    assert bits(tokens, tokens, neighbours=(1,)) == pytest.approx(1 / 64, abs=2e-3)


def test_the_digits_are_split_once_and_for_all():
    data = elsewhere.digits()
    assert (len(data.train), len(data.test)) == (1297, 500)
    assert data.train.max() == 1 and data.test.dtype == np.float32
    assert set(data.test_labels) == set(range(10))


def test_windows_find_what_is_plain():
    image = np.tril(np.ones((8, 8), "float32")) + 0.1
    two = np.stack([image, image[::-1]])
    seen = elsewhere.scenes(two, np.array([0, 1]), 1000, seed=1)
    asked = elsewhere.scenes(two, np.array([0, 1]), 30, seed=2)
    said = elsewhere.Windows(seen, seed=1).read(asked.pictures)
    rated = elsewhere.rated(said, [elsewhere.boxes(row) for row in asked.tokens])
    assert rated["found"] > 0.9 and rated["false"] < 0.1

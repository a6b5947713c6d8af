import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import numpy as np
import pytest

from keras_transformer.corpora.spoken_digits import synthetic
from keras_transformer.course.experiments import spoken_digits


@pytest.mark.parametrize(
    ("said", "right", "count"),
    [
        ("", "", 0),
        ("one two", "one two", 0),
        ("one", "one two", 1),
        ("one two six", "one six", 1),
        ("two one", "one two", 2),
        ("", "one two six", 3),
        ("nine one two", "one two six", 2),
    ],
)
def test_edits(said, right, count):
    assert spoken_digits.edits(said, right) == count
    assert spoken_digits.edits(right, said) == count


def test_some_bands_and_a_frame_are_hidden_and_padding_stays():
    frames = np.ones((20, 9, 128), "float32")
    frames[:, 6:] = 0
    found = spoken_digits.hidden(frames, np.random.default_rng(1))
    assert (frames[:, :6] == 1).all()  # the given array is as it was
    assert not found[:, 6:].any()
    for clip in found[:, :6]:
        assert (clip == 0).all(axis=1).sum() == 1
        dark = (clip == 0).reshape(6, 4, 32).all(axis=(0, 1))
        assert dark.sum() <= spoken_digits.HIDDEN


def test_a_straight_line_tells_some_synthetic_digits_apart():
    found = spoken_digits.line(synthetic())
    assert all(0.5 < accuracy <= 1 for accuracy in found.values())


def test_every_variant_names_its_data():
    for variant in spoken_digits.EXPERIMENT.variants:
        data, _, kind = variant.partition("_by_")
        assert data in spoken_digits.EPOCHS
        assert kind in ("line", "transformer", "masked_transformer")

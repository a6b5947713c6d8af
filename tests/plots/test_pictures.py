import numpy as np
import pytest
from drawn import words
from matplotlib.patches import Rectangle

from keras_transformer.plots import pictures


def test_pictures_show_their_pixels_and_captions():
    figure = pictures([np.eye(3), np.ones((2, 4))], ["one", "two"], title="Both")
    shown = [axes.get_images()[0].get_array() for axes in figure.axes]
    np.testing.assert_array_equal(shown[0], np.eye(3))
    assert shown[1].shape == (2, 4)
    assert {"one", "two", "Both"} <= words(figure)


def test_a_box_frames_its_pixels():
    (axes,) = pictures([np.zeros((5, 9))], boxes=[[("7", 1, 2, 3, 4)]]).axes
    (box,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert box.get_xy() == (1.5, 0.5)
    assert (box.get_width(), box.get_height()) == (4, 3)
    assert [text.get_text() for text in axes.texts] == ["7"]


def test_the_heaviest_patch_is_covered_most():
    weights = np.array([[0.1, 0.4], [0.3, 0.2]])
    (axes,) = pictures([np.zeros((4, 4))], weights=[weights]).axes
    cover = axes.get_images()[1]
    assert tuple(cover.get_extent()) == (-0.5, 3.5, 3.5, -0.5)
    opacity = np.asarray(cover.get_array())[..., 3]
    np.testing.assert_allclose(opacity / opacity.max(), weights / 0.4)


def test_there_is_a_picture():
    with pytest.raises(ValueError, match="at least one picture, got none"):
        pictures([])

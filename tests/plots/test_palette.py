import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from keras_transformer.plots import palette
from keras_transformer.plots.cells import AMOUNTS, SIGNED, WEIGHTS, contrast

# What those see who lack one kind of cone: Machado, Oliveira and Fernandes, 2009,
# table 1, on linear light.
LACKING = {
    "nobody": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def seen(colour, matrix):
    """A colour in CIE Lab, as somebody sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = to_xyz @ np.clip(matrix @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Ochre comes close to vermilion for some; a wave stands beside every position.
MEANINGS = [colour for colour in palette.TINTS if colour != palette.OCHRE]
GROUNDS = [palette.CARD, palette.PALE, *palette.TINTS.values()]


@pytest.mark.parametrize("eyes", LACKING)
@pytest.mark.parametrize("colours", [palette.SERIES, MEANINGS], ids=len)
def test_colours_are_told_apart_by_the_colour_blind(colours, eyes):
    matrix = np.array(LACKING[eyes])
    for one, other in itertools.combinations(colours, 2):
        apart = np.linalg.norm(seen(one, matrix) - seen(other, matrix))
        assert apart > 12, (one, other)  # 2.3 is just noticed


@pytest.mark.parametrize(
    "ground", [palette.CARD, palette.PALE, *palette.TINTS.values()]
)
def test_text_is_read_on_every_ground(ground):
    assert contrast(to_rgb(palette.INK), to_rgb(ground)) > 7
    assert contrast(to_rgb(palette.QUIET), to_rgb(ground)) > 4


@pytest.mark.parametrize("scale", [WEIGHTS, AMOUNTS], ids=lambda scale: scale.name)
def test_more_is_darker(scale):
    light = [seen(scale(x)[:3], np.eye(3))[0] for x in np.linspace(0, 1, 50)]
    assert (np.diff(light) < 0).all()


def test_both_signs_are_equally_dark_and_zero_is_white():
    for x in np.linspace(0, 0.5, 9):
        low, high = (seen(SIGNED(0.5 + s * x)[:3], np.eye(3))[0] for s in (-1, 1))
        assert abs(low - high) < 16
    assert SIGNED(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.02)

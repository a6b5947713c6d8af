import numpy as np
import pytest

from keras_transformer.corpora.log_mel import (
    FLOOR,
    hertz,
    log_mel,
    mel,
    mel_filters,
    power_spectrum,
    stacked,
)

RATE = 8000


def tone(frequency, seconds=0.5, size=1.0):
    return size * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def test_a_window_of_four_by_hand():
    # Hann: 0, 1/2, 1, 1/2, and their sum is 2. The samples 1, 1, 1, 1 become
    # 0, 1/2, 1, 1/2: at frequency 0 the sum is 2, at the next 0 − 1 ± (i/2 − i/2), at
    # the last 0 − 1/2 + 1 − 1/2.
    np.testing.assert_allclose(
        power_spectrum(np.ones(4), 4, 2), [[1, 1 / 4, 0]], atol=1e-12
    )
    # The samples 0, 1, 0, −1 are one turn of a sine: 0, 1/2, 0, −1/2.
    np.testing.assert_allclose(
        power_spectrum(np.array([0.0, 1, 0, -1]), 4, 2), [[0, 1 / 4, 0]], atol=1e-12
    )


def test_triangles_by_hand():
    assert mel(0) == 0 and abs(mel(1000) - 1000) < 0.02
    np.testing.assert_allclose(hertz(mel(np.array([0.0, 440, 4000]))), [0, 440, 4000])
    # Two bands up to 700 hertz: the corners are a third of the way each, and on the mel
    # scale 1 + f / 700 grows by the third root of 2.
    corners = 700 * (2 ** (np.arange(4) / 3) - 1)
    filters = mel_filters(2, 701, 1400)
    for band in range(2):
        low, centre, high = corners[band : band + 3]
        assert filters[band].argmax() == round(centre)
        axis = np.arange(701)
        assert not filters[band][(axis <= low) | (axis >= high)].any()
        halfway = round((low + centre) / 2)
        assert abs(filters[band][halfway] - 0.5) < 0.01
    # Between two centres the neighbours share what is there.
    middle = slice(int(corners[1]) + 1, int(corners[2]))
    np.testing.assert_allclose(filters[:, middle].sum(axis=0), 1)


@pytest.mark.parametrize("frequency", [250, 500, 1000, 2000, 3000])
def test_a_tone_lights_the_band_of_its_frequency(frequency):
    frames = log_mel(tone(frequency), RATE)
    centres = hertz(np.linspace(0, mel(RATE / 2), 34))[1:-1]
    nearest = np.abs(mel(centres) - mel(frequency)).argmin()
    assert (frames[5:-5].argmax(axis=1) == nearest).all()


def test_every_band_hears_something():
    assert (mel_filters(32, 129, RATE).sum(axis=1) > 1).all()


def test_silence_is_the_floor_and_twice_as_loud_is_one_step():
    np.testing.assert_allclose(log_mel(np.zeros(800)), np.log(FLOOR), rtol=1e-6)
    quiet, loud = log_mel(tone(1000)), log_mel(tone(1000, size=2))
    band = quiet[10].argmax()
    np.testing.assert_allclose(loud[:, band] - quiet[:, band], np.log(4), rtol=1e-4)


def test_frames_are_counted_in_samples():
    assert log_mel(tone(500, 1.0)).shape == (98, 32)  # 1 + (8000 − 200) // 80
    assert log_mel(np.ones(200)).shape == (1, 32)
    assert log_mel(np.ones(279)).shape == (1, 32)
    assert log_mel(np.ones(280)).shape == (2, 32)
    assert log_mel(np.ones(3)).shape == (1, 32)
    assert log_mel(np.ones(16000), rate=16000, bands=20).shape == (98, 20)
    assert log_mel(tone(500)).dtype == np.float32


def test_a_sound_moves_with_its_frames():
    sound = np.random.default_rng(1).normal(size=1600)
    np.testing.assert_allclose(log_mel(sound)[3:], log_mel(sound[240:]), rtol=1e-5)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros((2, 800)), 1.0])
def test_what_is_no_sound_is_refused(samples):
    with pytest.raises(ValueError, match=r"samples must be \[n\], one or more, got"):
        log_mel(samples)


def test_stacked_frames_keep_their_order_and_repeat_the_last():
    frames = np.arange(10.0).reshape(5, 2)
    assert stacked(frames, 2).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 8, 9]]
    assert stacked(frames, 1).tolist() == frames.tolist()
    assert stacked(frames, 8).shape == (1, 16)

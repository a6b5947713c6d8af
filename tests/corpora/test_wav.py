import io
import wave

import numpy as np
import pytest

from keras_transformer.corpora import CorpusError
from keras_transformer.corpora.wav import read_wav


def wav(data, rate=8000, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(data)
    return file.getvalue()


def test_both_kinds_of_samples_become_numbers_between_minus_one_and_one():
    wide = wav(np.array([0, 16384, -32768, 32767], "<i2").tobytes())
    np.testing.assert_array_equal(
        read_wav(wide, "x", 8000), np.float32([0, 0.5, -1, 32767 / 32768])
    )
    narrow = wav(bytes([128, 192, 0, 255]), width=1)
    found = read_wav(narrow, "x", 8000)
    np.testing.assert_array_equal(found, np.float32([0, 0.5, -1, 127 / 128]))
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (wav(b"\0" * 8, channels=2), "x: must have 1 channels, got 2"),
        (
            wav(b"\0" * 8, rate=16000),
            "x: must have 8000 samples a second, got 16000",
        ),
        (wav(b"\0" * 9, width=3), "x: must have 8 or 16 bits a sample, got 24"),
        (
            wav(b""),
            "x: must be longer than nothing and at most 60 seconds, got 0 samples",
        ),
        (
            wav(b"\0" * 2 * 480_001),
            "x: must be longer than nothing and at most 60 seconds, "
            "got 480,001 samples",
        ),
        (
            wav(b"\0" * 200)[:-50],
            "x: must have the 100 samples that it announces, got 75",
        ),
        (b"", "x: must be a WAV file, got one that breaks off"),
        (b"RIFF", "x: must be a WAV file, got one that breaks off"),
        (
            b"not a wave file, but long enough to look like one, or so it seems",
            "x: must be a WAV file, got file does not start with RIFF id",
        ),
    ],
)
def test_what_is_strange_is_refused_by_name(data, message):
    with pytest.raises(CorpusError) as raised:
        read_wav(data, "x", 8000)
    assert str(raised.value) == message


@pytest.mark.parametrize("place", range(0, 44, 3))
def test_a_damaged_header_gives_samples_or_a_refusal(place):
    data = bytearray(wav(b"\1\2" * 50))
    data[place] ^= 0xFF
    try:
        assert len(read_wav(bytes(data), "x", 8000)) <= 50
    except CorpusError as error:
        assert str(error).startswith("x: must ")

"""Sound files as NumPy arrays: WAV with one channel and plain samples."""

import io
import os
import wave

import numpy as np

from keras_transformer.corpora.errors import CorpusError
from keras_transformer.system.unpacking import DAMAGED

LONGEST = 60  # seconds


def read_wav(data: bytes, where: str | os.PathLike, rate: int) -> np.ndarray:
    """The samples of a WAV file.

    Args:
        data: Its bytes.
        where: What to call it in an error.
        rate: How many samples a second it must have.

    Returns:
        Float32 `[n]` in −1 … 1, for 8 and for 16 bits a sample.

    Raises:
        CorpusError: Naming the file and the rule, if it is no such file, has several
            channels, another rate or other samples, is cut short, is empty, or longer
            than a minute.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            told = file.getparams()
            sound = file.readframes(min(told.nframes, LONGEST * rate + 1))
    except (wave.Error, *DAMAGED) as error:
        reason = str(error) or "one that breaks off"
        raise CorpusError(f"{where}: must be a WAV file, got {reason}") from error
    expected = {"channels": 1, "samples a second": rate}
    got = {"channels": told.nchannels, "samples a second": told.framerate}
    for name, value in expected.items():
        if got[name] != value:
            raise CorpusError(f"{where}: must have {value} {name}, got {got[name]}")
    if told.sampwidth not in (1, 2):
        raise CorpusError(
            f"{where}: must have 8 or 16 bits a sample, got {8 * told.sampwidth}"
        )
    count = len(sound) // told.sampwidth
    if not 0 < told.nframes <= LONGEST * rate:
        raise CorpusError(
            f"{where}: must be longer than nothing and at most {LONGEST} seconds, "
            f"got {told.nframes:,} samples"
        )
    if count != told.nframes:
        raise CorpusError(
            f"{where}: must have the {told.nframes:,} samples that it announces, "
            f"got {count:,}"
        )
    if told.sampwidth == 1:
        return (np.frombuffer(sound, np.uint8).astype("float32") - 128) / 128
    return np.frombuffer(sound, "<i2").astype("float32") / 2**15

"""Spoken digits from a speech synthesiser: how `data/spoken-digits` was made.

    python -m keras_transformer.course.spoken_digits LIBRARY DATA data/spoken-digits

`LIBRARY` is a shared library of eSpeak NG, `DATA` its folder `espeak-ng-data`. The
package `espeakng-loader` has both; the committed files are from its version 0.2.4,
which is eSpeak NG 1.52.0. Another version speaks a little differently.
"""

import argparse
import ctypes
import io
import os
import pathlib
import wave
import zipfile

import numpy as np

from keras_transformer.corpora.spoken_digits import COLUMNS, RATE, WORDS

ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
ACCENTS += ("en-gb-x-gbclan", "en-gb-x-gbcwmd")
# Timbres of eSpeak NG: who is heard in training, in validation, and in the test only.
SPLITS = {
    "train": "m1 f1 m2 f2 m4 f4 m5 m6 m8 Alex Alicia Andrea Denis Gene Jacky Lee Mario "
    "Michael Reed adam aunty belinda boris caleb edward grandma ian john linda max "
    "norbert paul",
    "valid": "m3 Annie Hugo steph",
    "test": "m7 f3 f5 Andy Mike anika david robert",
}
SYNCHRONOUS, SPEED, PITCH, CHARACTER = 2, 1, 3, 1  # constants of speak_lib.h
QUIET = 0.02  # of the loudest sample: what is quieter at either end is cut off
EPOCH = (1980, 1, 1, 0, 0, 0)


class Synthesiser:
    """eSpeak NG, called as a library.

    Args:
        library: Path of the shared library.
        data: Path of the folder `espeak-ng-data`.

    Raises:
        RuntimeError: If it does not start.
    """

    def __init__(self, library: str | os.PathLike, data: str | os.PathLike):
        self._library = ctypes.CDLL(str(library))
        path = os.fsencode(data)
        self.rate = self._library.espeak_Initialize(SYNCHRONOUS, 0, path, 0)
        if self.rate <= 0:
            raise RuntimeError(f"eSpeak NG must start with {data}, got {self.rate}")
        self._heard: list[np.ndarray] = []
        kinds = ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int
        self._listener = ctypes.CFUNCTYPE(*kinds, ctypes.c_void_p)(self._listen)
        self._library.espeak_SetSynthCallback(self._listener)

    def _listen(self, samples, count, _):
        if samples and count > 0:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, voice: str, pitch: int, speed: int) -> np.ndarray:
        """What is heard, integers `[n]` at `rate` samples a second.

        Args:
            text: What to say.
            voice: An accent, `+`, a timbre: `"en-us+m1"`.
            pitch: 0 to 100, 50 is ordinary.
            speed: Words a minute, 175 is ordinary.

        Raises:
            ValueError: If there is no such voice.
        """
        self._heard.clear()
        # Its noise is that of a seed, the same for every word.
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"eSpeak NG must have the voice {voice!r}, got none")
        self._library.espeak_SetParameter(SPEED, speed, 0)
        self._library.espeak_SetParameter(PITCH, pitch, 0)
        data = text.encode() + b"\0"
        spoken = data, ctypes.c_size_t(len(data)), 0, CHARACTER, 0, 1, None, None
        self._library.espeak_Synth(*spoken)
        self._library.espeak_Synchronize()
        return np.concatenate(self._heard)


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """The same sound with fewer samples a second, what is too high for them left out.

    Args:
        samples: `[n]`.
        rate: Samples a second that it has.
        wanted: Samples a second that it gets, fewer.
    """
    count = round(len(samples) * wanted / rate)
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return np.fft.irfft(spectrum, count) * (count / len(samples))


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the silence at both ends, and as loud as 8 bits can say."""
    loud = np.flatnonzero(np.abs(samples) > QUIET * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    return samples / np.abs(samples).max()


def wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    """A WAV file of 8 bits a sample.

    Args:
        samples: Float `[n]` in −1 … 1.
        rate: Samples a second.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(rate)
        writer.writeframes(np.uint8(np.rint(samples * 127) + 128).tobytes())
    return file.getvalue()


def rows(seed: int = 1) -> list[dict[str, str]]:
    """What is said by whom: a row of the manifest for each clip.

    Args:
        seed: Seed of accents, pitches and speeds.
    """
    draw = np.random.default_rng(seed)
    found = []
    for split, names in SPLITS.items():
        for number, timbre in enumerate(names.split()):
            accent = ACCENTS[number % len(ACCENTS)]
            pitch = int(draw.integers(30, 71))
            for word in WORDS:
                speed = int(draw.integers(190, 261))
                values = f"{word}_{timbre}.wav", word, timbre, accent, pitch, speed
                found.append(
                    dict(zip(COLUMNS, map(str, (*values, split)), strict=True))
                )
    return found


def write(synthesiser: Synthesiser, folder: str | os.PathLike) -> None:
    """Write the archive and its manifest.

    Args:
        synthesiser: Who speaks.
        folder: Where `clips.zip` and `manifest.tsv` go.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    said = rows()
    # Stored as they are: the bytes depend on no packer's version.
    with zipfile.ZipFile(folder / "clips.zip", "w", zipfile.ZIP_STORED) as archive:
        for row in said:
            voice = f"{row['accent']}+{row['voice']}"
            heard = synthesiser.say(
                row["word"], voice, int(row["pitch"]), int(row["speed"])
            )
            sound = trimmed(resampled(heard, synthesiser.rate, RATE))
            archive.writestr(zipfile.ZipInfo(row["file"], EPOCH), wav(sound))
    lines = ["\t".join(COLUMNS), *("\t".join(row.values()) for row in said)]
    text = "".join(f"{line}\n" for line in lines)
    (folder / "manifest.tsv").write_text(text, "utf-8", newline="\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Speak the digits, and write them.")
    parser.add_argument("library", help="a shared library of eSpeak NG")
    parser.add_argument("data", help="its folder espeak-ng-data")
    parser.add_argument("folder", help="where clips.zip and manifest.tsv go")
    asked = parser.parse_args()
    write(Synthesiser(asked.library, asked.data), asked.folder)


if __name__ == "__main__":
    main()

"""Spoken digits as values: synthetic voices beside the package, people's by download.

The archive in `data/spoken-digits` has 44 synthetic voices; its README says how it was
made. The Free Spoken Digit Dataset has 3,000 recordings of six people. Both have 8,000
samples a second.
"""

import csv
import dataclasses
import hashlib
import io
import itertools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from keras_transformer.corpora.download import fetch
from keras_transformer.corpora.entry import RemoteFile
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.wav import read_wav
from keras_transformer.system.reading import MIB, UnreadableError, escaped, read_bytes
from keras_transformer.system.unpacking import unzip_all

RATE = 8000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# The wheel carries the files inside the package, a checkout beside it.
FOLDERS = tuple(
    Path(__file__).parents[level] / "data" / "spoken-digits" for level in (1, 2)
)
COLUMNS = ("file", "word", "voice", "accent", "pitch", "speed", "split")

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
HOMEPAGE = "https://github.com/Jakobovski/free-spoken-digit-dataset"
LICENCE = "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)"
CITATION = (
    "Jackson and others: Free Spoken Digit Dataset, at commit "
    f"{COMMIT[:8]} of 2024-05-02, doi:10.5281/zenodo.1342401."
)
# GitHub packs an archive anew when asked for it: nobody promises its bytes. So what it
# holds is verified, speaker by speaker.
RECORDINGS = RemoteFile(
    "recordings.zip",
    "free-spoken-digits",
    f"{HOMEPAGE}/archive/{COMMIT}.zip",
    None,
    regenerated=True,
    most=64 * MIB,
)
TAKES = 50  # of each digit by each speaker
TEST_TAKES = 5  # the first ones: the publisher's test split
SHA256 = {
    "george": "7543fea03052e8492c445f376230a4b080e882d238532002bc974a6e69577f3d",
    "jackson": "422e32a8d1b20006e18ea0bcdcce21860ec13781d91f1786b18ba266c9d6de01",
    "lucas": "9b75b134c810b831a6e9ee7e987f9a673d1877c82a02e7487cd397f7dfcf9a41",
    "nicolas": "fc6e8ed1b1b7280008c3cb0ac9568e16309aa37d9f4956493e5a00e34bdba3c8",
    "theo": "035698b2fc6b549ea4647cf6740dba8b57a7c6604383cffe2288b54cac6eca1c",
    "yweweler": "8cf3e97a77edc7bd53a086c6892ef5d544c4ca6ee04a3dbe908712f5cd279bbc",
}


@dataclasses.dataclass(frozen=True)
class Clips:
    """Clips of speech, in order, each with what is said and by whom.

    Args:
        samples: For each clip its samples, float32 `[n]` in −1 … 1, `RATE` a second.
        texts: What is said: a word, or several with spaces between them.
        speakers: Who says it.

    Raises:
        ValueError: If the fields differ in length.
    """

    samples: tuple[np.ndarray, ...]
    texts: tuple[str, ...]
    speakers: tuple[str, ...]

    def __post_init__(self):
        counts = [len(getattr(self, each.name)) for each in dataclasses.fields(self)]
        if len(set(counts)) > 1:
            raise ValueError(f"Clips need one of each field a clip, got {counts}")

    def __len__(self):
        return len(self.samples)

    def pick(self, indices: Iterable[int]) -> "Clips":
        """The clips at these positions, in the order given."""
        indices = tuple(indices)
        fields = (self.samples, self.texts, self.speakers)
        return Clips(*(tuple(field[index] for index in indices) for field in fields))


def synthetic() -> dict[str, Clips]:
    """The digits of the synthetic voices that come with the package.

    Returns:
        The splits `"train"`, `"valid"` and `"test"`; no two share a voice.

    Raises:
        CorpusError: If the files are not there, damaged, or say other than they hold.
    """
    folder = next((f for f in FOLDERS if (f / "manifest.tsv").is_file()), None)
    if folder is None:
        raise CorpusError(
            "the synthetic digits come with the package, in data/spoken-digits, got "
            f"{' and '.join(map(str, FOLDERS))} without manifest.tsv"
        )
    return read_synthetic(folder)


def read_synthetic(folder: str | os.PathLike) -> dict[str, Clips]:
    """The clips of a folder that `keras_transformer.course.spoken_digits` has written.

    Args:
        folder: Where `clips.zip` and `manifest.tsv` are.

    Returns:
        The clips by split, in the order of the manifest.

    Raises:
        CorpusError: As `synthetic` does.
    """
    manifest, path = Path(folder, "manifest.tsv"), Path(folder, "clips.zip")
    rows = _manifest(manifest)
    sounds = _unzip(path)
    listed = {row["file"] for row in rows}
    for name in sorted(listed ^ set(sounds)):
        has, lacks = (manifest, path) if name in listed else (path, manifest)
        raise CorpusError(f"{lacks}: must have {escaped(name)} as {has} has, got none")
    splits: dict[str, Clips] = {}
    for split in dict.fromkeys(row["split"] for row in rows):
        own = [row for row in rows if row["split"] == split]
        splits[split] = Clips(
            tuple(_sound(sounds, row["file"], path) for row in own),
            tuple(row["word"] for row in own),
            tuple(row["voice"] for row in own),
        )
    return splits


def free_spoken_digits(held_out: Iterable[str] = ()) -> dict[str, Clips]:
    """The recordings of the Free Spoken Digit Dataset, downloaded if need be.

    Args:
        held_out: Speakers whom training must not hear. By default there are none, and
            the split is the publisher's: of each digit by each speaker the recordings
            0 to 4 are the test.

    Returns:
        The splits `"train"` and `"test"`. With speakers held out the test is all that
        they say, and training hears the publisher's training part of the others.

    Raises:
        CorpusError: If the files cannot be had, are damaged or not the publisher's; or
            if there is no such speaker, or all are held out.
    """
    held_out = set(held_out)
    if not held_out < set(SHA256):
        raise CorpusError(
            f"the speakers are {', '.join(SHA256)}, not all of them can be held out, "
            f"got {', '.join(sorted(held_out))}"
        )
    clips, takes = read_recordings(fetch(RECORDINGS, accept_changed=True))
    first = [take < TEST_TAKES for take in takes]
    tested = [who in held_out for who in clips.speakers] if held_out else first
    trained = (
        not test and not early for test, early in zip(tested, first, strict=True)
    )
    return {
        "train": clips.pick(itertools.compress(range(len(clips)), trained)),
        "test": clips.pick(itertools.compress(range(len(clips)), tested)),
    }


def read_recordings(
    path: str | os.PathLike, sums: Mapping[str, str] = SHA256
) -> tuple[Clips, tuple[int, ...]]:
    """All recordings of an archive of the Free Spoken Digit Dataset.

    Args:
        path: A zip file with `{digit}_{speaker}_{take}.wav` in a folder `recordings`.
        sums: The speakers, and the SHA-256 of the list that `sha256sum` makes of all
            files of each, sorted by name.

    Returns:
        The clips, sorted by speaker, digit and take; and their takes.

    Raises:
        CorpusError: If the archive is damaged, lacks a recording, has one more, or has
            another than the publisher's.
    """
    inside = _unzip(path, "recordings/")
    sounds = {name.rpartition("/")[2]: data for name, data in inside.items()}
    places = list(itertools.product(sums, range(len(WORDS)), range(TAKES)))
    names = [f"{digit}_{speaker}_{take}.wav" for speaker, digit, take in places]
    for name in sorted(set(names) ^ set(sounds)):
        asked = "have" if name in names else "not have"
        raise CorpusError(f"{path}: must {asked} the recording {escaped(name)}")
    for speaker, expected in sums.items():
        own = sorted(name for name in names if name.split("_")[1] == speaker)
        lines = [
            f"{hashlib.sha256(sounds[name]).hexdigest()}  {name}\n" for name in own
        ]
        got = hashlib.sha256("".join(lines).encode()).hexdigest()
        if got != expected:
            raise CorpusError(
                f"{path}: the {len(own)} recordings of {speaker} must be those that "
                f"were published, with sha256 {expected}, got {got}"
            )
    clips = Clips(
        tuple(_sound(sounds, name, path) for name in names),
        tuple(WORDS[digit] for _, digit, _ in places),
        tuple(speaker for speaker, _, _ in places),
    )
    return clips, tuple(take for _, _, take in places)


def sequences(
    clips: Clips, count: int, seed: int, words: tuple[int, int] = (2, 4)
) -> Clips:
    """Several clips of one speaker behind each other, with pauses.

    Args:
        clips: What there is to draw from.
        count: How many sequences to make.
        seed: Seed of speakers, clips and pauses.
        words: The fewest and the most clips in a sequence.

    Returns:
        So many clips, their texts with spaces between the words. A pause has 0.05 to
        0.2 seconds.
    """
    draw = np.random.default_rng(seed)
    speakers = list(dict.fromkeys(clips.speakers))
    by = {s: [i for i, t in enumerate(clips.speakers) if t == s] for s in speakers}
    made, texts, who = [], [], []
    for _ in range(count):
        speaker = speakers[draw.integers(len(speakers))]
        chosen = draw.choice(by[speaker], draw.integers(words[0], words[1] + 1))
        parts = [clips.samples[chosen[0]]]
        for index in chosen[1:]:
            pause = int(draw.integers(RATE // 20, RATE // 5 + 1))
            parts += [np.zeros(pause, "float32"), clips.samples[index]]
        made.append(np.concatenate(parts))
        texts.append(" ".join(clips.texts[index] for index in chosen))
        who.append(speaker)
    return Clips(tuple(made), tuple(texts), tuple(who))


def _manifest(path):
    try:
        text = read_bytes(path, MIB).decode("utf-8")
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: must be a readable text, got {error}") from error
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", strict=True))
    for number, row in enumerate(rows, 2):
        if set(row) != set(COLUMNS) or None in row.values():
            raise CorpusError(f"{path}:{number}: must have {len(COLUMNS)} columns")
        if row["word"] not in WORDS:
            raise CorpusError(
                f"{path}:{number}: the word must be a digit's, "
                f"got {escaped(row['word'])}"
            )
    return rows


def _unzip(path, folder=""):
    try:
        return unzip_all(
            path, lambda name: name.endswith(".wav") and folder in f"/{name}"
        )
    except (UnreadableError, OSError) as error:
        raise CorpusError(str(error)) from error


def _sound(sounds, name, path):
    return read_wav(sounds[name], f"{path}/{escaped(name)}", RATE)

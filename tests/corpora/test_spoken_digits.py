import collections
import hashlib
import io
import os
import shutil
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keras_transformer.corpora import CorpusError
from keras_transformer.corpora import spoken_digits as digits
from keras_transformer.corpora.spoken_digits import RATE, WORDS, Clips

PEOPLE = ("ada", "bob")


def wav(samples, rate=RATE, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(np.asarray(samples, f"<i{width}").tobytes())
    return file.getvalue()


def refusal(call, *arguments):
    with pytest.raises(CorpusError) as raised:
        call(*arguments)
    return str(raised.value)


@pytest.fixture
def recordings():
    """The recordings of a small corpus: each its own length."""
    places = [(d, who, k) for who in PEOPLE for d in range(10) for k in range(50)]
    return {
        f"{digit}_{who}_{take}.wav": wav([100 + digit, take] * (10 + take))
        for digit, who, take in places
    }


@pytest.fixture
def pack(tmp_path):
    def packed(recordings, folder="some-name/recordings"):
        path = tmp_path / "recordings.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("some-name/README.md", "not a recording")
            for name, data in recordings.items():
                archive.writestr(f"{folder}/{name}", data)
        return path

    return packed


def sums(recordings):
    found = {}
    for who in PEOPLE:
        own = sorted(name for name in recordings if f"_{who}_" in name)
        text = "".join(
            f"{hashlib.sha256(recordings[name]).hexdigest()}  {name}\n" for name in own
        )
        found[who] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_every_word_is_said_once_by_each_synthetic_voice_and_no_split_shares_one():
    splits = digits.synthetic()
    assert {name: len(clips) for name, clips in splits.items()} == {
        "train": 320,
        "valid": 40,
        "test": 80,
    }
    voices = collections.Counter(v for c in splits.values() for v in set(c.speakers))
    assert len(voices) == 44 and set(voices.values()) == {1}
    for clips in splits.values():
        for voice in set(clips.speakers):
            said = [
                t
                for t, v in zip(clips.texts, clips.speakers, strict=True)
                if v == voice
            ]
            assert said == list(WORDS)
        for sound in clips.samples:
            assert sound.dtype == np.float32
            assert 0.98 < np.abs(sound).max() <= 1  # as loud as 8 bits can say
            assert 0.1 < len(sound) / RATE < 0.6


def test_damage_of_the_synthetic_clips_is_named(tmp_path):
    folder = next(f for f in digits.FOLDERS if f.is_dir())
    for name in ("clips.zip", "manifest.tsv"):
        shutil.copy(folder / name, tmp_path / name)
    path, manifest = tmp_path / "clips.zip", tmp_path / "manifest.tsv"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    assert "clips.zip" in refusal(digits.read_synthetic, tmp_path)
    path.write_bytes(data[:5000])
    assert refusal(digits.read_synthetic, tmp_path) == (
        f"{path}: must be a complete zip, got File is not a zip file"
    )
    shutil.copy(folder / "clips.zip", path)
    lines = manifest.read_text("utf-8").splitlines(keepends=True)
    manifest.write_text("".join(lines[:-1]), "utf-8")
    assert refusal(digits.read_synthetic, tmp_path) == (
        f"{manifest}: must have nine_robert.wav as {path} has, got none"
    )
    manifest.write_text("".join(lines).replace("\tzero\t", "\tten\t", 1), "utf-8")
    assert refusal(digits.read_synthetic, tmp_path) == (
        f"{manifest}:2: the word must be a digit's, got ten"
    )
    manifest.write_text("".join(lines[:3]) + "a\tb\n", "utf-8")
    assert refusal(digits.read_synthetic, tmp_path) == (
        f"{manifest}:4: must have 7 columns"
    )
    manifest.unlink()
    assert refusal(digits.read_synthetic, tmp_path).startswith(f"{manifest}: ")


def test_without_the_synthetic_clips_it_is_said_where_they_belong(monkeypatch):
    monkeypatch.setattr(digits, "FOLDERS", (Path("nowhere"),))
    assert "data/spoken-digits" in refusal(digits.synthetic)


def test_recordings_are_read_whoever_packed_them(recordings, pack):
    path = pack(recordings)
    clips, takes = digits.read_recordings(path, sums(recordings))
    assert len(clips) == 1000 and takes[:3] == (0, 1, 2)
    assert (clips.texts[50], clips.speakers[50], takes[50]) == ("one", "ada", 0)
    np.testing.assert_array_equal(clips.samples[50], np.float32([101, 0] * 10) / 2**15)


def test_the_splits_of_the_recordings(recordings, pack, monkeypatch):
    monkeypatch.setattr(digits, "SHA256", sums(recordings))
    path = pack(recordings)
    monkeypatch.setattr(
        digits,
        "read_recordings",
        lambda _, read=digits.read_recordings: read(path, digits.SHA256),
    )
    monkeypatch.setattr(digits, "fetch", lambda file, accept_changed: path)
    official = digits.free_spoken_digits()
    assert len(official["train"]) == 900 and len(official["test"]) == 100
    # The length of a recording tells its number.
    assert {len(s) for s in official["test"].samples} == {20, 22, 24, 26, 28}
    apart = digits.free_spoken_digits(["bob"])
    assert set(apart["train"].speakers) == {"ada"} and len(apart["train"]) == 450
    assert set(apart["test"].speakers) == {"bob"} and len(apart["test"]) == 500
    for strange in (["eve"], PEOPLE):
        assert "the speakers are ada, bob" in refusal(
            digits.free_spoken_digits, strange
        )


def test_recordings_that_are_not_the_publishers_are_refused_by_name(recordings, pack):
    known = sums(recordings)
    name = "3_bob_7.wav"
    sound = recordings.pop(name)
    path = pack(recordings)
    assert refusal(digits.read_recordings, path, known) == (
        f"{path}: must have the recording {name}"
    )
    path = pack({**recordings, name: sound, "3_eve_1.wav": sound})
    assert refusal(digits.read_recordings, path, known) == (
        f"{path}: must not have the recording 3_eve_1.wav"
    )
    path = pack({**recordings, name: recordings["3_bob_8.wav"]})
    assert "the 500 recordings of bob must be those" in refusal(
        digits.read_recordings, path, known
    )


def test_a_recording_that_is_there_twice_is_refused(recordings, pack):
    path = pack(recordings)
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        archive.writestr("some-name/recordings/0_ada_0.wav", b"")
    assert refusal(digits.read_recordings, path, sums(recordings)) == (
        f"{path}: must have one some-name/recordings/0_ada_0.wav, got two"
    )


def test_a_zip_that_would_fill_the_memory_is_refused(recordings, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"recordings/{number}_ada_0.wav", bytes(30 * 2**20))
    assert refusal(digits.read_recordings, path, sums(recordings)).endswith("got more")


def test_sequences_are_clips_of_one_speaker_with_pauses():
    clips = Clips(
        tuple(np.full(10, n, "float32") for n in (0.1, 0.2, 0.3)),
        ("one", "two", "six"),
        ("ada", "ada", "bob"),
    )
    made = digits.sequences(clips, 40, seed=3, words=(2, 3))
    assert digits.sequences(clips, 40, seed=3, words=(2, 3)).texts == made.texts
    assert {len(text.split()) for text in made.texts} == {2, 3}
    said = {"one": 0.1, "two": 0.2, "six": 0.3}
    for text, who, sound in zip(made.texts, made.speakers, made.samples, strict=True):
        heard = [float(v) for v in sound[np.flatnonzero(sound)][::10]]
        np.testing.assert_allclose(heard, [said[w] for w in text.split()], rtol=1e-6)
        assert ("six" in text) == (who == "bob")
        pauses = len(sound) - 10 * len(heard)
        assert 400 <= pauses / (len(heard) - 1) <= 1600


def test_clips_have_one_of_each():
    with pytest.raises(ValueError, match=r"\[1, 2, 1\]"):
        Clips((np.zeros(3),), ("one", "two"), ("ada",))


def test_the_real_recordings(monkeypatch):
    folder = os.environ.get("KERAS_TRANSFORMER_DATA", "")
    if not Path(folder, "free-spoken-digits", "recordings.zip").is_file():
        pytest.skip("KERAS_TRANSFORMER_DATA has no free-spoken-digits/recordings.zip")
    splits = digits.free_spoken_digits()
    assert len(splits["train"]) == 2700 and len(splits["test"]) == 300
    assert collections.Counter(splits["test"].texts) == dict.fromkeys(WORDS, 30)

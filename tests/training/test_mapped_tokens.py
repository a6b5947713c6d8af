"""Tokens on the disk: the batches of memory, without the memory."""

import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from keras_transformer.training import CheckpointError, FlatSentences, LengthBuckets
from keras_transformer.training.checkpoint import save_arrays
from keras_transformer.training.flat_sentences import SentenceSpool
from keras_transformer.training.mapped_arrays import map_arrays

MANY = 300_000  # pairs, of 2 · 20 tokens
TOKENS = 20


def pairs(count, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 20, (2, count))
    return [[rng.integers(3, 99, n).tolist() for n in side] for side in lengths]


def on_disk(path, *sides):
    flat = []
    for side in sides:
        flat += [
            np.array([len(ids) for ids in side], "int32"),
            np.concatenate([np.zeros(0, "int32"), *map(np.int32, side)]),
        ]
    save_arrays(path, flat, {})
    arrays, _ = map_arrays(path, "write it anew")
    return [*map(FlatSentences, arrays[::2], arrays[1::2])]


def test_batches_from_the_disk_are_those_from_memory_bit_for_bit(tmp_path):
    sides, options = pairs(700), ((8, 14, 20), 160, 3)
    ours = LengthBuckets(*sides, *options)
    mapped = LengthBuckets(*on_disk(tmp_path / "tokens.npz", *sides), *options)
    assert mapped.fingerprint() == ours.fingerprint()
    assert mapped.fill() == ours.fill()
    assert len(mapped) == len(ours) > 20
    for epoch in (0, 1):
        for index in range(len(ours)):
            (found, labels), (wanted, theirs) = (
                each.batch(epoch, index) for each in (mapped, ours)
            )
            for name in wanted:
                assert found[name].dtype == wanted[name].dtype
                np.testing.assert_array_equal(found[name], wanted[name])
            np.testing.assert_array_equal(labels, theirs)


@pytest.mark.parametrize("sentences", [[], [[]], [[5, 6], [], [7]]])
def test_a_spool_gives_back_what_it_was_given_and_leaves_no_file(tmp_path, sentences):
    spool = SentenceSpool(tmp_path)
    for ids in sentences:
        spool.append(np.array(ids, "int32"))
    assert [ids.tolist() for ids in spool.read()] == sentences
    assert list(tmp_path.iterdir()) == []


def test_a_pair_takes_few_bytes_however_many_tokens_it_has(tmp_path):
    lengths = np.full(MANY, TOKENS, "int32")
    ids = np.arange(MANY * TOKENS, dtype="int32") % 96 + 3
    save_arrays(tmp_path / "tokens.npz", [lengths, ids] * 2, {})
    del ids
    tracemalloc.start()  # it counts what NumPy allocates, and not what is mapped
    try:
        arrays, _ = map_arrays(tmp_path / "tokens.npz", "write it anew")
        sides = map(FlatSentences, arrays[::2], arrays[1::2])
        batches = LengthBuckets(*sides, lengths=(16, 24), batch_tokens=2400)
        for index in range(0, len(batches), 20):
            inputs, _ = batches.batch(0, index)
            assert inputs["source"].any(axis=1).sum() == 100
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    ids_alone = 2 * TOKENS * 4 * MANY
    assert held < 50 * MANY < ids_alone / 3
    assert peak < 80 * MANY + 2**25  # a piece of the file is read at once


def test_the_ids_stay_in_the_file_and_cannot_be_written_to(tmp_path):
    sides = on_disk(tmp_path / "tokens.npz", *pairs(60))
    for side in sides:
        assert isinstance(side.ids.base, np.memmap)
        assert not side.ids.flags.writeable


def arrays(lengths, ids, dtype="int32"):
    return np.array(lengths, dtype), np.array(ids, "int32")


@pytest.mark.parametrize(
    ("lengths", "ids", "dtype", "said"),
    [
        ([2, 2], [5, 6, 7], "int32", "a sum of 4 for 3 ids"),
        ([2], [5, 6, 7], "int32", "a sum of 2 for 3 ids"),
        ([4, -1], [5, 6, 7], "int32", "at least 0"),
        ([3], [5, 6, 7], "int64", "lengths must be a row of int32, got int64"),
        ([[3]], [5, 6, 7], "int32", r"got int32 \(1, 1\)"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(lengths, ids, dtype, said):
    with pytest.raises(ValueError, match=said):
        FlatSentences(*arrays(lengths, ids, dtype))


def cut(path, data):
    path.write_bytes(data[: len(data) // 2])


def flipped(path, data):
    place = data.index(np.full(8, 77, "int32").tobytes())
    path.write_bytes(data[:place] + b"\xff" + data[place + 1 :])


def compressed(path, data):
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, member in members.items():
            new.writestr(name, member)


def shorter(path, data):
    """The header of an array declares more than there is."""
    path.write_bytes(data.replace(b"(8,)", b"(9,)"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "not a readable checkpoint"),
        (flipped, "Bad CRC-32"),
        (compressed, "is compressed"),
        (shorter, r"declares \(9,\) of int32|Bad CRC-32"),
        (lambda path, data: path.unlink(), "is missing"),
        (lambda path, data: path.write_bytes(b""), "not a readable checkpoint"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, damage, said):
    path = tmp_path / "tokens.npz"
    save_arrays(path, [np.array([8], "int32"), np.full(8, 77, "int32")], {})
    damage(path, path.read_bytes())
    with pytest.raises(CheckpointError, match=rf"tokens\.npz.*({said}).*write it anew"):
        map_arrays(path, "write it anew")


def test_where_an_array_stands_is_read_before_it_and_not_in_the_index(tmp_path):
    """The extra field before a member may be longer than the one in the index."""
    path = tmp_path / "tokens.npz"
    save_arrays(path, [np.array([1, 2], "int32")], {"made": "here"})
    (found,), about = map_arrays(path, "")
    with zipfile.ZipFile(path) as archive:
        info = archive.infolist()[0]
    with open(path, "rb") as file:
        file.seek(info.header_offset + 28)
        assert struct.unpack("<H", file.read(2))[0] != len(info.extra)
    assert found.tolist() == [1, 2] and about == {"made": "here"}

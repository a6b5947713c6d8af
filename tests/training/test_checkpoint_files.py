import io
import json
import tracemalloc
import zipfile

import keras
import numpy as np
import pytest

from keras_transformer.training import checkpoint
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.training.history import write_history

ARRAYS = [np.arange(6, dtype="float32").reshape(2, 3), np.array(5, "int64")]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def fail(file):
        file.write(b"half of the n")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        checkpoint.write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_a_file_is_written_readers_see_the_old_one(tmp_path):
    path = tmp_path / "folder" / "state"
    checkpoint.write_atomically(path, lambda file: file.write(b"old"))

    def write(file):
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    checkpoint.write_atomically(path, write)
    assert path.read_bytes() == b"new"


def test_arrays_come_back_bit_by_bit(tmp_path):
    path = tmp_path / "state.npz"
    about = {"epoch": 3, "history": [{"loss": 0.1 + 0.2}], "best": None}
    checkpoint.save_arrays(path, ARRAYS, about)
    arrays, found = checkpoint.load_arrays(path)
    assert found == about
    for mine, theirs in zip(arrays, ARRAYS, strict=True):
        assert mine.dtype == theirs.dtype and np.array_equal(mine, theirs)


def test_more_than_ten_arrays_keep_their_order(tmp_path):
    path = tmp_path / "state.npz"
    checkpoint.save_arrays(path, [np.array(i) for i in range(23)], {})
    assert [int(a) for a in checkpoint.load_arrays(path)[0]] == list(range(23))


def test_bfloat16_arrays_are_held_exactly(tmp_path):
    variable = keras.Variable(np.array([1.5, -0.3359375]), dtype="bfloat16")
    path = tmp_path / "state.npz"
    checkpoint.save_arrays(path, checkpoint.values([variable]), {})
    (array,), _ = checkpoint.load_arrays(path)
    assert array.tolist() == [1.5, -0.3359375]
    variable.assign([0.0, 0.0])
    checkpoint.assign([variable], [array], path)
    assert checkpoint.values([variable])[0].astype("float32").tolist() == array.tolist()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_named(tmp_path, share):
    path = tmp_path / "state.npz"
    checkpoint.save_arrays(path, ARRAYS, {})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CheckpointError, match=r"state\.npz is not a readable checkpo"):
        checkpoint.load_arrays(path)


def test_a_damaged_byte_is_noticed(tmp_path):
    path = tmp_path / "state.npz"
    checkpoint.save_arrays(path, ARRAYS, {})
    data = path.read_bytes()
    place = data.index(ARRAYS[0].tobytes())
    path.write_bytes(data[:place] + b"\xff" + data[place + 1 :])
    with pytest.raises(CheckpointError, match=r"delete it to start from the beginning"):
        checkpoint.load_arrays(path)


@pytest.mark.parametrize("kind", ["text", "npy", "npz"])
def test_another_kind_of_file_is_refused(tmp_path, kind):
    path = tmp_path / "state.npz"
    if kind == "text":
        path.write_text("not a checkpoint")
    elif kind == "npz":
        np.savez(path, array_0=ARRAYS[0])
    else:
        with open(path, "wb") as file:
            np.save(file, ARRAYS[0])
    with pytest.raises(CheckpointError, match=r"state\.npz is not a readable checkpo"):
        checkpoint.load_arrays(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "state.npz"
    checkpoint.save_arrays(path, ARRAYS, {"epoch": 3, "history": []})
    return path.read_bytes()


def is_refused(path):
    """Whether a file is refused by its name; else it holds what was saved."""
    try:
        arrays, about = checkpoint.load_arrays(path)
    except CheckpointError as error:
        assert str(path) in str(error) and "delete it" in str(error)
        return True
    assert about == {"epoch": 3, "history": []}
    assert all(np.array_equal(a, b) for a, b in zip(arrays, ARRAYS, strict=True))
    return False


def test_every_flipped_bit_is_refused_by_name_or_harmless(whole, tmp_path):
    path, refused = tmp_path / "state.npz", 0
    for place in range(len(whole)):
        for bit in (place % 8, (place + 3) % 8):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            refused += is_refused(path)
    assert refused > len(whole)  # of twice as many; a time, say, is harmless


def rewritten(path, change, options):
    """A zip whose members went through `change(name, data)`."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members:
            if (kept := change(name, data)) is not None:
                archive.writestr(*kept)


def header(shape, dtype="<f4"):
    file = io.BytesIO()
    about = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, about)
    return file.getvalue()


def same(name, data):
    return name, data


def of(part, other):
    """A change of the member with this in its name."""
    return lambda name, data: (name, other if part in name else data)


ODD = {
    "compressed": (same, {"compression": zipfile.ZIP_DEFLATED}),
    "of lzma": (same, {"compression": zipfile.ZIP_LZMA}),
    "renamed": (lambda name, data: (name.replace("array", "arrow"), data), {}),
    "without about": (lambda name, data: None if "about" in name else (name, data), {}),
    "about a list": (of("about", header((2,), "|u1") + b"[]"), {}),
    "about deep": (of("about", header((10**5,), "|u1") + b"[" * 10**5), {}),
    "of a huge shape": (of("_0", header((2**40,))), {}),
    "of a negative shape": (of("_0", header((-1,))), {}),
    "of objects": (of("_0", header((1,), "|O") + b"\x80"), {}),
    "of another format": (of("_0", b"\x93NUMPY\x09\x00"), {}),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_archive_is_refused_by_name(whole, tmp_path, kind):
    path = tmp_path / "state.npz"
    path.write_bytes(whole)
    rewritten(path, *ODD[kind])
    assert is_refused(path)


def test_an_encrypted_archive_is_refused_by_name(whole, tmp_path):
    path = tmp_path / "state.npz"
    damaged = bytearray(whole)
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = -1
        while (place := damaged.find(mark, place + 1)) >= 0:
            damaged[place + flags] |= 1
    path.write_bytes(damaged)
    assert is_refused(path)


def test_more_than_the_model_needs_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "state.npz"
    checkpoint.save_arrays(path, [np.zeros(10**6, "float32")], {})
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=r"declares 4,000,128 bytes, 4,048 f"):
            checkpoint.load_arrays(path, most=2000)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_what_to_do_is_said_as_the_caller_says(tmp_path):
    with pytest.raises(CheckpointError, match=r"tokens\.npz is missing; write it anew"):
        checkpoint.load_arrays(tmp_path / "tokens.npz", advice="write it anew")


def test_nothing_is_assigned_unless_everything_fits(tmp_path):
    variables = [keras.Variable(np.zeros(3)), keras.Variable(np.zeros((2, 5)))]
    ones = [np.ones(3), np.ones((5, 2))]
    with pytest.raises(CheckpointError, match=r"holds shape \(5, 2\) for .* \(2, 5\)"):
        checkpoint.assign(variables, ones, "state.npz")
    with pytest.raises(CheckpointError, match=r"state.npz holds 1 arrays, .* has 2"):
        checkpoint.assign(variables, ones[:1], "state.npz")
    assert not any(v.any() for v in checkpoint.values(variables))


def test_values_are_copies():
    variable = keras.Variable(np.zeros(3))
    (before,) = checkpoint.values([variable])
    variable.assign(np.ones(3))
    assert before.tolist() == [0.0, 0.0, 0.0]


def test_the_history_says_the_same_in_json_and_csv(tmp_path):
    rows = [
        {"epoch": 1, "train_loss": 2.5, "seconds": 0.1},
        {"epoch": 2, "train_loss": 1 / 3, "valid_bleu": 12.0, "seconds": 0.2},
    ]
    write_history(tmp_path, rows)
    assert json.loads((tmp_path / "history.json").read_text()) == rows
    assert (tmp_path / "history.csv").read_text().splitlines() == [
        "epoch,train_loss,seconds,valid_bleu",
        "1,2.5,0.1,",
        "2,0.3333333333333333,0.2,12.0",
    ]

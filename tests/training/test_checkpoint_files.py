import json

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

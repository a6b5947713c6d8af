"""Checkpoints that are damaged, or say something else than they did."""

import collections

import numpy as np
from hypothesis import strategies as st

from keras_transformer.training import checkpoint
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.training.saved_state import SavedState
from soak.damage import damaged_bytes, damaged_json
from soak.fuzz import examples

ARRAYS = [np.arange(6, dtype="float32").reshape(2, 3), np.array(5, "int64")]
ABOUT = {
    "epoch": 3,
    "index": 7,
    "measured": {"tokens": 5, "totals": {"loss": 1.5}},
    "history": [{"epoch": 1, "train_loss": 2.5}],
    "seconds": 12.5,
    "best": {"epoch": 1},
    "stopped": False,
    "identity": {"training": {"seed": 1}, "data": {"train": "a", "valid": "b"}},
}


def rounds(folder, random):
    """A round is a hundred damaged files, and a hundred that say something else."""
    path = folder / "checkpoint.npz"
    checkpoint.save_arrays(path, ARRAYS, ABOUT)
    whole, done = path.read_bytes(), collections.Counter()

    def damaged(number):
        data, kind = damaged_bytes(random, whole)
        path.write_bytes(data)
        done["files damaged"] += 1
        try:
            arrays, about = checkpoint.load_arrays(path)
        except CheckpointError as error:
            assert str(path) in str(error)
            done["files refused by name"] += 1
            return
        assert about == ABOUT, kind
        assert all(np.array_equal(a, b) for a, b in zip(arrays, ARRAYS, strict=True))

    def said(about):
        try:
            checkpoint.save_arrays(path, [], about)
        except ValueError:
            return  # NaN: it is not even written
        done["files damaged"] += 1
        try:
            found = SavedState(path, list, ABOUT["identity"]).load()
        except CheckpointError as error:
            assert str(path) in str(error)
            done["files refused by name"] += 1
            return
        assert set(found) >= set(ABOUT) - {"identity"}

    while True:
        done.clear()
        for number in range(100):
            damaged(number)
        objects = damaged_json(ABOUT).filter(lambda about: isinstance(about, dict))
        examples(said, random, about=st.just(ABOUT) | objects)
        yield collections.Counter(done)

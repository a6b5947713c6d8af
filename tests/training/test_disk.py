"""A run on a disk that fails, or loses its power, at anything that is asked of it."""

import errno
import json
import math
import random

import keras
import pytest
import small
import test_run as runs
from soak.disk import Full, Snapshots, asked, lay

from keras_transformer.training import CheckpointError

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="what is asked of the disk is the same on every backend",
)

# Weights and history are written at the ends of two epochs.
SELDOM = {"checkpoint_seconds": 3600.0}


def run(folder, **options):
    random.seed(7)  # of the initial weights
    return runs.run(folder, process=runs.ELSEWHERE, changes=SELDOM, **options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run(tmp_path_factory.mktemp("finished"))


def require_same(training, finished):
    assert small.same(training.weights, finished.weights)
    assert runs.plain(training.history) == runs.plain(finished.history)
    written = json.loads((training.folder / "history.json").read_text("utf-8"))
    assert runs.plain(written) == runs.plain(finished.history)
    assert not list(training.folder.glob(".*"))


@pytest.fixture(scope="module")
def snapshots(finished, tmp_path_factory):
    """What a run leaves if it is killed, or the power is cut, before each thing."""
    folder = tmp_path_factory.mktemp("watched") / "run"
    taken = Snapshots(folder)
    with asked(taken):
        require_same(run(folder), finished)
    return taken.states


def test_the_states_are_those_of_every_write(snapshots):
    kinds = [kind for kind, _ in snapshots]
    assert kinds.count("killed") > 25 and kinds.count("names came through") > 5
    lost = [set(state) for kind, state in snapshots if kind == "names were lost"]
    assert set() in lost and {"best.npz", "checkpoint.npz"} <= set.union(*lost)


@pytest.mark.parametrize("kind", ["killed", "names came through", "names were lost"])
def test_whatever_is_left_a_run_ends_with_the_same_weights(
    finished, snapshots, tmp_path, kind
):
    left = [state for each, state in snapshots if each == kind]
    for number, state in enumerate(left):
        require_same(run(lay(tmp_path / str(number), state)), finished)


def test_a_full_disk_ends_a_run_which_goes_on_when_there_is_room(finished, tmp_path):
    count = Full()
    with asked(count):
        run(tmp_path / "counted")
    assert count.count > 25
    for number in range(1, count.count + 1):
        folder = tmp_path / str(number)
        with asked(Full(number)), pytest.raises(OSError, match="No space left"):
            run(folder)
        held = [path.name for path in folder.glob("*")] if folder.exists() else []
        assert not [name for name in held if name.startswith(".")]
        require_same(run(folder), finished)


def test_a_folder_that_cannot_be_written_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with asked(Full(1, errno.EROFS)), pytest.raises(OSError, match="Read-only"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.fixture(scope="module")
def broken_off(finished, snapshots):
    """A state with a checkpoint and best weights, in the second epoch."""
    whole = {"checkpoint.npz", "best.npz"}
    return next(state for _, state in reversed(snapshots) if whole <= set(state))


@pytest.mark.parametrize("name", ["checkpoint.npz", "best.npz"])
@pytest.mark.parametrize("damage", ["empty", "half", "missing"])
def test_a_lost_file_is_refused_with_what_to_do(
    finished, broken_off, tmp_path, name, damage
):
    folder = lay(tmp_path / "run", broken_off)
    path = folder / name
    if damage == "missing":
        path.unlink()
    else:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2 if damage == "half" else 0])
    if (name, damage) == ("checkpoint.npz", "missing"):
        require_same(run(folder), finished)  # from the beginning
        return
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(CheckpointError, match=f"{name} is .*delete") as refusal:
        run(folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    # What it says helps.
    if name == "best.npz":
        assert "delete both" in str(refusal.value)
        path.unlink(missing_ok=True)
    (folder / "checkpoint.npz").unlink()
    require_same(run(folder), finished)


# Selection


def test_of_epochs_with_a_flat_score_the_lowest_cross_entropy_is_the_best(tmp_path):
    model = runs.HERE.tagger()
    score, seen = runs.scripted(model, [0.0] * 3)
    training = runs.run(
        tmp_path, model, score=score, monitor="bleu", changes={"epochs": 3}
    )
    entropies = [row["valid_cross_entropy"] for row in training.history]
    best = entropies.index(min(entropies))
    assert best > 0  # it has learned: the first is not the best
    assert small.same(small.weights(model), seen[best])


def test_a_score_that_is_no_number_is_none_in_json_and_for_nobody_else(tmp_path):
    told = []

    class Listener(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            told.append(logs)

    model = runs.HERE.tagger()
    score, _ = runs.scripted(model, [math.nan, 1.0])
    runs.run(tmp_path, model, score=score, monitor="bleu", callbacks=(Listener(),))

    def refuse(name):
        raise ValueError(f"{name} is not JSON")

    text = (tmp_path / "history.json").read_text("utf-8")
    rows = json.loads(text, parse_constant=refuse)
    assert [row["bleu"] for row in rows] == [None, 1.0]
    assert ["bleu" in logs for logs in told] == [False, True]

"""The devices that there are, and one batch for several of them."""

import os
import pathlib
import shutil
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import small

from keras_transformer.system import devices as machine
from keras_transformer.system.devices import accelerated, device_report, replicas
from keras_transformer.training import Run, data_parallel
from keras_transformer.training.data_parallel import fill_rows

ON_JAX = keras.backend.backend() == "jax"


# What there is


def test_the_report_names_a_processor():
    report = device_report()
    assert report["processor"] and report["cores"] >= 1
    assert report["backend"] == keras.backend.backend()
    assert report["devices"] == 1


def told(names):
    """What runs a program that tells the names of the cards."""

    def run(command, **options):
        assert command[0] == "nvidia-smi"
        return subprocess.CompletedProcess(command, 0, "".join(n + "\n" for n in names))

    return run


@pytest.mark.parametrize(
    ("found", "names", "expected"),
    [
        (["cpu:0"], [], []),
        (["gpu:0", "gpu:1"], ["NVIDIA A", "NVIDIA B"], ["NVIDIA A", "NVIDIA B"]),
        # The driver sees a card that the backend may not use: whose name is whose?
        (["gpu:0"], ["NVIDIA A", "NVIDIA B"], ["gpu:0"]),
    ],
)
def test_accelerators_are_named_by_their_driver(monkeypatch, found, names, expected):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: found)
    monkeypatch.setattr(machine.shutil, "which", lambda name: name)
    monkeypatch.setattr(machine.subprocess, "run", told(names))
    assert device_report()["accelerators"] == expected


def test_without_a_driver_an_accelerator_is_a_number(monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["tpu:0"])
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert device_report()["accelerators"] == ["tpu:0"]


@pytest.mark.parametrize(
    ("place", "name"),
    [("cpu", "cpu:0"), ("cuda:0", "gpu:0"), ("cuda:1", "gpu:1"), ("mps", "mps:0")],
)
def test_a_backend_that_cannot_list_its_devices_has_that_of_a_new_tensor(
    monkeypatch, place, name
):
    monkeypatch.delattr(keras.distribution, "list_devices")
    new = types.SimpleNamespace(device=place)
    monkeypatch.setattr(keras.ops, "zeros", lambda shape: new)
    assert machine.devices() == [name]
    assert accelerated() == (place != "cpu")


# How many are taken


@pytest.mark.parametrize("count", [0, 1])
def test_one_device_needs_no_sharing(count):
    with data_parallel(count):
        assert replicas() == 1
        assert keras.distribution.distribution() is None


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (-1, "devices are counted from 1, 0 takes all, got -1"),
        pytest.param(
            2,
            r"at most 1 devices here \(cpu:0\), got 2"
            if ON_JAX
            else "several devices need the JAX backend, got 2 on",
            id="2",
        ),
    ],
)
def test_devices_that_are_not_there_are_refused(count, message):
    with pytest.raises(ValueError, match=message):
        data_parallel(count)


# Rows


def test_empty_rows_fill_a_batch_up():
    ids = np.array([[5, 2], [7, 2], [9, 2]], "int32")
    filled = fill_rows(ids, 4)
    assert filled.tolist() == [[5, 2], [7, 2], [9, 2], [0, 0]]
    assert filled.dtype == ids.dtype
    assert fill_rows(ids, 3) is ids and fill_rows(ids, 1) is ids


# One batch for two


class Copy(keras.callbacks.Callback):
    """Keeps the folder of a run as it is after the first epoch."""

    def __init__(self, folder, copied):
        super().__init__()
        self.folder, self.copied = folder, copied

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            shutil.copytree(self.folder, self.copied)


def run_on(count, folder, callbacks=()):
    """A run on the small data, in batches of 5 rows: two devices fill one up."""
    keras.utils.set_random_seed(7)
    with data_parallel(count):
        model = small.Tagger()
        model.dropout.rate = 0.0  # its draws depend on the number of rows
        shape = {"lengths": (7,), "batch_tokens": 35}
        config = small.config(average=0.9, checkpoint_seconds=60.0, xla=True, **shape)
        train, valid = small.data(**shape), small.data(11, seed=2, **shape)
        assert train.batch(0, 0)[1].shape == (5, 7)
        run = Run(model, train, valid, config, folder, callbacks=callbacks)
        run.progress = False
        run()
        assert replicas() == count
    return run


def compare_two_with_one(folder):
    """What the process with two devices does: the same run on one, and on two."""
    assert device_report()["devices"] == 1
    one = run_on(1, folder / "one", (Copy(folder / "one", folder / "both"),))
    two = run_on(2, folder / "two")
    both = run_on(2, folder / "both")  # goes on from what one device has written
    for other in (two, both):
        for mine, theirs in zip(one.history, other.history, strict=True):
            for name in set(mine) - {"seconds"}:
                assert abs(mine[name] - theirs[name]) < 1e-5, name
        pairs = zip(small.weights(one.model), small.weights(other.model), strict=True)
        for mine, theirs in pairs:
            np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert two.model.variables[0].value.sharding.num_devices == 2
    print("two devices reach what one reaches")


@pytest.mark.skipif(not ON_JAX, reason="sharing a batch needs the JAX backend")
def test_two_devices_reach_the_loss_and_the_weights_of_one(tmp_path):
    here = str(pathlib.Path(__file__).parent)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import keras_transformer, pathlib, test_devices; "
            f"test_devices.compare_two_with_one(pathlib.Path({str(tmp_path)!r}))",
        ],
        env={
            **os.environ,
            "XLA_FLAGS": os.environ["XLA_FLAGS"]
            + " --xla_force_host_platform_device_count=2",
            "NPROC": "4",  # threads: with one, the two wait for each other
            "PYTHONPATH": os.pathsep.join(
                filter(None, [here, os.environ.get("PYTHONPATH")])
            ),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "two devices reach what one reaches" in done.stdout

"""A process that is killed with SIGKILL, for real, and the run that goes on."""

import os
import pathlib
import signal
import subprocess
import sys

import keras
import pytest
import small

from keras_transformer.models import Transformer
from keras_transformer.training import LengthBuckets, Run, checkpoint

pytestmark = [
    pytest.mark.skipif(
        not hasattr(signal, "SIGKILL"), reason="needs a system that has SIGKILL"
    ),
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="a minute; test_run.py interrupts runs on every backend",
    ),
]


def data():
    return small.data(7, lengths=(7,))


def transformer_run(folder, seed):
    keras.utils.set_random_seed(seed)
    model = Transformer(
        small.VOCABULARY,
        small.VOCABULARY,
        width=6,
        num_layers=1,
        num_heads=2,
        hidden_width=5,
        dropout=0.2,
        share_embeddings=True,
        seed=3,
    )
    train, valid = data(), small.data(3, seed=2, lengths=(7,))
    config = small.config(average=0.9, lengths=(7,))
    return Run(model, train, valid, config, folder, progress=False)


def killed_at(folder, seed, where, count):
    """Runs until the process kills itself at the `count`-th call of `where`."""
    calls = []

    def kill_at_the_right_call():
        calls.append(where)
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    if where == "batch":
        original = LengthBuckets.batch

        def batch(self, epoch, index):
            kill_at_the_right_call()
            return original(self, epoch, index)

        LengthBuckets.batch = batch
    else:
        write = checkpoint.write_atomically

        def write_half(path, writer):
            def half(file):
                file.write(b"PK\x03\x04 the first half")
                file.flush()
                kill_at_the_right_call()
                file.seek(0)
                writer(file)

            write(path, half)

        checkpoint.write_atomically = write_half
    transformer_run(folder, seed)()


def die_one_after_another(folder, kills):
    """Forks a process for each, before TensorFlow has begun to do anything."""
    for kill in kills:
        child = os.fork()
        if not child:
            compile_nothing(True)
            killed_at(pathlib.Path(folder), *kill)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def in_other_processes(folder, *kills):
    command = (
        # TensorFlow and Keras would import these if they could.
        "import sys; sys.modules.update(jax=None, matplotlib=None); "
        "import keras_transformer, test_kill; "
        f"test_kill.die_one_after_another({str(folder)!r}, {kills})"
    )
    here = str(pathlib.Path(__file__).parent)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    subprocess.run(
        [sys.executable, "-c", command],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )


def compile_nothing(yes):
    """Four processes would compile the steps, for a few of them each."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(yes)


@pytest.fixture
def eager():
    compile_nothing(True)
    yield
    compile_nothing(False)


@pytest.mark.usefixtures("eager")
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path):
    assert len(data()) == 2
    whole = transformer_run(tmp_path / "whole", seed=7)
    whole()
    folder = tmp_path / "killed"
    # In the middle of the first epoch; then, one epoch on, while it writes.
    in_other_processes(
        folder,
        (7, "batch", 1 + 2),  # the bucket is warmed up
        (8, "write", 5),  # the fourth wrote the step before
    )
    leftovers = sorted(path.name for path in folder.glob(".*"))
    assert leftovers[0].endswith(".checkpoint.npz") and leftovers[1:] == [".lock"]
    resumed = transformer_run(folder, seed=9)
    resumed.resume()
    assert (resumed.epoch, resumed.index) == (1, 1)
    resumed()
    assert not list(folder.glob(".*"))
    assert small.same(small.weights(resumed.model), small.weights(whole.model))
    assert small.same(
        checkpoint.values(resumed.model.optimizer.variables),
        checkpoint.values(whole.model.optimizer.variables),
    )
    for mine, theirs in zip(resumed.history, whole.history, strict=True):
        assert {**mine, "seconds": 0} == {**theirs, "seconds": 0}

"""Two processes on this machine that train together, as two hosts would."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import types

import keras
import numpy as np
import pytest

from keras_transformer.cli import main as cli
from keras_transformer.system import hosts as together
from keras_transformer.system.hosts import agree, joined_hosts, of_first, place
from keras_transformer.training import data_parallel
from keras_transformer.training import data_parallel as sharing
from keras_transformer.training.data_parallel import own_rows
from keras_transformer.translation.run_folder import read_device
from keras_transformer.translation.translator import Translator

# Who they are


@pytest.fixture
def on_jax(monkeypatch):
    """What is refused before JAX is asked is refused whatever computes."""
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"):
        monkeypatch.delenv(f"KERAS_DISTRIBUTION_{name}", raising=False)


def test_a_host_that_is_told_of_no_other_is_alone(on_jax):
    assert place() is None


@pytest.mark.parametrize(
    ("addresses", "host_id", "environment", "expected"),
    [
        ("red:1234,blue", 1, {}, ("red:1234", 2, 1)),
        ("red:1234,blue:99,red", 0, {"PROCESS_ID": "2"}, ("red:1234", 3, 0)),
        ("[::1]:1234,blue", None, {"PROCESS_ID": "1"}, ("[::1]:1234", 2, 1)),
        ("red:1234", 4, {"NUM_PROCESSES": "5"}, ("red:1234", 5, 4)),
        ("auto", None, {}, (None, None, None)),
        (
            *(None, None),
            {"JOB_ADDRESSES": "red:1,blue:2", "NUM_PROCESSES": "2", "PROCESS_ID": "1"},
            ("red:1", 2, 1),
        ),
    ],
)
def test_hosts_are_told_by_arguments_or_by_the_environment(
    on_jax, monkeypatch, addresses, host_id, environment, expected
):
    for name, text in environment.items():
        monkeypatch.setenv(f"KERAS_DISTRIBUTION_{name}", text)
    assert place(addresses, host_id) == expected


@pytest.mark.parametrize(
    ("addresses", "host_id", "message"),
    [
        (None, 1, "HOST:PORT,HOST2, got host 1 of none"),
        ("red:1234", 0, "at least two hosts train together, .*got 'red:1234'"),
        ("red:1234,", 0, "at least two hosts train together, .*got 'red:1234,'"),
        ("red,blue", 0, "the first host needs a port, such as red:1234, got 'red,blue"),
        ("1234,blue", 0, "the first host needs a port"),
        (
            "red:1234,blue",
            None,
            "2 hosts have the ids 0 to 1, got none; give --host-id",
        ),
        ("red:1234,blue", 2, "2 hosts have the ids 0 to 1, got 2"),
        ("red:1234,blue", -1, "2 hosts have the ids 0 to 1, got -1"),
        ("auto", 1, "the launcher gives the ids of auto, got 1"),
    ],
)
def test_hosts_that_say_too_little_are_refused(on_jax, addresses, host_id, message):
    with (
        pytest.raises(ValueError, match=message),
        joined_hosts(addresses, host_id),
    ):
        pytest.fail("they were joined")


def test_a_number_of_the_environment_is_a_number(on_jax, monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "one")
    with pytest.raises(ValueError, match="PROCESS_ID is a whole number, got 'one'"):
        place("red:1234,blue")


@pytest.mark.parametrize("command", ["train", "train-tokens"])
def test_hosts_on_another_backend_are_refused(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    where = ["--folder"] if command == "train" else []
    hosts = ["--hosts", "red:1234,blue", "--host-id", "0"]
    with pytest.raises(SystemExit) as ended:
        cli.main([command, *where, str(tmp_path / "run"), *hosts])
    assert ended.value.code == 1
    assert "need the JAX backend, got tensorflow" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


# What they share


def test_each_host_has_rows_of_its_own(monkeypatch):
    rows = np.arange(12).reshape(6, 2)
    assert own_rows(rows) is rows
    parts = []
    for shard in (0, 1):
        way = types.SimpleNamespace(
            num_model_replicas=6, num_processes=2, data_shard_id=shard
        )
        monkeypatch.setattr(keras.distribution, "distribution", lambda way=way: way)
        parts.append(own_rows(rows).tolist())
    assert parts == [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]


def test_hosts_leave_no_device_out(on_jax, monkeypatch):
    module = sys.modules[sharing.__module__]
    monkeypatch.setattr(module, "hosts", lambda: 2)
    monkeypatch.setattr(module, "devices", lambda: ["cpu:0", "cpu:1"])
    with pytest.raises(ValueError, match=r"share a batch among all their 2 .*got 1"):
        data_parallel(1)


def test_a_host_that_is_alone_computes_and_agrees():
    assert of_first(lambda: {"bleu": 12.5}) == {"bleu": 12.5}
    agree(epoch=1)


def test_a_host_that_sees_another_folder_is_refused(monkeypatch):
    monkeypatch.setattr(together, "hosts", lambda: 2)
    monkeypatch.setattr(together, "of_first", lambda say: {"data": 1, "epoch": 3})
    agree(data=1, epoch=3)
    with pytest.raises(ValueError, match="the first one differ in epoch"):
        agree(data=1, epoch=None)


# Two train together


CHILD = """
import os, signal, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text"):
            raise ImportError(f"{name} is hidden: it takes seconds to load")

sys.meta_path.insert(0, Hidden())
from keras_transformer.cli.main import main
from keras_transformer.training.programs import Programs

steps, train = [], Programs.train


def counted(self, *batch):
    if os.path.exists(os.environ.get("DIES_AFTER", "")):
        steps.append(batch)
    if len(steps) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return train(self, *batch)


Programs.train = counted
for command in " ".join(sys.argv[1:]).split(" then "):
    main(command.split())
"""


def start(home, name, *commands, **environment):
    """A process of its own that runs commands; what it says goes into a file."""
    with open(home / f"{name}.said", "w") as said:
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, " then ".join(commands)],
            stdout=said,
            stderr=said,
            env={
                **os.environ,
                "KERAS_BACKEND": "jax",
                "NPROC": "4",  # threads: with one, the two wait for each other
                "XLA_FLAGS": os.environ["XLA_FLAGS"]
                + " --xla_cpu_use_fusion_emitters=false",  # they compile for long
                **environment,
            },
        )


def both():
    """The flags of two hosts on this machine."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    return [f" --hosts localhost:{port},localhost --host-id {me}" for me in (0, 1)]


@pytest.fixture(scope="module")
def trained(corpus_file, tmp_path_factory):
    """The home of the runs, and how many seconds the host that was left took to stop.

    One process trains `one` from text and `tokens_one` from tokens, two train `two` and
    `tokens_two`. In `two` one of them is killed in the second epoch; both begin again.
    """
    home = tmp_path_factory.mktemp("hosts")
    recipe = (
        f"--recipe smoke --corpus {corpus_file} --text.vocabulary-size 350 "
        "--training.batch-tokens 320 --training.xla --folder "
    )
    run = f"train --training.epochs 2 {recipe}{home}"
    prepared = [
        f"prepare {recipe}{home / name}" for name in ("tokens_one", "tokens_two")
    ]
    from_tokens = f"train-tokens {home}"
    one = *prepared, f"{run}/one", f"{from_tokens}/tokens_one"
    alone = start(home, "alone", *one)
    hosts = both()
    left = start(home, "left", f"{run}/two{hosts[0]}")
    # In the second epoch, once the first one is written.
    first = {"DIES_AFTER": str(home / "two" / "history.json")}
    killed = start(home, "killed", f"{run}/two{hosts[1]}", **first)
    assert killed.wait(200) == -signal.SIGKILL, (home / "killed.said").read_text()
    began = time.monotonic()
    assert left.wait(200) == 1, (home / "left.said").read_text()
    seconds = time.monotonic() - began
    assert alone.wait(200) == 0, (home / "alone.said").read_text()
    shutil.copytree(home / "two", home / "broken")
    again = [
        start(home, f"again {me}", f"{run}/two{us}", f"{from_tokens}/tokens_two{us}")
        for me, us in enumerate(both())
    ]
    for me, process in enumerate(again):
        assert process.wait(200) == 0, (home / f"again {me}.said").read_text()
    return home, seconds


has_sigkill = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="needs a system that has SIGKILL"
)


def assert_same(home, name, other):
    """Two folders have the history and the weights of one run."""
    rows = (json.loads((home / n / "history.json").read_text()) for n in (name, other))
    for mine, theirs in zip(*rows, strict=True):
        assert set(mine) == set(theirs)
        for column in set(mine) - {"seconds"}:
            assert mine[column] == pytest.approx(theirs[column], abs=1e-5), column
    weights = (Translator.load(home / n).model.get_weights() for n in (name, other))
    for mine, theirs in zip(*weights, strict=True):
        # The bias of a key changes no weight of attention: its gradient is rounding,
        # which Adam divides by its own size.
        np.testing.assert_allclose(mine, theirs, atol=1e-3)


@has_sigkill
def test_when_one_is_killed_the_other_says_so_and_stops(trained):
    home, seconds = trained
    assert seconds < 30
    said = (home / "left.said").read_text()
    assert "keras-transformer: another host is gone (" in said
    assert "goes on from its last checkpoint" in said and "Traceback" not in said
    assert not (home / "broken" / "model.weights.h5").exists()
    history = json.loads((home / "broken" / "history.json").read_text("utf-8"))
    assert [row["epoch"] for row in history] == [1]


@has_sigkill
def test_two_that_went_on_reach_the_numbers_of_one(trained):
    home, _ = trained
    history = json.loads((home / "two" / "history.json").read_text("utf-8"))
    assert [row["epoch"] for row in history] == [1, 2]
    assert all("valid_bleu" in row for row in history)
    assert_same(home, "one", "two")
    assert read_device(home / "two")["devices"] == 2


@has_sigkill
def test_two_train_from_tokens_what_one_trains(trained):
    home, _ = trained
    assert_same(home, "tokens_one", "tokens_two")
    assert read_device(home / "tokens_two")["devices"] == 2


@has_sigkill
def test_the_first_host_alone_speaks_and_writes(trained):
    home, _ = trained
    assert "each shared among 2 devices" in (home / "again 0.said").read_text()
    assert "The translator is in" in (home / "again 0.said").read_text()
    said = (home / "again 1.said").read_text()
    assert "pairs" not in said and "translator" not in said
    assert not [path.name for path in (home / "two").iterdir() if path.name[0] == "."]

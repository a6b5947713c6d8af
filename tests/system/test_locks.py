"""One folder, one writer."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import pytest

import keras_transformer
from keras_transformer.system.locks import (
    LOCK,
    FolderInUseError,
    only_writer,
    writer_of,
)

# Another process, which need not wait for Keras.
CHILD = """
import sys, types
package = types.ModuleType("keras_transformer")
package.__path__ = [sys.argv[1]]
sys.modules["keras_transformer"] = package
from keras_transformer.system.locks import only_writer
with only_writer(sys.argv[2]):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that writes to `tmp_path / "run"`."""
    package = pathlib.Path(keras_transformer.__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, package, tmp_path / "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_writer_is_refused_by_name(other, tmp_path):
    folder = tmp_path / "run"
    said = rf"process {other.pid} on {re.escape(os.uname().nodename)} since 20\d\d-"
    with (
        pytest.raises(FolderInUseError, match=f"run is written to by {said}"),
        only_writer(folder),
    ):
        pytest.fail("two write")
    assert re.match(said, writer_of(folder))
    other.communicate()  # it ends well
    assert not folder.exists()  # made for it, and empty
    assert writer_of(folder) is None


def test_a_killed_writer_is_none(other, tmp_path):
    folder = tmp_path / "run"
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert json.loads((folder / LOCK).read_text())["pid"] == other.pid
    assert writer_of(folder) is None
    with only_writer(folder):
        assert json.loads((folder / LOCK).read_text())["pid"] == os.getpid()
    assert list(folder.iterdir()) == []


def test_a_writer_may_say_so_again_and_another_thread_may_not(tmp_path):
    refused = []

    def write():
        try:
            with only_writer(tmp_path):
                refused.append(False)
        except FolderInUseError:
            refused.append(True)

    with only_writer(tmp_path), only_writer(tmp_path / "." / "."):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        write()
    assert refused == [True, False]
    write()
    assert refused == [True, False, False]


def test_who_asks_for_the_writer_stops_nobody(tmp_path):
    asking, told = threading.Event(), []

    def ask():
        while not asking.is_set():
            told.append(writer_of(tmp_path))

    thread = threading.Thread(target=ask)
    thread.start()
    written = 0
    try:
        for _ in range(50):
            with only_writer(tmp_path):
                written += 1
    finally:
        asking.set()
        thread.join()
    assert written == 50 and told


def test_a_folder_that_holds_something_stays(tmp_path):
    with only_writer(tmp_path / "a" / "b"):
        (tmp_path / "a" / "note.txt").write_text("mine")
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["note.txt"]


def test_a_file_system_without_locks_is_told_of(monkeypatch, tmp_path):
    from keras_transformer.system import locks

    def flock(file, how):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with (
        pytest.warns(UserWarning, match="has no locks .*: let one process alone write"),
        only_writer(tmp_path),
    ):
        assert (tmp_path / LOCK).exists()
    assert writer_of(tmp_path) is None

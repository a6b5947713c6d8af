"""Users and their service, each accounted for, and no process left behind."""

import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from benchmarks import service as benchmark
from keras_transformer.course.measure import Offered, Service, busy, offer, poisson

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="a process and its users are the same on every backend",
)

STARTS = """
import sys, time
from keras_transformer.course.measure import Service

print(Service(sys.argv[1]).process.pid, flush=True)
time.sleep(600)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_users_come_at_the_rate_that_was_asked_for():
    times = poisson(50, 200, seed=3)
    assert abs(len(times) / 200 - 50) < 2  # a deviation is 0.5
    gaps = np.diff(times)
    assert gaps.min() > 0 and times[-1] < 200
    assert abs(gaps.std() / gaps.mean() - 1) < 0.05  # of an exponential law
    assert (times == poisson(50, 200, seed=3)).all()


def test_a_service_is_asked_watched_and_stopped(smoke_folder, translator):
    with Service(smoke_folder, "--max-waiting", "8", "--max-batch", "1") as service:
        texts = ["Der Mann sieht einen Hund.", "Das Kind malt Brot, oder?"]
        assert service.get("/health") == (200, "alive\n")
        told = service.ask(texts=texts)["answers"]
        assert [each["translation"] for each in told] == translator(texts)
        run = offer(service, texts, np.zeros(40), watch=0.01)
        assert set(run.status.tolist()) == {200, 429}
        assert (run.status == 200).sum() >= 8
        assert len(run.seconds) == (run.status == 200).sum()
        assert 0 < run.waiting.max() <= 8
        for i in np.flatnonzero(run.status == 200):
            said = run.answers[i]["answers"][0]["translation"]
            assert said == told[i % 2]["translation"]
        assert busy(service, texts, users=4, seconds=0.2) > 0
        with pytest.raises(RuntimeError, match="with the status 429"):
            busy(service, texts, users=40, seconds=0.2)
        assert service.stop() == 0
        assert "everything that was accepted is answered" in service.lines[-1]
        assert (offer(service, texts, np.zeros(2)).status == 0).all()


def test_a_service_that_cannot_start_says_why(tmp_path):
    with pytest.raises(RuntimeError, match=f"no service: .*{tmp_path.name}"):
        Service(tmp_path).ready()


def test_a_service_does_not_outlive_who_started_it(smoke_folder):
    command = [sys.executable, "-c", STARTS, str(smoke_folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(pid)


def offered(status):
    times = np.linspace(0, 1, len(status))
    return Offered(times, times + 0.1, np.array(status), [None] * len(status), times)


def test_the_benchmark_counts_the_answered_and_the_refused():
    runs = {"ours": offered([200] * 11), "one by one": offered([200, 429] * 5 + [200])}
    row = benchmark.row(0.5, runs)
    assert row["answered_per_second"] == {"ours": 10.0, "one by one": 5.5}
    assert row["ratio"] == {"one by one": 1.82}
    assert (row["refused, ours"], row["refused, one by one"]) == (0, 5)
    assert row["p99 ms, ours"] == 100.0


def test_the_benchmark_takes_no_request_that_was_lost():
    with pytest.raises(RuntimeError, match="ours lost requests: statuses"):
        benchmark.row(0.5, {"ours": offered([200, 0])})


def test_the_benchmark_needs_a_translator():
    with pytest.raises(ValueError, match="a trained folder"):
        benchmark.measure([], 1)

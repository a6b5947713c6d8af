import pytest

from keras_transformer.training import LengthBuckets, warm_up


class Steps:
    """Programs whose step of a length takes so many hundredths of a second."""

    def __init__(self, monkeypatch):
        self.now, self.lengths = 0.0, []
        monkeypatch.setattr(warm_up.time, "perf_counter", lambda: self.now)

    def train(self, inputs, labels):
        self.lengths.append(labels.shape[1])
        first = self.lengths.count(labels.shape[1]) == 1
        self.now += 9.0 if first else labels.shape[1] / 100  # it is compiled


@pytest.fixture
def batches():
    """Three batches of length 4, two of length 8."""
    source = [[5, 6]] * 5 + [[5, 6, 7, 8, 9]] * 2
    return LengthBuckets(source, source, lengths=(4, 8), batch_tokens=8)


def test_the_time_of_all_passes_is_told(monkeypatch, batches):
    told = []
    steps = Steps(monkeypatch)
    warm_up.warm_up(steps, batches, 2.5, told.append)
    assert told == [pytest.approx(2.5 * (3 * 0.04 + 2 * 0.08))]
    assert steps.lengths == [4] * 6 + [8] * 6  # one is compiled, five are timed


def test_slow_steps_are_timed_less_often(monkeypatch, batches):
    monkeypatch.setattr(warm_up, "SECONDS", 0.1)
    steps = Steps(monkeypatch)
    warm_up.warm_up(steps, batches, 1, print)
    assert steps.lengths == [4] * 4 + [8] * 3


def test_nothing_is_timed_where_nobody_asks(monkeypatch, batches):
    steps = Steps(monkeypatch)
    warm_up.warm_up(steps, batches, 1)
    assert steps.lengths == [4, 8]

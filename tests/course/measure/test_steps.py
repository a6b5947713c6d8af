import sys
import types

import numpy as np
import pytest

from keras_transformer.course.measure import Steps, timed_steps


def batch(rows, width, real):
    labels = np.zeros((rows, width), "int32")
    labels[:, :real] = 5
    return {"target": labels}, labels


def test_only_real_target_tokens_are_counted():
    steps = timed_steps(
        lambda inputs, labels: {"loss": 1.0},
        [batch(3, 7, 2), batch(5, 4, 4)],
        progress=False,
    )
    assert steps.tokens == [6, 20]


def test_the_first_step_of_each_shape_is_kept_apart(monkeypatch):
    now = [0.0]
    clock = types.SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr(sys.modules[timed_steps.__module__], "time", clock)
    taken = iter([0.2, 0.01, 0.1, 0.02])

    def step(inputs, labels):
        now[0] += next(taken)
        return {"loss": np.float32(labels.shape[1])}

    batches = [batch(2, width, 1) for width in (7, 7, 5, 7)]
    steps = timed_steps(step, batches, progress=False)
    assert steps.first == [True, False, True, False]
    assert steps.losses == [7.0, 7.0, 5.0, 7.0]
    assert steps.first_seconds == pytest.approx(0.3)
    assert steps.median_seconds == pytest.approx(0.015)


def test_speed_is_of_the_steady_steps():
    steps = Steps([1.0] * 3, [100, 30, 10], [9.0, 0.5, 0.3], [True, False, False])
    assert steps.tokens_per_second == pytest.approx(40 / 0.8)
    assert steps.median_seconds == pytest.approx(0.4)
    assert steps.first_seconds == 9.0


def test_no_batch_is_refused():
    with pytest.raises(ValueError, match="there must be a batch to train on, got none"):
        timed_steps(lambda inputs, labels: {"loss": 0.0}, [])

import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import io
import json
import sys
import time

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer import Additive, Dot
from keras_transformer.course.measure import cost, median_seconds, passes, peak_bytes

SHAPES = []


@keras.saving.register_keras_serializable(package="tests")
class Witness(keras.layers.Layer):
    """A product that tells what it was called with."""

    def call(self, query, key):
        SHAPES.append((tuple(query.shape), tuple(key.shape)))
        return ops.einsum("btd,bsd->bts", query, key)


@pytest.mark.parametrize("xla", [False, True])
def test_a_layer_is_run_on_inputs_of_the_shapes_asked_for(xla):
    run = passes(Witness(), (2, 31, 7), (2, 37, 7), xla=xla)
    for step in run:
        SHAPES.clear()
        step()
        assert set(SHAPES) == {((2, 31, 7), (2, 37, 7))}


def test_a_training_pass_computes_gradients_and_changes_nothing():
    layer = Additive(5)
    run = passes(layer, (2, 3, 7), (2, 11, 13))
    before = [ops.convert_to_numpy(weight) for weight in layer.weights]
    run.training()
    run.forward()
    for weight, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight), old)


def test_a_layer_without_inputs_is_refused():
    with pytest.raises(ValueError, match="at least one input, got no shape"):
        passes(Dot())


def test_functions_take_turns_and_the_median_ignores_an_outlier():
    turns = []

    def slow():
        turns.append("slow")
        time.sleep(0.2 if turns.count("slow") == 5 else 0.01)

    found = median_seconds({"slow": slow, "fast": lambda: turns.append("fast")}, 5)
    assert turns == ["slow"] * 4 + ["fast"] * 4 + ["slow", "fast"] * 5
    assert 0.01 <= found["slow"] < 0.15
    assert found["fast"] < 0.01


def test_no_repeats_are_refused():
    with pytest.raises(ValueError, match="repeats must be at least 1, got repeats=0"):
        median_seconds({}, 0)


def test_the_peak_of_an_additive_score_is_its_hidden_layer(monkeypatch):
    if keras.backend.backend() == "tensorflow":
        # It and Keras would import these if they could.
        without = "import sys; sys.modules.update(jax=None, matplotlib=None); "
        monkeypatch.setattr(cost, "_CHILD", without + cost._CHILD)

    def case(length):
        return [(1, length, 4), (1, length, 4)]

    small, large = peak_bytes(Additive(64), [case(256), case(512)])
    array = 4 * 512 * 512 * 64  # float32 [b, t, s, u]: 67 MB
    assert 2 * array < large < 8 * array
    assert small < large / 2


def test_the_message_of_a_process_that_failed_is_told(monkeypatch):
    # It need not import anything for that: what fails in it is told below.
    monkeypatch.setattr(cost, "_CHILD", "print('a'); raise ValueError('no Witness')")
    with pytest.raises(RuntimeError, match=r"measured failed: ValueError: no Witness$"):
        peak_bytes(Witness(), [[(1, 2, 3), (1, 2, 3)]])


def test_a_process_fails_on_a_layer_that_it_does_not_know(monkeypatch):
    layer = {"module": None, "class_name": "Absent", "config": {}}
    task = {"layer": layer, "cases": [[(1, 2, 3), (1, 2, 3)]], "xla": False}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(task)))
    with pytest.raises(TypeError, match="Absent"):
        cost._report_peaks()

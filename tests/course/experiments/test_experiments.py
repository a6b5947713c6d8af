import math

import pytest

from keras_transformer.course.experiments import experiment as experiments
from keras_transformer.course.experiments import stored
from keras_transformer.course.experiments.experiment import Experiment


@pytest.fixture
def toy(monkeypatch):
    measured = []

    def measure(variant, seed):
        measured.append((variant, seed))
        return {"figure": len(variant) + seed, "curve": [seed, 2]}

    asked = Experiment("Which is longer?", {"a": "short", "abc": "long"}, measure)
    monkeypatch.setattr(experiments, "experiment", lambda name: asked)
    monkeypatch.setattr(
        experiments, "in_its_own_process", lambda function, *given: function(*given)
    )
    return measured


def test_only_what_is_not_stored_is_measured(toy, tmp_path):
    experiments.run("toy", [1], ["abc"], tmp_path)
    experiments.run("toy", [1, 2], folder=tmp_path)
    assert toy == [("abc", 1), ("a", 1), ("a", 2), ("abc", 2)]
    found = stored.Stored(tmp_path / "toy.json")
    assert found.seeds("a") == [1, 2]
    assert found.mean("abc", "figure") == (4.5, math.sqrt(0.5), (4.0, 5.0))
    assert found.each("a", "curve") == [[1, 2], [2, 2]]
    assert found.command.endswith("experiments toy")


def test_one_seed_has_no_deviation(toy, tmp_path):
    experiments.run("toy", [1], folder=tmp_path)
    assert math.isnan(stored.Stored(tmp_path / "toy.json").mean("a", "figure")[1])


def test_what_is_not_there_is_refused_by_name(toy, tmp_path):
    with pytest.raises(ValueError, match=r"variants of toy are a, abc, got b"):
        experiments.run("toy", [1], ["b"], tmp_path)
    experiments.run("toy", [1], folder=tmp_path)
    found = stored.Stored(tmp_path / "toy.json")
    with pytest.raises(ValueError, match=r"stored are .*'a', 'abc'.*got 'b'"):
        found.mean("b", "figure")
    with pytest.raises(ValueError, match=r"has the figures .*got 'speed'"):
        found.mean("a", "speed")


def test_an_unknown_experiment_is_refused_by_name():
    with pytest.raises(ValueError, match=r"the experiments are .*got 'nothing'"):
        experiments.experiment("nothing")

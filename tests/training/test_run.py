import csv
import dataclasses
import importlib.util
import json
import random
import sys

import keras
import numpy as np
import pytest
import small
from keras import ops

from keras_transformer.training import CheckpointError, LengthBuckets, Run, checkpoint
from keras_transformer.training import run as fit
from keras_transformer.training.config import compile_model
from keras_transformer.training.cross_entropy import smoothed_cross_entropy
from keras_transformer.training.programs import Programs


class Died(BaseException):
    """What a process that is killed would leave behind is left behind."""


traced_lengths = set()  # of the targets that steps were traced for


class Traced(small.Tagger):
    """A tagger that notes what its steps know of the length of a target."""

    def call(self, inputs, training=None):
        traced_lengths.add(inputs["target"].shape[1])
        return super().call(inputs, training=training)


def config(**changes):
    """With an average, so that most runs share their steps."""
    return small.config(**({"average": 0.75} | changes))


class Process:
    """Compiles a step once, as a process would be too slow to do for every run.

    Its models begin each run anew; what is in no checkpoint stays with the process.
    """

    def __init__(self):
        self.models = {}
        self.steps = {}

    def tagger(self, **changes):
        """A model as if it were new, whose steps may be there from an earlier run."""
        steps = steps_of(config(**changes))
        new = Traced()
        new.build()
        model = self.models.setdefault(steps, new)
        checkpoint.assign(model.variables, small.weights(new), "a new model")
        return model

    def compile(self, model, config):
        if self.steps.get(model, [None])[0] != steps_of(config):
            compile_model(model, config)
            model.optimizer.build(model.trainable_variables)
            state = checkpoint.values(model.optimizer.variables)
            self.steps[model] = steps_of(config), state, Programs(model)
        _, state, _ = self.steps[model]
        checkpoint.assign(model.optimizer.variables, state, "a new optimizer")

    def programs(self, model):
        return self.steps[model][-1]


def steps_of(config):
    """The configuration as far as the compiled steps depend on it."""
    return dataclasses.replace(
        config, epochs=1, patience=0, score_every=1, checkpoint_seconds=0.0, seed=0
    )


HERE, ELSEWHERE = Process(), Process()


def run(folder, model=None, process=HERE, **options):
    """A finished run on the small data."""
    changes = options.pop("changes", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "compile_model", process.compile)
        patch.setattr(fit, "Programs", process.programs)
        training = Run(
            process.tagger(**changes) if model is None else model,
            options.pop("train", small.data()),
            options.pop("valid", small.data(11, seed=2)),
            config(**changes),
            folder,
            progress=options.pop("progress", False),
            **options,
        )
    training()
    training.weights = small.weights(training.model)
    return training


def one_width():
    """The small data in one bucket: where steps are compiled for one test alone."""
    lengths = (7,)
    return {
        "train": small.data(lengths=lengths),
        "valid": small.data(11, seed=2, lengths=lengths),
    }


def plain(history):
    """The history without the clock."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    random.seed(7)
    return run(tmp_path_factory.mktemp("finished"))


# What is measured


def test_training_learns(tmp_path):
    history = run(tmp_path, **one_width(), changes={"epochs": 9, "xla": True}).history
    losses = [row["train_loss"] for row in history]
    assert losses[-1] < 0.9 * losses[0]


def measured(model, batches, label_smoothing=0.0):
    """The loss and the hits of every token of every batch."""
    losses, hits = [], []
    for index in range(len(batches)):
        inputs, labels = batches.batch(0, index)
        logits = model(inputs)
        each = smoothed_cross_entropy(labels, logits, label_smoothing)
        losses += ops.convert_to_numpy(each)[labels != 0].tolist()
        best = ops.convert_to_numpy(logits).argmax(-1)
        hits += (best == labels)[labels != 0].tolist()
    return losses, hits


def require_validated(row, model, valid):
    losses, hits = measured(model, valid)
    assert row["valid_cross_entropy"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert row["valid_accuracy"] == pytest.approx(np.mean(hits), rel=1e-5)


def test_validation_measures_every_token_of_every_batch(tmp_path):
    valid = small.data(11, seed=2)
    assert len(valid) > 2
    training = run(tmp_path, valid=valid, changes={"epochs": 1})
    require_validated(training.history[0], training.model, valid)


def test_the_training_loss_is_a_mean_over_the_epoch(tmp_path):
    # With a rate of nearly 0 the weights stand still, and without dropout every
    # batch sees the same model.
    model = small.Tagger()
    model.dropout.rate = 0.0
    model.build()
    numbers = np.random.default_rng(1)
    for weight in model.trainable_variables:  # so that no two tokens cost the same
        weight.assign(numbers.normal(size=weight.shape))
    data = one_width()
    changes = {"epochs": 1, "peak_learning_rate": 1e-12, "label_smoothing": 0.2}
    changes["average"] = 0.0
    row = run(tmp_path, model, **data, changes=changes).history[0]
    losses, _ = measured(model, data["train"], 0.2)
    assert row["train_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    require_validated(row, model, data["valid"])


def test_every_shape_has_a_program_that_knows_its_length(finished):
    assert traced_lengths == {*finished.train.lengths}


def test_the_history_on_disk_is_the_history(finished):
    rows = json.loads((finished.folder / "history.json").read_text())
    assert rows == finished.history
    with open(finished.folder / "history.csv") as file:
        table = list(csv.DictReader(file))
    assert [{k: float(v) for k, v in row.items()} for row in table] == rows
    assert [row["epoch"] for row in rows] == [1, 2]


def test_the_same_run_gives_the_same_weights(finished, tmp_path):
    again = run(tmp_path)
    assert small.same(again.weights, finished.weights)
    assert plain(again.history) == plain(finished.history)


def test_the_seed_of_the_data_changes_the_weights(finished, tmp_path):
    train = small.data(seed=1, **{"lengths": (4, 7), "batch_tokens": 28})
    other = LengthBuckets(train.source, train.target, (4, 7), 28, seed=9)
    again = run(tmp_path, train=other)
    assert not small.same(again.weights, finished.weights)


# Interruption


def die(after):
    """A function that counts its calls and dies at one of them."""
    calls = iter(range(after))

    def count(*arguments, **keywords):
        if next(calls, None) is None:
            raise Died

    return count


def interrupted(monkeypatch, folder, owner, name, after, when="before", **options):
    """A run that dies at a call of a function, and is begun again."""
    original = getattr(owner, name)
    count = die(after)

    def dying(*arguments, **keywords):
        if when == "before":
            count()
        result = original(*arguments, **keywords)
        if when == "after":
            count()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying)
        with pytest.raises(Died):
            run(folder, **options)
    random.seed(99)  # another process: other initial weights
    return run(folder, process=ELSEWHERE, **options)


BATCHES = len(small.data())
WARM_UP = 2  # a batch a bucket, before the first
POINTS = {
    "before the first checkpoint": (LengthBuckets, "batch", WARM_UP, "before"),
    "in the warm-up": (LengthBuckets, "batch", 1, "before"),
    "in the first epoch": (LengthBuckets, "batch", WARM_UP + 3, "before"),
    "after the last batch of the first epoch": (Run, "_end_epoch", 0, "before"),
    "in validation": (Run, "_validate", 0, "before"),
    "between best and checkpoint": (
        Run,
        "_save",
        BATCHES,  # one a batch, then the one that ends the epoch
        "before",
    ),
    "between checkpoint and history": (Run, "_save", BATCHES, "after"),
    "in the second epoch": (LengthBuckets, "batch", WARM_UP + BATCHES + 8, "before"),
    "between the last checkpoint and history": (Run, "_save", 2 * BATCHES + 1, "after"),
    "after the last epoch": (Run, "_end_epoch", 1, "after"),
}


@pytest.mark.parametrize("point", POINTS)
def test_an_interrupted_run_ends_with_the_same_weights(
    finished, monkeypatch, tmp_path, point
):
    owner, name, after, when = POINTS[point]
    resumed = interrupted(monkeypatch, tmp_path, owner, name, after, when)
    if point in ("in the warm-up", "before the first checkpoint"):
        # Nothing was kept: it is a run of its own.
        assert len(resumed.history) == 2
        return
    assert small.same(resumed.weights, finished.weights)
    assert plain(resumed.history) == plain(finished.history)
    written = json.loads((tmp_path / "history.json").read_text())
    assert plain(written) == plain(finished.history)


def test_ctrl_c_keeps_the_last_checkpoint(finished, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        original = LengthBuckets.batch

        def batch(self, epoch, index):
            if (epoch, index) == (1, 2):
                raise KeyboardInterrupt
            return original(self, epoch, index)

        patch.setattr(LengthBuckets, "batch", batch)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    assert (tmp_path / "checkpoint.npz").is_file()
    again = run(tmp_path)
    assert small.same(again.weights, finished.weights)


def test_checkpoints_are_as_rare_as_asked_for(monkeypatch, tmp_path):
    saved = []
    monkeypatch.setattr(Run, "_save", lambda self: saved.append(self.index))
    run(tmp_path, changes={"checkpoint_seconds": 3600.0})
    assert saved == [0, 0]  # the ends of two epochs


def test_a_half_written_checkpoint_of_a_killed_process_is_cleared_away(tmp_path):
    stale = tmp_path / ".12345.checkpoint.npz"
    stale.write_bytes(b"half")
    run(tmp_path, changes={"epochs": 1})
    assert not stale.exists()


def test_a_finished_run_can_be_given_more_epochs(finished, tmp_path):
    run(tmp_path, changes={"epochs": 1})
    longer = run(tmp_path, changes={"epochs": 2})
    assert small.same(longer.weights, finished.weights)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("begun")
    run(folder, changes={"epochs": 1})
    return folder


def other_tokens():
    train = small.data()
    target = [*train.target[:-1], train.target[-1] % 9 + 3]
    assert [*map(len, target)] == [*map(len, train.target)]
    return LengthBuckets(train.source, target, (4, 7), 28)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"changes": {"seed": 5}}, "belongs to a run with other data or another conf"),
        ({"changes": {"clip_norm": 2.0}}, "other data or another configuration"),
        ({"train": small.data(30)}, "other data or another configuration"),
        ({"train": other_tokens()}, "other data or another configuration"),
        ({"valid": small.data(12, seed=2)}, "other data or another configuration"),
        ({"model": "wider"}, r"checkpoint\.npz holds shape \(13, 7\) for .*\(13, 8\)"),
    ],
    ids=["seed", "clip_norm", "more data", "other tokens", "other valid", "wider"],
)
def test_a_checkpoint_of_another_run_is_refused(begun, options, message):
    if options.get("model") == "wider":
        options = {"model": small.Tagger(width=8)}
    before = (begun / "checkpoint.npz").read_bytes()
    with pytest.raises(CheckpointError, match=message):
        run(begun, **options)
    assert (begun / "checkpoint.npz").read_bytes() == before


def test_a_truncated_checkpoint_is_refused(begun, tmp_path):
    data = (begun / "checkpoint.npz").read_bytes()
    (tmp_path / "checkpoint.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match=r"checkpoint\.npz is not a readable"):
        run(tmp_path)


# The best weights


def scripted(model, scores, key="bleu"):
    """A score function that keeps the weights which it was asked to score."""
    seen = []
    numbers = iter(scores)

    def score():
        seen.append(small.weights(model))
        return {key: next(numbers)}

    return score, seen


def test_the_best_weights_are_left_and_patience_ends_the_run(tmp_path):
    model = HERE.tagger(average=0.0)
    score, seen = scripted(model, [1.0, 3.0, 2.0, 3.0, 9.0])
    training = run(
        tmp_path,
        model,
        score=score,
        monitor="bleu",
        changes={"average": 0.0, "epochs": 5, "patience": 2},
        **one_width(),
    )
    assert [row["bleu"] for row in training.history] == [1.0, 3.0, 2.0, 3.0]
    assert small.same(small.weights(model), seen[1])  # the first of equals
    assert not small.same(seen[1], seen[2])


def test_a_run_that_lost_patience_stays_ended(tmp_path):
    for _ in range(2):
        model = HERE.tagger()
        score, _ = scripted(model, [3.0, 2.0, 9.0])
        changes = {"epochs": 5, "patience": 1}
        training = run(tmp_path, model, score=score, monitor="bleu", changes=changes)
        assert [row["bleu"] for row in training.history] == [3.0, 2.0]


def test_a_cross_entropy_is_better_when_lower(tmp_path):
    model = HERE.tagger()
    score, seen = scripted(model, [2.0, 1.0, 3.0], key="own_cross_entropy")
    run(
        tmp_path,
        model,
        score=score,
        monitor="own_cross_entropy",
        changes={"epochs": 3},
    )
    assert small.same(small.weights(model), seen[1])


def test_a_score_that_is_no_number_is_never_the_best(tmp_path):
    model = HERE.tagger()
    score, seen = scripted(model, [float("nan"), 1.0, float("nan")])
    run(tmp_path, model, score=score, monitor="bleu", changes={"epochs": 3})
    assert small.same(small.weights(model), seen[1])


def test_scores_are_taken_as_often_as_asked_for_and_at_the_end(tmp_path):
    model = HERE.tagger()
    score, _ = scripted(model, [1.0, 2.0, 3.0])
    changes = {"epochs": 5, "score_every": 2}
    training = run(tmp_path, model, score=score, monitor="bleu", changes=changes)
    assert [row.get("bleu") for row in training.history] == [None, 1.0, None, 2.0, 3.0]


def test_the_average_is_the_moving_average_of_the_weights(monkeypatch, tmp_path):
    model = HERE.tagger()
    after_steps = []
    original = small.Tagger.train_on_batch

    def train_on_batch(self, *arguments, **keywords):
        logs = original(self, *arguments, **keywords)
        after_steps.append(small.weights(self))
        return logs

    monkeypatch.setattr(small.Tagger, "train_on_batch", train_on_batch)
    score, scored = scripted(model, [1.0, 2.0])
    run(tmp_path, model, score=score, monitor="bleu")
    assert len(after_steps) == WARM_UP + 2 * BATCHES
    del after_steps[:WARM_UP]
    averages, ends = [np.float64(w) for w in after_steps[0]], []
    for step, step_weights in enumerate(after_steps):
        if step:
            averages = [
                0.75 * a + 0.25 * w for a, w in zip(averages, step_weights, strict=True)
            ]
        if step + 1 in (BATCHES, 2 * BATCHES):
            ends.append(averages)
    trainable = [variable.trainable for variable in model.variables]
    assert sum(trainable) == 3  # the other is the state of the dropout
    for mine, expected in zip(scored, ends, strict=True):
        for a, b, learns in zip(mine, expected, trainable, strict=True):
            if learns:
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    last = small.weights(model)
    assert small.same(last, scored[1])
    assert not np.allclose(last[0], after_steps[-1][0])


def test_a_compiled_step_leaves_the_average_alone(tmp_path):
    # JAX frees the arrays that a compiled step was given.
    model = HERE.tagger(xla=True)
    score, scored = scripted(model, [1.0, 2.0])
    options = {"score": score, "monitor": "bleu", "changes": {"xla": True}}
    training = run(tmp_path, model, **options, **one_width())
    assert [row["bleu"] for row in training.history] == [1.0, 2.0]
    assert small.same(small.weights(model), scored[1])
    assert not small.same(scored[0], scored[1])


# Around it


KERAS_NAMES = {
    f"{side}{name}"
    for side in ("", "val_")
    for name in ("loss", "token_accuracy", "token_cross_entropy")
}


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.told = []

    def on_train_begin(self, logs=None):
        self.told.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.told.append((epoch, sorted(logs)))

    def on_train_end(self, logs=None):
        self.told.append("end")


def test_callbacks_are_told_of_every_epoch(tmp_path):
    recorder = Recorder()
    training = run(tmp_path, callbacks=(recorder,))
    names = {*training.history[0], *KERAS_NAMES} - {"epoch"}
    names = sorted(names)
    assert recorder.told == ["begin", (0, names), (1, names), "end"]
    assert recorder.model is training.model


@pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is an extra"
)
def test_tensorboard_writes_what_the_history_holds(tmp_path):
    logs = tmp_path / "logs"
    run(tmp_path, callbacks=(keras.callbacks.TensorBoard(logs),))
    events = b"".join(path.read_bytes() for path in logs.rglob("events.*"))
    assert b"valid_cross_entropy" in events
    assert b"train_loss" in events


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_and_averages(tmp_path, precision):
    # float16 wraps the optimizer to scale the loss; the average must survive that.
    model = small.Tagger(dtype=precision)
    score, scored = scripted(model, [1.0, 2.0])
    changes = {"average": 0.5, "precision": precision}
    options = {"score": score, "monitor": "bleu", "changes": changes}
    training = run(tmp_path, model, **options, **one_width())
    assert np.isfinite([row["train_loss"] for row in training.history]).all()
    assert not small.same(scored[0], scored[1])


def test_progress_is_shown_in_a_terminal(tmp_path, capsys, monkeypatch):
    run(tmp_path / "silent", changes={"epochs": 1}, progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run(tmp_path, changes={"epochs": 1}, progress=True)
    shown = capsys.readouterr().err
    assert f"{BATCHES}/{BATCHES}" in shown
    assert "loss=" in shown and "accuracy=" in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"average": 1.0}, "average must be less than 1, got 1.0"),
        ({"warmup_steps": -1}, "warmup_steps must be at least 0, got -1"),
    ],
)
def test_numbers_outside_their_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small.config(**changes)

"""`Run` tells Keras's callbacks what `fit` tells them, and does what they ask for."""

import csv
import importlib.util
import json
import sys

import keras
import numpy as np
import pytest
import small

from keras_transformer.system import progress as bars
from keras_transformer.training import CheckpointError, NotFiniteError, Run

SHAPE = {"lengths": (7,)}
TRAIN = small.data(13, **SHAPE)
STEPS = len(TRAIN)
NAMES = {"loss", "token_accuracy", "token_cross_entropy"}


def run(folder, *callbacks, score=None, **changes):
    """A run in one bucket, with a rate that callbacks may change."""
    keras.utils.set_random_seed(7)
    changes = {"warmup_steps": 0, "checkpoint_seconds": 60.0} | changes
    training = Run(
        small.Tagger(),
        TRAIN,
        small.data(5, seed=2, **SHAPE),
        small.config(**SHAPE | changes),
        folder,
        score=score,
        callbacks=callbacks,
        progress=False,
    )
    training()
    return training


class Diary(keras.callbacks.Callback):
    """Writes down every hook, and what it was told."""

    def __init__(self):
        super().__init__()
        self.entries = []

    def __getattribute__(self, name):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):
            return lambda *told, logs=None: self.write(name[3:], *told, logs)
        return super().__getattribute__(name)

    def write(self, name, *told):
        """Name, numbers, and the logs, which come with their name or without."""
        numbers = [part for part in told if isinstance(part, int)]
        logs = [part for part in told if isinstance(part, dict)]
        self.entries.append((name, *numbers, logs[0] if logs else None))


def hooks(diary):
    """The names and numbers, without the logs."""
    return [entry[:-1] for entry in diary.entries]


def test_every_hook_comes_in_the_order_of_fit(tmp_path):
    ours, theirs = Diary(), Diary()
    training = run(tmp_path, ours, epochs=2)
    model, valid = small.Tagger(), small.data(5, seed=2, **SHAPE)
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    model.fit(TRAIN, validation_data=valid, epochs=2, verbose=0, callbacks=[theirs])
    assert hooks(ours) == hooks(theirs)
    logs = [entry[-1] for entry in ours.entries if entry[0] == "epoch_end"]
    for told, row in zip(logs, training.history, strict=True):
        assert set(told) >= NAMES | {f"val_{name}" for name in NAMES}
        assert told["loss"] == row["train_loss"]
        assert told["val_token_cross_entropy"] == row["valid_cross_entropy"]
        assert told["val_token_accuracy"] == row["valid_accuracy"]
        assert told.items() >= {**row, "epoch": 0}.items() - {("epoch", 0)}
    batches = [entry for entry in ours.entries if entry[0] == "train_batch_end"]
    assert all(set(logs) == NAMES for *_, logs in batches)
    assert batches[STEPS - 1][-1]["loss"] == training.history[0]["train_loss"]
    assert ours.params == theirs.params


class Stopper(keras.callbacks.Callback):
    """Asks for the end in one hook, once."""

    def __init__(self, hook):
        super().__init__()
        setattr(self, hook, self.stop)

    def stop(self, *told, logs=None):
        self.model.stop_training = True


@pytest.mark.parametrize(
    ("hook", "batches"),
    [("on_train_batch_end", 1), ("on_epoch_begin", 1), ("on_epoch_end", STEPS)],
)
def test_a_callback_may_stop_the_training(tmp_path, hook, batches):
    diary = Diary()
    training = run(tmp_path, Stopper(hook), diary, epochs=3)
    told = [name for name, *_ in hooks(diary)]
    assert told.count("train_batch_end") == batches
    assert told.count("test_end") == told.count("epoch_end") == 1
    assert told[-1] == "train_end"
    assert [row["epoch"] for row in training.history] == [1]
    # It stays ended.
    again = Diary()
    assert run(tmp_path, again, epochs=3).history == training.history
    assert [name for name, *_ in hooks(again)] == ["train_begin", "train_end"]


class Spoiler(keras.callbacks.Callback):
    """Makes a weight NaN before a batch."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            weight = self.model.trainable_variables[0]
            weight.assign(np.full(weight.shape, np.nan))


def test_what_is_not_finite_ends_a_run_at_its_batch(tmp_path):
    diary = Diary()
    callbacks = Spoiler(), keras.callbacks.TerminateOnNaN(), diary
    with pytest.raises(NotFiniteError, match=rf"loss is nan after batch 2 of {STEPS} "):
        run(tmp_path, *callbacks, epochs=3)
    assert [name for name, *_ in hooks(diary)].count("train_batch_end") == 2
    assert not list(tmp_path.iterdir())


def rate(training):
    return float(training.model.optimizer.learning_rate)


def test_a_learning_rate_scheduler_acts(tmp_path):
    still = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)
    before = small.Tagger()
    before.build()
    training = run(tmp_path / "still", still)
    assert rate(training) == 0
    keras.utils.set_random_seed(7)
    new = small.Tagger()
    new.build()
    moved = run(tmp_path / "moved")
    for first, second, third in zip(
        new.trainable_variables,
        training.model.trainable_variables,
        moved.model.trainable_variables,
        strict=True,
    ):
        first, second, third = map(np.array, (first, second, third))
        np.testing.assert_array_equal(first, second)
        assert np.abs(first - third).max() > 1e-3


def test_a_schedule_of_the_optimizer_refuses_a_scheduler_as_in_keras(tmp_path):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1)
    with pytest.raises(TypeError, match="its learning rate is not settable"):
        run(tmp_path, scheduler, warmup_steps=3)


class Killed(BaseException):
    pass


class Killer(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.at, self.epoch = epoch, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (self.at, 1):
            raise Killed


def test_a_run_that_goes_on_has_the_learning_rate_that_a_callback_chose(tmp_path):
    def schedulers():
        halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        return halved, keras.callbacks.ReduceLROnPlateau("loss", 0.1, patience=1)

    whole = run(tmp_path / "whole", *schedulers(), epochs=3)
    for epoch in (1, 2):
        with pytest.raises(Killed):
            run(tmp_path / "killed", *schedulers(), Killer(epoch), epochs=3,
                checkpoint_seconds=0.0)  # fmt: skip
    resumed = run(tmp_path / "killed", *schedulers(), epochs=3)
    assert rate(resumed) == rate(whole) == pytest.approx(0.05 / 8)
    assert small.same(small.weights(resumed.model), small.weights(whole.model))


def test_reduce_lr_on_plateau_reads_what_run_reports(tmp_path):
    plateau = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.1, patience=1, min_delta=99.0
    )
    assert rate(run(tmp_path, plateau, epochs=3)) == pytest.approx(0.05 * 0.01)


def test_early_stopping_reads_val_loss(tmp_path):
    early = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=99.0)
    assert len(run(tmp_path, early, epochs=5).history) == 2


def test_model_checkpoint_writes_its_files(tmp_path):
    path = tmp_path / "saved" / "{epoch}-{val_loss:.3f}.weights.h5"
    saver = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    latest = tmp_path / "best.weights.h5"
    best = keras.callbacks.ModelCheckpoint(
        latest, "valid_cross_entropy", save_best_only=True, save_weights_only=True,
        mode="min",
    )  # fmt: skip
    training = run(tmp_path / "run", saver, best)
    names = sorted(file.name[0] for file in path.parent.iterdir())
    assert names == ["1", "2"]
    again = small.Tagger()
    again.build()
    again.load_weights(latest)
    for mine, left in zip(again.weights, training.model.weights, strict=True):
        np.testing.assert_array_equal(np.array(mine), np.array(left))


def test_csv_logger_writes_a_row_an_epoch(tmp_path):
    path = tmp_path / "log.csv"
    history = run(tmp_path / "run", keras.callbacks.CSVLogger(path)).history
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert [float(row["loss"]) for row in rows] == [r["train_loss"] for r in history]


def test_a_lambda_callback_and_a_score(tmp_path):
    seen = []
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, logs["bleu"]))
    )
    scores = iter([3.0, 4.0])
    run(tmp_path, told, score=lambda: {"bleu": next(scores)})
    assert seen == [(0, 3.0), (1, 4.0)]


@pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is an extra"
)
def test_tensorboard_writes_batches_and_epochs(tmp_path):
    logs = tmp_path / "logs"
    run(tmp_path / "run", keras.callbacks.TensorBoard(logs, update_freq=1))
    events = b"".join(path.read_bytes() for path in logs.rglob("events.*"))
    for name in (b"batch_loss", b"epoch_loss", b"evaluation_loss_vs_iterations"):
        assert name in events


def test_backup_and_restore_is_refused(tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(ValueError, match="of its own, got BackupAndRestore among"):
        run(tmp_path / "run", backup)
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_without_the_word_stopped_is_of_another_version(
    tmp_path, monkeypatch
):
    write = json.dumps

    def without(about, **options):
        if isinstance(about, dict):
            about = {name: about[name] for name in about if name != "stopped"}
        return write(about, **options)

    with monkeypatch.context() as patch:
        patch.setattr(json, "dumps", without)
        run(tmp_path, epochs=1)
    with pytest.raises(CheckpointError, match=r"npz is of another version.* stopped"):
        run(tmp_path, epochs=2)


# The bar


def test_without_tqdm_nothing_is_shown_and_nothing_is_missing(
    tmp_path, monkeypatch, capsys
):
    def missing(name):
        raise ImportError(f"no {name}")

    monkeypatch.setattr(bars.importlib, "import_module", missing)
    bar = bars.progress_bar(total=3)
    assert type(bar) is bars.NoBar
    with bar:
        bar.set_description("epoch 1/1")
        bar.update()
        bar.set_postfix(loss="1.0", refresh=False)
    assert list(bars.progress_bar([5, 6], unit="batch")) == [5, 6]
    assert capsys.readouterr() == ("", "")


def test_a_bar_counts_where_there_is_tqdm_and_a_terminal(capsys, monkeypatch):
    pytest.importorskip("tqdm")
    assert list(bars.progress_bar([5, 6], unit="batch")) == [5, 6]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(bars.progress_bar([5, 6], unit="batch")) == [5, 6]
    assert "2/2" in capsys.readouterr().err
    assert list(bars.progress_bar([5, 6], shown=False)) == [5, 6]
    assert capsys.readouterr().err == ""

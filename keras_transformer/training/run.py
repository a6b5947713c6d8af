"""Training: a loop that can be killed at any step and goes on as if it had not been."""

import dataclasses
import functools
import json
import math
import pathlib
import time
from collections.abc import Callable

import keras

from keras_transformer.training import checkpoint
from keras_transformer.training.best import BestWeights
from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.config import TrainingConfig, compile_model
from keras_transformer.training.history import write_history
from keras_transformer.training.interrupted import told
from keras_transformer.training.programs import Programs
from keras_transformer.training.progress import progress_bar
from keras_transformer.training.token_means import TokenMeans


class Run:
    """One training run: model, data, and its folder.

    The folder holds `checkpoint.npz` (every variable of model and optimizer, the
    position in the data, and what the epoch has measured so far), `best.npz` (the
    best weights so far), `history.json` and `history.csv`. A run whose folder has a
    checkpoint goes on from there, and ends with the weights it would have had without
    the break.

    Callbacks are told what `fit` tells them, with Keras's names (`loss`,
    `token_accuracy`, `val_loss` …, as means over tokens) and those of the history
    beside them, and may set `model.stop_training`: the epoch ends, and the run with it,
    for good. What a callback makes of weights and learning rate is in the checkpoint;
    what it remembers is not: in a run that goes on it begins anew, and is told once
    more of the epoch's beginning, and of what came after the last checkpoint. The
    learning rate is the optimizer's to give while it has a schedule (Keras refuses to
    set it then); with `warmup_steps=0` it has none.

    Args:
        model: The model; its weights are changed in place.
        train: Batches to train on.
        valid: Batches to measure loss and accuracy on.
        config: How to train.
        folder: Where checkpoints and history go; created when missing.
        score: Called with no argument once the (averaged) weights are in the model,
            every `score_every` epochs; returns numbers for the history. The number
            under `monitor` decides which weights are best.
        monitor: Name of the deciding number: higher is better, except that a name
            ending in `cross_entropy` is better when lower.
        callbacks: Keras callbacks. The best weights, which are left in the model, are
            those by `monitor`, whatever a callback restored before.
        progress: Whether to show a progress bar, where tqdm is installed.

    Raises:
        CheckpointError: If the folder's checkpoint belongs to another run.
        ValueError: If a callback is `BackupAndRestore`: a run goes on by itself, from
            its own checkpoint.
    """

    def __init__(
        self,
        model: keras.Model,
        train: LengthBuckets,
        valid: LengthBuckets,
        config: TrainingConfig,
        folder: pathlib.Path,
        score: Callable[[], dict] | None = None,
        monitor: str = "valid_cross_entropy",
        callbacks: tuple[keras.callbacks.Callback, ...] = (),
        progress: bool = True,
    ):
        if any(isinstance(c, keras.callbacks.BackupAndRestore) for c in callbacks):
            raise ValueError(
                "a Run goes on from checkpoints of its own, got BackupAndRestore among "
                "its callbacks"
            )
        self.model = model
        self.train = train
        self.valid = valid
        self.config = config
        self.folder = pathlib.Path(folder)
        self.score = score
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks),
            model=model,
            verbose=0,
            epochs=config.epochs,
            steps=len(train),
        )
        self.progress = progress
        self.history: list[dict] = []
        self.epoch = 0
        self.index = 0
        self.measured = TokenMeans()
        self.best = BestWeights(self.folder, monitor)
        self.seconds = 0.0
        self.stopped = False
        self.logs: dict[str, float] = {}
        if not model.built:
            model.build()
        compile_model(model, config)
        self.programs = Programs(model)
        self.model.optimizer.build(self.model.trainable_variables)

    def __call__(self) -> list[dict]:
        """Train to the end; returns the history, and leaves the best weights."""
        self._begin()
        if not self._ended():
            self._warm_up()
        started = time.monotonic() - self.seconds
        bar = progress_bar(
            shown=self.progress,
            total=self.config.epochs * len(self.train),
            initial=self.epoch * len(self.train) + self.index,
            unit="batch",
            dynamic_ncols=True,
        )
        self.model.stop_training = False
        self._tell(self.epoch or self.index, self.callbacks.on_train_begin)
        with bar, told(self):
            while not self._ended():
                bar.set_description(f"epoch {self.epoch + 1}/{self.config.epochs}")
                self._tell(self.index, self.callbacks.on_epoch_begin, self.epoch)
                self._train_epoch(bar, started)
                self._end_epoch(started)
        self.callbacks.on_train_end(self.logs)
        self.best.leave_in(self.model.variables)
        return self.history

    def _ended(self):
        patience = self.config.patience or math.inf
        return (
            self.stopped
            or self.epoch >= self.config.epochs
            or self.best.epochs_since(self.epoch) >= patience
        )

    def _tell(self, begun, hook, *arguments):
        """Tell callbacks of a beginning; where it is told again it changes nothing."""
        before = checkpoint.values(self._variables()) if begun else None
        hook(*arguments)
        if begun:
            checkpoint.assign(self._variables(), before, self.folder)

    def _train_epoch(self, bar, started):
        saved = time.monotonic()
        while self.index < len(self.train):
            inputs, labels = self.train.batch(self.epoch, self.index)
            self.callbacks.on_train_batch_begin(self.index)
            logs = self.programs.train(inputs, labels)
            self.measured.add(logs, labels)
            self.callbacks.on_train_batch_end(self.index, self.measured.means())
            self.index += 1
            self._show(bar)
            if self.model.stop_training:
                return
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self.seconds = time.monotonic() - started
                self._save()
                saved = time.monotonic()

    def _warm_up(self):
        """Compile the step for every bucket, before the progress bar begins."""
        before = checkpoint.values(self._variables())
        first = {
            width: i for i, (width, _) in reversed([*enumerate(self.train.order(0))])
        }
        for width in sorted(first):
            inputs, labels = self.train.batch(0, first[width])
            self.programs.train(inputs, labels)
        checkpoint.assign(self._variables(), before, self.folder)

    def _show(self, bar):
        bar.update()
        if self.index % 10 == 0 or self.index == len(self.train):
            means = self.measured.means()
            bar.set_postfix(
                loss=f"{means['loss']:.3f}",
                accuracy=f"{means['token_accuracy']:.3f}",
                refresh=False,
            )

    def _end_epoch(self, started):
        means = self.measured.means()
        row = {
            "epoch": self.epoch + 1,
            "train_loss": means["loss"],
            "train_accuracy": means["token_accuracy"],
        }
        last = checkpoint.values(self.model.variables)
        if self.config.average:
            weights = self.model.trainable_variables
            self.model.optimizer.finalize_variable_values(weights)
            # On JAX weight and average are now one array, and a compiled step frees the
            # arrays that it is given: each gets its own.
            checkpoint.assign(weights, checkpoint.values(weights), self.folder)
        valid = self._validate()
        row["valid_cross_entropy"] = valid["token_cross_entropy"]
        row["valid_accuracy"] = valid["token_accuracy"]
        if self.score is not None and (
            (self.epoch + 1) % self.config.score_every == 0
            or self.epoch + 1 == self.config.epochs
            or self.model.stop_training
        ):
            row.update(self.score())
        self.best.offer(row, self.model.variables)
        checkpoint.assign(self.model.variables, last, self.folder)
        self.seconds = time.monotonic() - started
        row["seconds"] = round(self.seconds, 1)
        self.history.append(row)
        self.logs = {
            **means,
            **{f"val_{name}": mean for name, mean in valid.items()},
            **{name: number for name, number in row.items() if name != "epoch"},
        }
        # Before the checkpoint: it shall hold the learning rate that they chose.
        self.callbacks.on_epoch_end(self.epoch, self.logs)
        self.stopped = self.model.stop_training
        self.epoch, self.index, self.measured = self.epoch + 1, 0, TokenMeans()
        self._save()
        write_history(self.folder, self.history)

    def _validate(self) -> dict[str, float]:
        measured = TokenMeans()
        self.callbacks.on_test_begin()
        for index in range(len(self.valid)):
            inputs, labels = self.valid.batch(0, index)
            self.callbacks.on_test_batch_begin(index)
            measured.add(self.programs.test(inputs, labels), labels)
            self.callbacks.on_test_batch_end(index, measured.means())
        means = measured.means()
        self.callbacks.on_test_end(means)
        return means

    def _variables(self):
        return [*self.model.variables, *self.model.optimizer.variables]

    @functools.cached_property
    def _identity(self):
        """What must agree for a checkpoint to be continued."""
        config = dataclasses.asdict(self.config)
        for free in ("epochs", "patience", "checkpoint_seconds"):
            del config[free]
        return {
            "training": json.loads(json.dumps(config)),
            "data": [self.train.fingerprint(), self.valid.fingerprint()],
        }

    def _begin(self):
        for unfinished in self.folder.glob(".*.npz"):
            unfinished.unlink()  # the process that wrote it was killed
        path = self.folder / "checkpoint.npz"
        if not path.exists():
            return
        arrays, about = checkpoint.load_arrays(path)
        if about["identity"] != self._identity:
            raise checkpoint.CheckpointError(
                f"{path} belongs to a run with other data or another configuration; "
                "train into another folder, or delete this one"
            )
        checkpoint.assign(self._variables(), arrays, path)
        self.epoch, self.index = about["epoch"], about["index"]
        self.measured = TokenMeans(**about["measured"])
        self.history, self.seconds = about["history"], about["seconds"]
        self.best.go_on(about["best"])
        self.stopped = about.get("stopped", False)  # not in those of version 0.2
        # It may have been killed between the two.
        write_history(self.folder, self.history)

    def _save(self):
        about = {
            "epoch": self.epoch,
            "index": self.index,
            "measured": dataclasses.asdict(self.measured),
            "history": self.history,
            "seconds": self.seconds,
            "best": self.best.row,
            "stopped": self.stopped,
            "identity": self._identity,
        }
        arrays = checkpoint.values(self._variables())
        checkpoint.save_arrays(self.folder / "checkpoint.npz", arrays, about)

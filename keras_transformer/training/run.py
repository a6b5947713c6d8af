"""Training: a loop that can be killed at any step and goes on as if it had not been."""

import dataclasses
import functools
import json
import math
import pathlib
import time
from collections.abc import Callable

import keras
from tqdm.auto import tqdm

from keras_transformer.training import checkpoint
from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.config import TrainingConfig, compile_model
from keras_transformer.training.history import write_history
from keras_transformer.training.programs import Programs
from keras_transformer.training.tally import TokenMeans


class Run:
    """One training run: model, data, and its folder.

    The folder holds `checkpoint.npz` (every variable of model and optimizer, the
    position in the data, and what the epoch has measured so far), `best.npz` (the
    best weights so far), `history.json` and `history.csv`. A run whose folder has a
    checkpoint goes on from there, and ends with the weights it would have had without
    the break.

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
        callbacks: Keras callbacks, told of every epoch's end (TensorBoard, say).
        progress: Whether to show a progress bar.

    Raises:
        CheckpointError: If the folder's checkpoint belongs to another run.
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
        self.model = model
        self.train = train
        self.valid = valid
        self.config = config
        self.folder = pathlib.Path(folder)
        self.score = score
        self.monitor = monitor
        self.callbacks = keras.callbacks.CallbackList(list(callbacks), model=model)
        self.progress = progress
        self.history: list[dict] = []
        self.epoch = 0
        self.index = 0
        self.measured = TokenMeans()
        self.best: list | None = None
        self.best_row: dict | None = None
        self.seconds = 0.0
        if not model.built:
            model.build()
        compile_model(model, config)
        self.programs = Programs(model)
        self.model.optimizer.build(self.model.trainable_variables)

    def __call__(self) -> list[dict]:
        """Train to the end; returns the history, and leaves the best weights."""
        self._begin()
        if self.epoch < self.config.epochs:
            self._warm_up()
        started = time.monotonic() - self.seconds
        saved = time.monotonic()
        total = self.config.epochs * len(self.train)
        done = self.epoch * len(self.train) + self.index
        bar = tqdm(
            total=total,
            initial=done,
            disable=not self.progress,
            unit="batch",
            dynamic_ncols=True,
        )
        self.callbacks.on_train_begin()
        with bar:
            while self.epoch < self.config.epochs and not self._out_of_patience():
                bar.set_description(f"epoch {self.epoch + 1}/{self.config.epochs}")
                while self.index < len(self.train):
                    inputs, labels = self.train.batch(self.epoch, self.index)
                    logs = self.programs.train(inputs, labels)
                    self.measured.add(logs, labels)
                    self.index += 1
                    self._show(bar)
                    if time.monotonic() - saved > self.config.checkpoint_seconds:
                        self.seconds = time.monotonic() - started
                        self._save()
                        saved = time.monotonic()
                self._end_epoch(started)
                saved = time.monotonic()
        self.callbacks.on_train_end()
        if self.best is not None:
            checkpoint.assign(self.model.variables, self.best, self.folder)
        return self.history

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
        row.update(self._validate())
        if self.score is not None and (
            (self.epoch + 1) % self.config.score_every == 0
            or self.epoch + 1 == self.config.epochs
        ):
            row.update(self.score())
        if self._better(row):
            self.best = checkpoint.values(self.model.variables)
            self.best_row = row
            checkpoint.save_arrays(self.folder / "best.npz", self.best, row)
        checkpoint.assign(self.model.variables, last, self.folder)
        self.seconds = time.monotonic() - started
        row["seconds"] = round(self.seconds, 1)
        self.history.append(row)
        self.epoch, self.index, self.measured = self.epoch + 1, 0, TokenMeans()
        self._save()
        write_history(self.folder, self.history)
        self.callbacks.on_epoch_end(self.epoch - 1, row)

    def _validate(self) -> dict:
        measured = TokenMeans()
        for index in range(len(self.valid)):
            inputs, labels = self.valid.batch(0, index)
            logs = self.programs.test(inputs, labels)
            measured.add(logs, labels)
        means = measured.means()
        return {
            "valid_cross_entropy": means["token_cross_entropy"],
            "valid_accuracy": means["token_accuracy"],
        }

    def _better(self, row):
        if not math.isfinite(row.get(self.monitor, math.nan)):
            return False
        if self.best_row is None:
            return True
        gain = row[self.monitor] - self.best_row[self.monitor]
        return gain < 0 if self.monitor.endswith("cross_entropy") else gain > 0

    def _out_of_patience(self):
        if not self.config.patience or self.best_row is None:
            return False
        return self.epoch - self.best_row["epoch"] >= self.config.patience

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
        self.best_row = about["best"]
        if self.best_row is not None:
            self.best, _ = checkpoint.load_arrays(self.folder / "best.npz")
        # It may have been killed between the two.
        write_history(self.folder, self.history)

    def _save(self):
        about = {
            "epoch": self.epoch,
            "index": self.index,
            "measured": dataclasses.asdict(self.measured),
            "history": self.history,
            "seconds": self.seconds,
            "best": self.best_row,
            "identity": self._identity,
        }
        arrays = checkpoint.values(self._variables())
        checkpoint.save_arrays(self.folder / "checkpoint.npz", arrays, about)

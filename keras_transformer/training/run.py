"""Training: a loop that can be killed at any step and goes on as if it had not been."""

import dataclasses
import math
import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras_transformer.system.files import clear_unfinished
from keras_transformer.system.hosts import is_first, of_first
from keras_transformer.system.locks import only_writer
from keras_transformer.system.progress import progress_bar
from keras_transformer.training import checkpoint
from keras_transformer.training.best import BestWeights
from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.config import TrainingConfig, compile_model
from keras_transformer.training.finite import NotFiniteError, require_finite
from keras_transformer.training.history import write_history
from keras_transformer.training.identity import identity_of
from keras_transformer.training.interrupted import told
from keras_transformer.training.programs import Programs
from keras_transformer.training.saved_state import SavedState
from keras_transformer.training.token_means import TokenMeans
from keras_transformer.training.warm_up import warm_up

FILES = ("checkpoint.npz", "best.npz", "history.json", "history.csv")
"""What a run writes into its folder."""


class Run:
    """One training run: model, data, and its folder.

    The folder holds `checkpoint.npz` (every variable of model and optimizer, the
    position in the data, and what the epoch has measured so far), `best.npz` (the
    best weights so far), `history.json` and `history.csv`. A run whose folder has a
    checkpoint goes on from there, and ends with the weights it would have had without
    the break. A second run is refused there as long as the first one lasts.

    A loss or a weight that is not finite ends the run with an error, before anything of
    it is written; the weights of the last checkpoint are left in the model.

    Callbacks are told what `fit` tells them, with Keras's names (`loss`,
    `token_accuracy`, `val_loss` …, as means over tokens) and those of the history
    beside them, and may set `model.stop_training`: the epoch ends, and the run with it,
    for good. What a callback makes of weights and learning rate is in the checkpoint;
    what it remembers is not: in a run that goes on it begins anew, and is told once
    more of the epoch's beginning, and of what came after the last checkpoint. While
    there is a schedule, Keras refuses to set the rate; `warmup_steps=0` has none.

    Args:
        model: The model; its weights are changed in place.
        train: Batches to train on.
        valid: Batches to measure loss and accuracy on.
        config: How to train.
        folder: Where checkpoints and history go; created when missing.
        score: Called with no argument once the (averaged) weights are in the model,
            every `score_every` epochs; returns numbers for the history, where one that
            is not finite is `None`. The number under `monitor` decides which weights
            are best.
        monitor: Name of the deciding number: higher is better, except that a name
            ending in `cross_entropy` is better when lower. Of equals, the epoch with
            the lower `valid_cross_entropy` is the best.
        callbacks: Keras callbacks. The best weights, which are left in the model, are
            those by `monitor`, whatever a callback restored before.
        progress: Whether to show a progress bar, where tqdm is installed.
        made_of: What else the weights depend on, fit for JSON, such as the recipe of
            the model: a checkpoint of something else is refused.
        expect: Called with the seconds that all steps take at the pace of a few.

    Raises:
        CheckpointError: If the folder's checkpoint belongs to another run, or cannot be
            read.
        FolderInUseError: If another run writes to the folder.
        NotFiniteError: If a loss or a weight becomes NaN or infinite.
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
        made_of: Mapping[str, Any] | None = None,
        expect: Callable[[float], None] | None = None,
    ):
        if any(isinstance(c, keras.callbacks.BackupAndRestore) for c in callbacks):
            raise ValueError(
                "a Run goes on from checkpoints of its own, got BackupAndRestore among "
                "its callbacks"
            )
        self.model = model
        self.train, self.valid = train, valid
        self.config = config
        self.folder = pathlib.Path(folder)
        self.score = score
        self._given_callbacks = list(callbacks)
        self.progress = progress
        self.expect = expect
        self.history: list[dict] = []
        self.epoch = self.index = 0
        self.measured = TokenMeans()
        identity = identity_of(config, train, valid, made_of)
        self.saved = SavedState(self.folder / FILES[0], self._variables, identity)
        self.best = BestWeights(self.folder, monitor, identity)
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
        with only_writer(self.folder):
            self.resume()
            if is_first():
                clear_unfinished(self.folder, FILES)
            try:
                return self._train()
            except NotFiniteError:
                self.saved.load()
                raise

    def _train(self):
        # Not before: some of them write as soon as they are told of the model.
        self.callbacks = keras.callbacks.CallbackList(
            self._given_callbacks,
            model=self.model,
            verbose=0,
            epochs=self.config.epochs,
            steps=len(self.train),
        )
        if self.history:  # it may have been killed between checkpoint and history
            write_history(self.folder, self.history)
        if not self._ended():
            self._warm_up()
        started = time.monotonic() - self.seconds
        bar = progress_bar(
            shown=self.progress and is_first(),
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
            require_finite(logs, *self._place())
            self._show(bar)
            if self.model.stop_training:
                return
            if time.monotonic() - saved > self.config.checkpoint_seconds:
                self.seconds = time.monotonic() - started
                self._save()
                saved = time.monotonic()

    def _warm_up(self):
        before = checkpoint.values(self._variables())
        left = self.config.epochs - self.epoch - self.index / len(self.train)
        warm_up(self.programs, self.train, left, self.expect)
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

    def _place(self):
        """The batch before in words, and its pairs."""
        if not self.index:
            return f"after epoch {self.epoch}", ()
        of = f"{self.index} of {len(self.train)} in epoch {self.epoch + 1}"
        return f"after batch {of}", self.train.order(self.epoch)[self.index - 1][1]

    def _end_epoch(self, started):
        last = self.saved.values(*self._place())[: len(self.model.variables)]
        means = self.measured.means()
        row = {
            "epoch": self.epoch + 1,
            "train_loss": means["loss"],
            "train_accuracy": means["token_accuracy"],
        }
        if self.config.average:
            weights = self.model.trainable_variables
            self.model.optimizer.finalize_variable_values(weights)
            # On JAX weight and average are now one array, and a compiled step frees the
            # arrays that it is given: each gets its own.
            checkpoint.assign(weights, checkpoint.values(weights), self.folder)
        valid = self._validate()
        require_finite(valid, f"in the validation of epoch {self.epoch + 1}")
        row["valid_cross_entropy"] = valid["token_cross_entropy"]
        row["valid_accuracy"] = valid["token_accuracy"]
        if self.score is not None and (
            (self.epoch + 1) % self.config.score_every == 0
            or self.epoch + 1 == self.config.epochs
            or self.model.stop_training
        ):
            for name, number in of_first(self.score).items():
                row[name] = number if math.isfinite(number) else None
        self.best.offer(row, self.model.variables)
        checkpoint.assign(self.model.variables, last, self.folder)
        self.seconds = time.monotonic() - started
        row["seconds"] = round(self.seconds, 1)
        self.history.append(row)
        told = means | {f"val_{name}": mean for name, mean in valid.items()} | row
        self.logs = {k: n for k, n in told.items() if k != "epoch" and n is not None}
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

    def resume(self) -> None:
        """Read the folder's checkpoint, if there is one; nothing is written."""
        if (about := self.saved.load()) is None:
            return
        self.epoch, self.index = about["epoch"], about["index"]
        self.measured = TokenMeans(**about["measured"])
        self.history, self.seconds = about["history"], about["seconds"]
        self.stopped = about["stopped"]
        self.best.go_on(about["best"], self.saved.most)

    def _save(self):
        about = {
            "epoch": self.epoch,
            "index": self.index,
            "measured": dataclasses.asdict(self.measured),
            "history": self.history,
            "seconds": self.seconds,
            "best": self.best.row,
            "stopped": self.stopped,
        }
        self.saved.save(about, *self._place())

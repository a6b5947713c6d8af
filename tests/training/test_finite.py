"""What is not finite ends a run: it is named, and nothing of it is written."""

import json
import re

import keras
import numpy as np
import pytest
import small

from keras_transformer.training import NotFiniteError, Run, checkpoint

SHAPE = {"lengths": (7,)}
TRAIN = small.data(13, **SHAPE)
STEPS = len(TRAIN)


def run(folder, *callbacks, **options):
    keras.utils.set_random_seed(7)
    changes = {"epochs": 3} | options.pop("changes", {})
    return Run(
        small.Tagger(),
        TRAIN,
        small.data(5, seed=2, **SHAPE),
        small.config(**SHAPE | changes),
        folder,
        callbacks=callbacks,
        progress=False,
        **options,
    )


class Spoiler(keras.callbacks.Callback):
    """Puts a number into a weight, or the optimizer, at a hook of the second epoch.

    Args:
        hook: The hook.
        where: `"weight"` or `"optimizer"`.
        number: What it puts there.
        batch: At which batch, of a hook of batches.
    """

    def __init__(self, hook, where="weight", number=np.nan, batch=2):
        super().__init__()
        self.epoch, self.batch = 0, batch
        self.where, self.number = where, number
        setattr(self, hook, self.spoil)
        if hook != "on_epoch_begin":
            self.on_epoch_begin = self.count

    def count(self, epoch, logs=None):
        self.epoch = epoch

    def spoil(self, number=None, logs=None):
        if (isinstance(number, int) and number == self.batch) or number is None:
            variable = self.model.trainable_variables[0]
            if self.where == "optimizer":
                variable = self.model.optimizer.variables[-1]
            if self.epoch == 1:
                variable.assign(np.full(variable.shape, self.number))


def lines_of(epoch, batch):
    return sorted(int(pair) + 1 for pair in TRAIN.order(epoch)[batch][1])


def named(error):
    return [*map(int, re.search(r"pairs ([\d, ]+)\)", str(error))[1].split(", "))]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_ends_the_run_at_its_batch(tmp_path, number):
    training = run(tmp_path, Spoiler("on_train_batch_begin", number=number))
    message = (
        rf"^loss is (nan|inf) after batch 3 of {STEPS} in epoch 2 \(training pairs"
    )
    with pytest.raises(NotFiniteError, match=message) as stopped:
        training()
    assert named(stopped.value) == lines_of(1, 2)
    require_the_last_good_state(training)


@pytest.mark.parametrize(
    ("hook", "where", "said"),
    [
        ("on_train_batch_end", "weight", rf"after batch 3 of {STEPS} in epoch 2"),
        ("on_train_batch_end", "optimizer", rf"after batch 3 of {STEPS} in epoch 2"),
    ],
)
def test_a_weight_that_is_not_finite_is_not_saved(tmp_path, hook, where, said):
    training = run(tmp_path, Spoiler(hook, where))
    with pytest.raises(
        NotFiniteError, match=rf"holds NaN or infinity {said}"
    ) as stopped:
        training()
    assert named(stopped.value) == lines_of(1, 2)
    require_the_last_good_state(training)


@pytest.mark.parametrize("hook", ["on_test_end", "on_epoch_end"])
def test_weights_that_are_spoiled_at_the_end_of_an_epoch_are_not_saved(tmp_path, hook):
    class Last(keras.callbacks.Callback):
        calls = 0

    def spoil(self, *told, logs=None):
        self.calls += 1
        if self.calls == 2:
            weight = self.model.trainable_variables[0]
            weight.assign(np.full(weight.shape, np.nan))

    setattr(Last, hook, spoil)
    training = run(tmp_path, Last())
    with pytest.raises(NotFiniteError, match="holds NaN or infinity after epoch 2"):
        training()
    require_finite_files(tmp_path)


def test_the_same_run_ends_again_at_the_same_place(tmp_path):
    said = []
    for _ in range(2):
        with pytest.raises(NotFiniteError) as stopped:
            run(tmp_path, Spoiler("on_train_batch_begin"))()
        said.append(str(stopped.value))
    # The epoch has begun when the second one goes on: its spoiler has not counted it.
    assert said[0] == said[1]


def require_finite_files(folder):
    for name in ("checkpoint.npz", "best.npz"):
        arrays, _ = checkpoint.load_arrays(folder / name)
        assert all(np.isfinite(array).all() for array in arrays)
    rows = json.loads((folder / "history.json").read_text("utf-8"))
    assert all(np.isfinite(number) for row in rows for number in row.values())


def require_the_last_good_state(training):
    """On the disk, and in the model."""
    require_finite_files(training.folder)
    arrays, about = checkpoint.load_arrays(training.folder / "checkpoint.npz")
    assert (about["epoch"], about["index"]) == (1, 2)
    variables = [*training.model.variables, *training.model.optimizer.variables]
    assert small.same(checkpoint.values(variables), arrays)


def test_a_rate_beyond_all_use_is_refused(tmp_path):
    changes = {"peak_learning_rate": 1e30, "warmup_steps": 0, "epochs": 9}
    with pytest.raises(ValueError, match="peak_learning_rate must be at most 100"):
        run(tmp_path, changes=changes)()

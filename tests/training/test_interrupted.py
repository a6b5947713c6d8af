"""A run that somebody interrupts: the model stays, and the run goes on."""

import keras
import numpy as np
import pytest
import small

from keras_transformer.training import Run


class InterruptOnce(keras.callbacks.Callback):
    """Interrupts in the second epoch."""

    def __init__(self):
        super().__init__()
        self.epoch, self.is_done = 0, False

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 1 and batch == 2 and not self.is_done:
            self.is_done = True
            raise KeyboardInterrupt


def test_an_interrupt_says_what_is_held_and_the_run_goes_on(tmp_path):
    data = small.data()
    model = small.Tagger()
    training = Run(
        model,
        data,
        data,
        small.config(epochs=3),
        tmp_path,
        callbacks=(InterruptOnce(),),
        progress=False,
    )
    with pytest.raises(KeyboardInterrupt) as interrupted:
        training()
    (note,) = interrupted.value.__notes__
    assert f"by epoch 2 of 3, batch 2 of {len(data)}, and can be used" in note
    assert str(tmp_path) in note
    inputs, labels = data.batch(0, 0)
    logits = np.asarray(model(inputs))
    assert logits.shape[:2] == labels.shape and np.isfinite(logits).all()
    history = training()
    assert [row["epoch"] for row in history] == [1, 2, 3]

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.models import Transformer

IDS = {
    "source": np.array([[5, 6, 7, 2], [9, 2, 0, 0]]),
    "target": np.array([[1, 4, 5], [1, 10, 0]]),
}
OPTIONS = {
    "width": 6,
    "num_layers": 2,
    "num_heads": 3,
    "hidden_width": 7,
    "dropout": 0.1,
    "attention_dropout": 0.2,
    "hidden_dropout": 0.3,
    "norm": "post",
    "activation": "gelu",
    "positions": "learned",
    "max_length": 23,
    "share_embeddings": True,
    "tie_output": False,
    "seed": 5,
}
OTHER_BACKEND = """
import sys
import keras_transformer
import keras
import numpy as np

model = keras.saving.load_model(sys.argv[1])
ids = np.load(sys.argv[2])
# JAX compiles the model once, not each of its operations.
call = model if keras.backend.backend() == "tensorflow" else model.predict_on_batch
np.save(sys.argv[3], keras.ops.convert_to_numpy(call(dict(ids))))
"""


def logits(model):
    return ops.convert_to_numpy(model(IDS))


@pytest.mark.parametrize("options", [{"dropout": 0.0}, OPTIONS], ids=["plain", "all"])
def test_a_saved_model_comes_back_with_its_configuration_and_outputs(options, tmp_path):
    small = {"width": 6, "num_heads": 2, "num_layers": 1}
    model = Transformer(11, 11, **(small | options))
    model.build()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_config() == model.get_config()
    assert np.array_equal(logits(again), logits(model))


def test_the_configuration_holds_what_was_passed():
    config = Transformer(11, 11, **OPTIONS).get_config()
    assert {name: config[name] for name in OPTIONS} == OPTIONS


def test_weights_alone_come_back(tmp_path):
    model, other = (
        Transformer(11, 11, **OPTIONS | {"num_layers": 1}) for _ in range(2)
    )
    model.build()
    other.build()
    assert not np.allclose(logits(model), logits(other))
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert np.array_equal(logits(model), logits(other))


def test_a_saved_model_opens_on_another_backend(tmp_path):
    other = {"tensorflow": "jax"}.get(keras.backend.backend(), "tensorflow")
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    model = Transformer(11, 11, **OPTIONS | {"num_layers": 1})
    model.build()
    files = [tmp_path / name for name in ("model.keras", "ids.npz", "logits.npy")]
    model.save(files[0])
    np.savez(files[1], **IDS)
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, *files],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    np.testing.assert_allclose(np.load(files[2]), logits(model), atol=1e-5)

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.models import Transformer
from keras_transformer.positions import RotaryPositions

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
import pathlib
import sys
import keras_transformer
import keras
import numpy as np

folder = pathlib.Path(sys.argv[1])
for given in folder.glob("*.npz"):
    model = keras.saving.load_model(given.with_suffix(".keras"))
    model.save(folder / f"{given.stem}-again.keras")
    # JAX compiles the model once, not each of its operations.
    on_jax = keras.backend.backend() == "jax"
    call = model.predict_on_batch if on_jax else model
    output = keras.ops.convert_to_numpy(call(dict(np.load(given))))
    np.save(given.with_suffix(".npy"), output)
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


def attending():
    x = keras.Input((5, 12), name="x")
    layer = MultiHeadAttention(
        6, 12, positions=RotaryPositions(), num_key_value_heads=2, dropout=0.1
    )
    return keras.Model({"x": x}, layer(x, x))


def test_saved_files_open_on_another_backend_and_come_back_from_it(tmp_path):
    other = "tensorflow" if keras.backend.backend() == "jax" else "jax"
    if importlib.util.find_spec(other) is None:
        pytest.skip(f"{other} is not installed")
    transformer = Transformer(11, 11, **OPTIONS | {"num_layers": 1})
    transformer.build()
    x = np.random.default_rng(3).normal(size=(2, 5, 12)).astype("float32")
    saved = {"transformer": (transformer, IDS), "attention": (attending(), {"x": x})}
    for name, (model, inputs) in saved.items():
        model.save(tmp_path / f"{name}.keras")
        np.savez(tmp_path / f"{name}.npz", **inputs)
    subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND, tmp_path],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    for name, (model, inputs) in saved.items():
        wanted = ops.convert_to_numpy(model(inputs))
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        again = keras.saving.load_model(tmp_path / f"{name}-again.keras")
        assert np.array_equal(ops.convert_to_numpy(again(inputs)), wanted)

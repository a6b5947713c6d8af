"""The guides run as they stand, each in a process of its own."""

import csv
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

GUIDES = pathlib.Path(__file__).parents[1] / "docs" / "guides"
RUN = """
import runpy, sys
import numpy as np

found = runpy.run_path(sys.argv[1])
longer = np.pad(found["x_test"], ((0, 0), (0, 3)))
np.savez("predicted.npz", x=found["x_test"], y=found["y_test"], **{
    name: found["model"].predict(ids, verbose=0)
    for name, ids in {"plain": found["x_test"], "longer": longer}.items()
})
"""
LOAD = """
import keras
import numpy as np
import keras_transformer

x = np.load("predicted.npz")["x"]
np.save("loaded.npy", keras.saving.load_model(MODEL).predict(x, verbose=0))
"""


def in_a_process(code, folder, backend, *arguments):
    root = str(GUIDES.parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path}
    environment.pop("XLA_FLAGS", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def keras_user(tmp_path_factory):
    """What the guide wrote and said on TensorFlow."""
    folder = tmp_path_factory.mktemp("keras_user")
    said = in_a_process(RUN, folder, "tensorflow", GUIDES / "keras_user.py")
    return folder, said, dict(np.load(folder / "predicted.npz"))


def test_the_guide_of_a_keras_user_trains(keras_user):
    folder, said, predicted = keras_user
    for row in (r"self_attention .* 4,224 ", r"pooling \(Attention\) .* 2,080 "):
        assert re.search(row, said)  # 4 · (32 · 32 + 32), and 2 · 32 · 32 + 32
    right = (predicted["plain"][:, 0] > 0.5) == predicted["y"]
    assert right.mean() > 0.9 > max(predicted["y"].mean(), 1 - predicted["y"].mean())
    rows = list(csv.DictReader((folder / "log.csv").read_text().splitlines()))
    assert float(rows[-1]["loss"]) < 0.8 * float(rows[0]["loss"])
    assert (folder / "best.keras").is_file()


def test_its_model_predicts_the_same_on_another_backend(keras_user):
    folder, _, predicted = keras_user
    for name in ("opposed.keras", "best.keras"):
        in_a_process(LOAD.replace("MODEL", repr(name)), folder, "jax")
        loaded = np.load(folder / "loaded.npy")
        assert loaded.shape == predicted["plain"].shape
        if name == "opposed.keras":
            np.testing.assert_allclose(loaded, predicted["plain"], atol=1e-5)


def test_its_model_does_not_see_padding(keras_user):
    _, _, predicted = keras_user
    np.testing.assert_allclose(predicted["longer"], predicted["plain"], atol=1e-5)


def test_the_guide_to_a_weighting_of_ones_own_trains(tmp_path):
    guide = GUIDES / "own_weighting.py"
    code = guide.read_text("utf-8")
    layer = code[
        code.index("@keras.saving") : code.index("# %% [markdown]\n# ## The laws")
    ]
    assert len(layer.splitlines()) <= 30
    said = in_a_process(RUN, tmp_path, "tensorflow", guide)
    assert re.search(r"Rectified, judged like absolute_weighting: all \d+ laws", said)
    assert "hidden keys are as if they were not there: with 2 hidden keys" in said
    assert len(re.findall(r"judged like \w*Attention: all \d+ laws hold", said)) == 2
    predicted = dict(np.load(tmp_path / "predicted.npz"))
    right = (predicted["plain"][:, 0] > 0.5) == predicted["y"]
    assert right.mean() > 0.9 > max(predicted["y"].mean(), 1 - predicted["y"].mean())
    np.testing.assert_allclose(predicted["longer"], predicted["plain"], atol=1e-5)

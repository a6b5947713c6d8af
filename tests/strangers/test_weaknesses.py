"""What strangers' files have done to others, tried on ours."""

import ast
import json
import pathlib
import shutil
import sys
import zipfile

import keras
import numpy as np
import pytest
from strangers.weaknesses import WEAKNESSES

import keras_transformer
from keras_transformer.attention import Attention, MultiHeadAttention, ScaledDot
from keras_transformer.models import Transformer
from keras_transformer.translation.run_folder import WEIGHTS
from keras_transformer.translation.translator import Translator

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
ROOT = PACKAGE.parent


@pytest.fixture
def trap(tmp_path):
    """A file that is there only if a stranger's code was run."""
    return tmp_path / "sprung"


def a_lambda(trap):
    path = str(trap)
    spring = keras.layers.Lambda(lambda x: (open(path, "w").close(), x)[1])
    return keras.saving.serialize_keras_object(spring)


def function_of(module, name):
    return {
        "module": module,
        "class_name": "function",
        "config": name,
        "registered_name": name,
    }


def a_layer(name, **config):
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": {"name": "part", **config},
        "registered_name": None,
    }


PARTS = {
    "CVE-2024-3660": a_lambda,
    "CVE-2026-12481": a_lambda,
    "CVE-2025-1550": lambda trap: function_of("os", "system"),
    "CVE-2025-8747": lambda trap: a_layer(
        "Lambda",
        function=function_of("keras.utils", "get_file"),
        arguments={"origin": f"file://{__file__}", "cache_dir": str(trap)},
    ),
    "CVE-2025-9906": lambda trap: a_layer(
        "Lambda",
        function=function_of("keras.config", "enable_unsafe_deserialization"),
        arguments={},
    ),
    "CVE-2025-49655": lambda trap: a_layer(
        "TorchModuleWrapper", module="gASVBgAAAAAAAACMAm9zlC4=", output_shape=None
    ),
    "CVE-2025-12058": lambda trap: a_layer("StringLookup", vocabulary="/etc/passwd"),
    "CVE-2026-1462": lambda trap: a_layer("TFSMLayer", filepath=str(trap.parent)),
}
LAYERS = {
    "Attention": lambda: Attention(ScaledDot()),
    "MultiHeadAttention": lambda: MultiHeadAttention(2, 4),
    "Transformer": lambda: Transformer(
        7, 7, width=4, num_layers=1, num_heads=2, hidden_width=4
    ),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", PARTS)
def test_no_code_of_a_config_is_run(name, layer, trap):
    made = LAYERS[layer]()
    config = made.get_config()
    assert {"score", "weighting"} <= set(config)
    for part in ("score", "weighting"):
        with pytest.raises((ValueError, TypeError, ImportError, AttributeError)):
            changed = type(made).from_config({**config, part: PARTS[name](trap)})
            x = np.ones((1, 2, 4), "float32")
            changed(x, x)
    assert not trap.exists()
    assert keras.src.saving.serialization_lib.in_safe_mode() is not False


@pytest.mark.parametrize("name", PARTS)
def test_no_code_of_a_model_file_is_run(name, trap, tmp_path):
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, MultiHeadAttention(2, 4, name="ours")(inputs, inputs))
    path = tmp_path / "model.keras"
    model.save(path)
    harmed = tmp_path / "harmed.keras"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(harmed, "w") as written:
        for member in whole.namelist():
            data = whole.read(member)
            if member == "config.json":
                config = json.loads(data)
                layers = config["config"]["layers"]
                (own,) = (each for each in layers if each["name"] == "ours")
                own["config"]["score"] = PARTS[name](trap)
                data = json.dumps(config)
            written.writestr(member, data)
    with pytest.raises((ValueError, TypeError, ImportError, AttributeError)):
        keras.saving.load_model(harmed)(np.ones((1, 3, 4), "float32"))
    assert not trap.exists()


def test_a_legacy_model_is_no_weights(smoke_folder, tmp_path, trap):
    folder = shutil.copytree(smoke_folder, tmp_path / "copy")
    path = str(trap)
    legacy = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Lambda(lambda x: (open(path, "w").close(), x)[1]),
        ]
    )
    trap.unlink(missing_ok=True)  # making the model called it
    legacy.save(tmp_path / "legacy.h5")
    shutil.copy(tmp_path / "legacy.h5", folder / WEIGHTS)
    with pytest.raises(ValueError, match=WEIGHTS):
        Translator.load(folder)
    assert not trap.exists()


def calls():
    """Every name that the package's code mentions, with its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                yield node.attr, path
            elif isinstance(node, ast.Name):
                yield node.id, path
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names]
                for name in [getattr(node, "module", None) or "", *names]:
                    yield name.partition(".")[0], path


def test_no_command_opens_a_model_file():
    opened = {"load_model", "model_from_json", "enable_unsafe_deserialization"}
    found = {path.name for name, path in calls() if name in opened}
    # Ours: the weights of a run, and a law that reads what it has just saved.
    ours = {"weights.py", "translator.py", "fit.py", "token_runs.py"}
    assert found <= {*ours, "serialization.py"}
    named = (p for p in PACKAGE.rglob("*.py") if "saving.load_model" in p.read_text())
    assert {path.name for path in named} <= {"serialization.py"}
    banned = {"pickle", "cloudpickle", "marshal", "dill", "shelve"}
    assert not {name for name, _ in calls()} & banned


def test_no_archive_is_unpacked():
    banned = {"get_file", "extractall", "extract_archive", "unpack_archive", "tarfile"}
    assert not {name for name, _ in calls()} & banned


def test_a_name_is_no_path(smoke_folder, tmp_path, translator):
    # Names of layers, as a model file would name them, reach no file name of ours.
    folder = tmp_path / "deep" / "copy"
    shutil.copytree(smoke_folder, folder)
    before = {path for path in tmp_path.rglob("*")}
    Translator.load(folder)
    assert {path for path in tmp_path.rglob("*")} == before
    assert {path.name for path in PACKAGE.rglob("*.py")
            if "DiskIOStore" in path.read_text("utf-8")} == set()  # fmt: skip


def test_every_weakness_names_a_test_that_there_is():
    for weakness in WEAKNESSES:
        path, _, name = weakness.test.partition("::")
        assert (ROOT / path).is_file(), weakness.name
        if name:
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), weakness.name
    assert {each.name for each in WEAKNESSES if each.name in PARTS} == set(PARTS)


def test_keras_is_new_enough_for_all_of_them():
    assert tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 15)
    assert "keras>=3.15.1" in (ROOT / "pyproject.toml").read_text("utf-8")
    assert sys.version_info >= (3, 11)

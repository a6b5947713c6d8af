"""What the wheel brings, and that it works where there is JAX and nothing else."""

import email
import json
import re
import subprocess
import tomllib
import zipfile

import pytest
from installed import CHANGED, ROOT, ask, build_wheel, environment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ABSENT = ("tensorflow", "tensorflow_text", "torch", "matplotlib", "tyro", "tqdm")

CHILD = """
import importlib, importlib.util, json, sys
import keras, numpy as np
import keras_transformer as kt
from keras_transformer import corpora

absent = [n for n in json.loads(sys.argv[1]) if importlib.util.find_spec(n) is None]
messages = []
rooms = "text", "plots", "cli", "translation.evaluation", "translation.translator"
for room in rooms:
    try:
        importlib.import_module(f"keras_transformer.{room}")
    except ModuleNotFoundError as error:
        messages.append(str(error))

# To learn: the target is the source, turned round.
random = np.random.default_rng(1)
source = [random.integers(3, 9, random.integers(1, 4)) for _ in range(256)]
target = [ids[::-1] for ids in source]
config = kt.TrainingConfig(
    epochs=20, lengths=(4,), batch_tokens=256, peak_learning_rate=1e-2, warmup_steps=16
)
batches = kt.LengthBuckets(source, target, config.lengths, config.batch_tokens)
model = kt.Transformer(
    9, 9, width=32, num_layers=1, num_heads=2, hidden_width=64, dropout=0.0, seed=3
)
run = kt.Run(model, batches, batches, config, sys.argv[2], progress=False)
losses = [row["train_loss"] for row in run()]

exact = {}
for name, method in {"greedy": kt.Greedy(), "beam": kt.Beam(width=2)}.items():
    written = kt.BatchDecoder(model, method, lengths=(4,))(source[:64])
    pairs = zip(written, target[:64], strict=True)
    exact[name] = sum(list(ids) == list(wanted) for ids, wanted in pairs) / 64
print(json.dumps({
    "file": kt.__file__,
    "backend": keras.backend.backend(),
    "absent": absent,
    "changed": changed,
    "messages": messages,
    "losses": losses,
    "exact": exact,
    "pairs": len(corpora.load("phrasebook").splits["train"]),
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment with the wheel, Keras and JAX."""
    return environment(tmp_path_factory.mktemp("empty"), wheel, "keras", "jax")


@pytest.fixture(scope="module")
def child(python, tmp_path_factory):
    """What a program found in that environment."""
    folder = tmp_path_factory.mktemp("run")
    done = ask(python, CHANGED + CHILD, json.dumps(ABSENT), folder, KERAS_BACKEND="jax")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_wheel_brings_every_file_of_the_package_and_its_corpus(files):
    package = [*ROOT.glob("keras_transformer/**/*.*"), *ROOT.glob("*.py")]
    expected = {
        path.relative_to(ROOT).as_posix() for path in package if path.suffix != ".pyc"
    }
    embedded = ("data/phrasebook/*", "data/spoken-digits/*", "results/**/*.*")
    brought = [path for each in embedded for path in ROOT.glob(each)]
    brought += [path for path in ROOT.glob("lessons/**/*.*") if path.suffix != ".py"]
    expected |= {
        f"keras_transformer/{path.relative_to(ROOT).as_posix()}"
        for path in [*brought, ROOT / "SCOREBOARD.md"]
        if "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts
    }
    assert "keras_transformer/py.typed" in expected
    assert {name for name in files if ".dist-info/" not in name} == expected
    assert all(
        "keras_transformer" in name.partition("/")[0] for name in files
    )  # nothing else is put beside other people's packages


def test_the_wheel_needs_keras_and_numpy_and_says_so(files):
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    about = email.message_from_bytes(files[name])
    required = [r for r in about.get_all("Requires-Dist") if "extra ==" not in r]
    assert {re.match(r"[\w-]+", r)[0] for r in required} == {"keras", "numpy"}
    assert about["Version"] == PROJECT["version"]
    assert set(about.get_all("Provides-Extra")) >= {
        *("text", "plots", "cli", "lessons", "jax", "torch", "gpu", "bench", "dev"),
        "all",
    }


def test_the_metadata_points_at_no_address():
    assert "urls" not in PROJECT
    assert "http" not in json.dumps(PROJECT)
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_the_version_stands_in_one_place():
    places = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.toml", "*.py", "keras_transformer/**/*.py", "tests/**/*.py")
        for path in ROOT.glob(pattern)
        if PROJECT["version"] in path.read_text("utf-8")
    ]
    assert places == ["pyproject.toml"]


def test_what_the_wheel_brought_is_what_runs(child, python):
    assert child["file"].startswith(str(python.parents[1]))
    assert child["backend"] == "jax"


def test_nothing_else_is_there_and_nothing_else_is_needed(child):
    assert child["absent"] == list(ABSENT)
    assert not set(child["loaded"]) & set(ABSENT)


def test_importing_it_changes_nothing_in_the_process(child):
    assert child["changed"] == []


def test_a_transformer_learns_and_decodes_greedily_and_by_beam(child):
    assert child["losses"][-1] < child["losses"][0] / 2
    assert child["exact"]["greedy"] >= 0.9 and child["exact"]["beam"] >= 0.9


def test_the_phrasebook_is_read_out_of_the_wheel(child):
    lines = (ROOT / "data" / "phrasebook" / "train.tsv").read_text("utf-8").count("\n")
    assert child["pairs"] == lines - 1  # the first names the columns


LAY_OUT = """
import pathlib, sys
from keras_transformer.classroom import lessons

folder = pathlib.Path(sys.argv[1])
print(lessons.place(), *lessons.lay_out(folder))
print(len(list((folder / "work").glob("*.ipynb"))))
print((folder / "results/scoreboard").is_dir(), (folder / "SCOREBOARD.md").is_file())
"""


def test_the_lessons_are_laid_out_from_the_wheel(python, tmp_path):
    done = ask(python, LAY_OUT, tmp_path, KERAS_BACKEND="jax")
    count = len(list(ROOT.glob("lessons/*.ipynb")))
    assert done.stdout == f"attention-lessons\n{count}\nTrue True\n", done.stderr


def test_a_room_without_its_extra_says_which_one_to_install(child):
    said = "keras_transformer.{} needs the extra {}: pip install '{}[{}]'"
    rooms = {"text": "text", "plots": "plots", "cli": "cli"}
    rooms["translation.evaluation"] = "text"
    wanted = [said.format(r, e, PROJECT["name"], e) for r, e in rooms.items()]
    assert child["messages"] == [*wanted, wanted[0]]


def test_the_command_without_its_extra_says_so_in_one_line(python, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    command = python.with_name("keras-transformer")
    done = subprocess.run([command, "corpora", "list"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        "keras-transformer: keras_transformer.cli needs the extra cli: "
        f"pip install '{PROJECT['name']}[cli]'\n"
    )
    listed = subprocess.run([command, "--help"], capture_output=True, text=True)
    assert listed.returncode == 0 and "  translate " in listed.stdout

"""A command that is refused leaves everything as it was, byte for byte."""

import contextlib
import dataclasses
import functools
import io
import json
import shutil
import sys

import h5py
import numpy as np
import pytest
from command_run import run
from soak.disk import Full, asked

from keras_transformer.cli import main as cli
from keras_transformer.system.locks import only_writer
from keras_transformer.training import checkpoint
from keras_transformer.translation import fit, run_folder, weights

NUMBERS = ("--text.vocabulary-size", "350", "--training.batch-tokens", "320")


def smoke(command, corpus, folder, *flags):
    return [
        *(command, "--recipe", "smoke", "--corpus", str(corpus)),
        *("--folder", str(folder), *NUMBERS, *flags),
    ]


class Stopped(BaseException):
    pass


@pytest.fixture(scope="module")
def states(smoke_folder, corpus_file, tmp_path_factory):
    """Folders of runs, by how far they have come. Not to be changed."""
    home = tmp_path_factory.mktemp("states")
    (home / "new").mkdir()
    (home / "thesis").mkdir()
    (home / "thesis" / "chapter.txt").write_text("mine")
    shutil.copytree(smoke_folder, home / "finished")

    def stop(*arguments):
        raise Stopped

    with contextlib.redirect_stderr(io.StringIO()):
        cli.main(smoke("prepare", corpus_file, home / "prepared"))
        shutil.copytree(home / "prepared", home / "begun")
        shutil.copytree(home / "prepared", home / "from tokens")
        for command in (
            smoke("train", corpus_file, home / "begun"),
            ["train-tokens", str(home / "from tokens")],
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(weights, "written_whole", stop)  # the last to be written
                with pytest.raises(Stopped):
                    cli.main(command)
    for name in ("begun", "from tokens"):
        assert (home / name / "checkpoint.npz").exists()
        assert (home / name / "best.npz").exists()
    return home


def contents(home):
    """Every file and folder below one."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(home.rglob("*"))
    }


# What is done to a folder before the command.


def cut(name):
    def damage(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return damage


def lost(name):
    return lambda folder: (folder / name).unlink()


def changed(part, field, value):
    def damage(folder):
        recipe = json.loads((folder / "recipe.json").read_text("utf-8"))
        recipe[part][field] = value
        (folder / "recipe.json").write_text(json.dumps(recipe), "utf-8")

    return damage


def reordered(folder):
    """Two pieces change places: everything loads, and means something else."""
    path = folder / "tokenizer" / "vocabulary.txt"
    *pieces, one, other, end = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([*pieces, other, one, end]), "utf-8")


def with_nan(folder):
    with h5py.File(folder / "model.weights.h5", "a") as file:
        found = []
        file.visititems(lambda name, item: found.append(item))
        first = next(item for item in found if isinstance(item, h5py.Dataset))
        first[...] = np.full(first.shape, np.nan)


def without_origin(folder):
    with h5py.File(folder / "model.weights.h5", "a") as file:
        del file.attrs["made_of"]


def of_another_case(folder):
    path = folder / "tokenizer" / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace("keep", "lower"), "utf-8")


def foreign_best(folder):
    arrays, about = checkpoint.load_arrays(folder / "best.npz")
    about["identity"]["data"]["train"] = "others"
    checkpoint.save_arrays(folder / "best.npz", arrays, about)


def nothing(folder):
    pass


# What stands around the command.


@contextlib.contextmanager
def full_disk(folder):
    with pytest.MonkeyPatch.context() as patch:
        usage = type("Usage", (), {"total": 10**12, "free": 1000})
        patch.setattr(run_folder.shutil, "disk_usage", lambda path: usage)
        yield


@contextlib.contextmanager
def no_tensorboard(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorboard", None)
        yield


@contextlib.contextmanager
def read_only(folder):
    with asked(Full(1, error=30)):
        yield


@contextlib.contextmanager
def another_run(folder):
    """Another thread of this process is another writer."""
    from concurrent.futures import ThreadPoolExecutor

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        pool.submit(stack.enter_context, only_writer(folder)).result()
        yield
        pool.submit(stack.close).result()


alone = contextlib.nullcontext
TRAIN = functools.partial(smoke, "train")
PREPARE = functools.partial(smoke, "prepare")


def tokens(corpus, folder, *flags):
    return ["train-tokens", str(folder), *flags]


def translate(corpus, folder, *flags):
    return ["translate", str(folder), "Der Mann.", *flags]


def evaluate(corpus, folder, *flags):
    output = folder / "results" / "scores.json"
    return ["evaluate", str(folder), "--output", str(output), *flags]


def explain(corpus, folder, text="Der Mann.", figure="b.png"):
    return ["explain", str(folder), text, "--figure", str(folder / "a" / figure)]


def demo(corpus, folder):
    return ["demo", "--folder", str(folder)]


def other_corpus(command):
    return lambda corpus, folder: command("phrasebook", folder)


def typo(command, *more):
    return lambda corpus, folder, *flags: command("typo.tsv", folder, *more, *flags)


def flags(command, *given):
    return lambda corpus, folder, *more: command(corpus, folder, *given, *more)


RESTART = flags(TRAIN, "--restart")
REFUSED = [
    # command, folder, what is done to it, what stands around, what is said
    (typo(TRAIN), "none", nothing, alone, "typo.tsv: must be a readable file"),
    (typo(TRAIN), "new", nothing, alone, "typo.tsv: must be a readable file"),
    (typo(TRAIN, "--restart"), "finished", nothing, alone, "typo.tsv: must be a read"),
    (typo(TRAIN, "--restart"), "begun", nothing, alone, "typo.tsv: must be a readable"),
    (typo(PREPARE), "none", nothing, alone, "typo.tsv: must be a readable file"),
    (flags(TRAIN, "--files", "a", "b"), "none", nothing, alone, "must be a readable"),
    (flags(TRAIN, "--model.num-heads", "3"), "none", nothing, alone, "num_heads"),
    (
        flags(TRAIN, "--model.num-heads", "3", "--restart"),
        *("finished", nothing, alone, "num_heads"),
    ),
    (
        flags(TRAIN, "--training.lengths", "2"),
        "none",
        nothing,
        alone,
        "at most 1 tok",
    ),
    (flags(TRAIN, "--text.vocabulary-size", "9"), "none", nothing, alone, "vocabulary"),
    (flags(TRAIN, "--devices", "7"), "new", nothing, alone, "devices"),
    (flags(RESTART, "--devices", "7"), "finished", nothing, alone, "devices"),
    (flags(TRAIN, "--training.seed", "5"), "finished", nothing, alone, "training.seed"),
    (flags(TRAIN, "--training.seed", "5"), "begun", nothing, alone, "training.seed"),
    (flags(PREPARE, "--training.seed", "5"), "begun", nothing, alone, "training.seed"),
    (other_corpus(TRAIN), "begun", nothing, alone, "they differ in corpus"),
    (RESTART, "thesis", nothing, alone, "thesis without it"),
    (TRAIN, "none", nothing, full_disk, "MB on its disk, got 0.0 MB free"),
    (RESTART, "finished", nothing, full_disk, "MB on its disk, got 0.0 MB free"),
    (PREPARE, "none", nothing, full_disk, "MB on its disk, got 0.0 MB free"),
    (TRAIN, "none", nothing, read_only, "Read-only file system"),
    (TRAIN, "begun", nothing, read_only, "Read-only file system"),
    (PREPARE, "new", nothing, read_only, "Read-only file system"),
    (TRAIN, "begun", nothing, another_run, "is written to by process"),
    (RESTART, "finished", nothing, another_run, "is written to by process"),
    (PREPARE, "prepared", nothing, another_run, "is written to by process"),
    (demo, "begun", nothing, another_run, "is written to by process"),
    (
        flags(RESTART, "--tensorboard"),
        *("finished", nothing, no_tensorboard, "[tensorboard]"),
    ),
    (TRAIN, "begun", cut("recipe.json"), alone, "recipe.json: must be JSON"),
    (
        TRAIN,
        "begun",
        cut("checkpoint.npz"),
        alone,
        "delete it to start from",
    ),
    (
        flags(TRAIN, "--tensorboard"),
        *("begun", cut("checkpoint.npz"), alone, "delete it to start from"),
    ),
    (TRAIN, "begun", cut("best.npz"), alone, "best.npz is not a readable"),
    (
        TRAIN,
        "begun",
        lost("best.npz"),
        alone,
        "best.npz is missing; checkpoint",
    ),
    (TRAIN, "begun", foreign_best, alone, "data.train"),
    (TRAIN, "begun", reordered, alone, "vocabularies.source"),
    # From tokens
    (tokens, "none", nothing, alone, "keras-transformer prepare writes it"),
    (tokens, "begun", lost("tokens.npz"), alone, "keras-transformer prepare writes it"),
    (
        tokens,
        "prepared",
        cut("tokens.npz"),
        alone,
        "); keras-transformer prepare",
    ),
    (tokens, "prepared", reordered, alone, "vocabularies.source"),
    (tokens, "prepared", changed("text", "case", "lower"), alone, "text.case ('keep'"),
    (flags(tokens, "--devices", "7"), "prepared", nothing, alone, "devices"),
    (tokens, "prepared", nothing, full_disk, "MB on its disk, got 0.0 MB free"),
    (tokens, "prepared", nothing, read_only, "Read-only file system"),
    (tokens, "from tokens", nothing, another_run, "is written to by process"),
    (
        tokens,
        "from tokens",
        changed("model", "num_heads", 4),
        alone,
        "num_heads (2 th",
    ),
    (
        tokens,
        "from tokens",
        changed("model", "dropout", 0.5),
        alone,
        "model.dropout (",
    ),
    (
        tokens,
        "from tokens",
        changed("model", "positions", "rotary"),
        alone,
        "model.positions ('sinusoidal' there, 'rotary' here)",
    ),
    (
        tokens,
        "from tokens",
        changed("training", "seed", 7),
        alone,
        "training.seed (1",
    ),
    (tokens, "from tokens", cut("recipe.json"), alone, "recipe.json: must be JSON"),
    (
        tokens,
        "from tokens",
        lost("best.npz"),
        alone,
        "delete both to start from",
    ),
    # Of a finished translator
    *(
        (command, "finished", damage, alone, said)
        for damage, said in (
            (changed("model", "num_heads", 4), "model.num_heads (2 there, 4 here)"),
            (changed("model", "positions", "none"), "model.positions ('sinusoidal'"),
            (changed("training", "seed", 7), "training.seed (1 there, 7 here)"),
            (reordered, "vocabularies.source, vocabularies.target"),
            (with_nan, "is damaged: its numbers are not those of the run"),
            (without_origin, "of another version; train anew"),
            (of_another_case, "case ('lower' there, 'keep' here)"),
            (cut("model.weights.h5"), "model.weights.h5: must be a whole"),
        )
        for command in (translate,)
    ),
    (TRAIN, "finished", with_nan, alone, "its numbers are not those of the run"),
    (evaluate, "finished", reordered, alone, "vocabularies.source"),
    (explain, "finished", with_nan, alone, "its numbers are not those of the run"),
    (translate, "begun", nothing, alone, "without model.weights.h5; train it first"),
    (translate, "begun", nothing, another_run, "without model.weights.h5; process"),
    (evaluate, "begun", nothing, alone, "without model.weights.h5; train it first"),
    (flags(evaluate, "--corpus", "typo.tsv"), "finished", nothing, alone, "typo.tsv"),
    (flags(evaluate, "--splits", "tests"), "finished", nothing, alone, "got 'tests'"),
    (explain, "begun", nothing, alone, "without model.weights.h5; train it first"),
    (flags(explain, ""), "finished", nothing, alone, "a sentence of 1 to"),
    (flags(explain, "Ja.", "b.xyz"), "finished", nothing, alone, "xyz"),
    (flags(explain, "Ja."), "finished", nothing, read_only, "Read-only file system"),
]


@pytest.mark.parametrize(
    ("command", "state", "damage", "around", "said"),
    REFUSED,
    ids=[f"{number}-{case[1]}-{case[-1][:20]}" for number, case in enumerate(REFUSED)],
)
def test_a_refused_command_leaves_everything_as_it_was(
    capsys, states, corpus_file, tmp_path, command, state, damage, around, said
):
    home = tmp_path / "home"
    folder = home / state / "run" if state == "none" else home / state
    home.mkdir()
    if state != "none":
        shutil.copytree(states / state, folder)
        damage(folder)
    arguments = command(corpus_file, folder)
    with around(*() if around is alone else (folder,)):
        before = contents(home)
        code, output, errors = run(capsys, *arguments)
        assert contents(home) == before
    last = errors.splitlines()[-1]
    assert last.startswith("keras-transformer: ") and said in last, errors
    assert code in (1, 2) and output == ""


def test_a_restart_deletes_what_the_run_wrote_and_nothing_else(
    capsys, states, corpus_file, tmp_path
):
    folder = shutil.copytree(states / "finished", tmp_path / "run")
    mine = {
        ".git/HEAD": "ref",
        "notes.txt": "mine",
        "tokenizer/notes.txt": "mine",
        "tensorboard/notes.txt": "mine",
    }
    for name, text in mine.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "tensorboard" / "train").mkdir()
    (folder / "tensorboard" / "train" / "events.out.tfevents.1.host").touch()
    old = (folder / "model.weights.h5").read_bytes()
    told = []

    def stop(*arguments, **options):
        told.append(contents(folder))
        raise KeyboardInterrupt

    arguments = smoke("train", corpus_file, folder, "--restart", "--training.seed", "5")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "write_device", stop)  # the run is laid out
        assert run(capsys, *arguments)[0] == 130
    (left,) = told
    assert "model.weights.h5" not in left and "tensorboard/train" not in left
    assert json.loads(left["recipe.json"])["training"]["seed"] == 5
    assert run(capsys, *arguments[:-3], *arguments[-2:])[0] == 0  # without --restart
    assert (folder / "model.weights.h5").read_bytes() != old
    for name, text in mine.items():
        assert (folder / name).read_text() == text


def test_a_run_clears_away_what_killed_ones_have_left(
    capsys, states, corpus_file, tmp_path
):
    folder = shutil.copytree(states / "begun", tmp_path / "run")
    for name in ("model.weights.h5", "recipe.json", "checkpoint.npz", "tokens.npz"):
        (folder / f".12345.{name}").write_bytes(b"half")
    (folder / "tokenizer" / ".12345.vocabulary.txt").write_bytes(b"half")
    (folder / ".lock").write_text("{}")
    assert run(capsys, *smoke("train", corpus_file, folder))[0] == 0
    assert not [*folder.rglob(".*")]


def test_a_recipe_that_only_decodes_otherwise_is_no_other(states, tmp_path):
    from keras_transformer.translation.translator import Translator

    folder = shutil.copytree(states / "finished", tmp_path / "run")
    changed("decoding", "beam", 2)(folder)
    recipe = Translator.load(folder).recipe
    assert recipe.decoding.beam == 2
    assert dataclasses.replace(recipe, corpus="moved.tsv") != recipe

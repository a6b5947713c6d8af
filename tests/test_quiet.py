"""TensorFlow's start-up lines are held back, and nothing else."""

import json
import os
import subprocess
import sys

import pytest
from installed import CHANGED, ROOT

import keras_transformer_quiet
from keras_transformer_quiet import QuietFinder, install, load_ipython_extension, quiet

CHATTER = [
    "WARNING: All log messages before absl::InitializeLog() is called are written\n",
    "I0000 00:00:1795963985.718836 1 port.cc:153] oneDNN custom operations are on.\n",
    "I0000 00:00:1795963985.719293 1 cudart_stub.cc:31] Could not find cuda drivers\n",
    "I0000 00:00:1795963986.003709 1 cpu_feature_guard.cc:227] This binary is fast\n",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild\n",
]
LOUD = f"""
import os
os.write(2, {"".join(CHATTER)!r}.encode() + b"a warning of ours\\n")
VALUE = 7
"""


@pytest.fixture
def finders(monkeypatch):
    """The finders of modules, to be changed."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    return sys.meta_path


@pytest.fixture
def loud(monkeypatch, tmp_path):
    """A module that says while it is imported what TensorFlow says."""
    (tmp_path / "loud_module.py").write_text(LOUD)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(QuietFinder, "LOUD", ("loud_module",))
    yield "loud_module"
    sys.modules.pop("loud_module", None)


def python(code, *arguments, **options):
    """A program in a process of its own, which finds this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, *code, *map(str, arguments)],
        **{"env": environment, "capture_output": True, "text": True, **options},
    )


# What is held back


def test_start_up_lines_are_held_back_and_others_pass_through(capfd):
    with quiet():
        for line in CHATTER:
            os.write(2, line.encode())
        os.write(2, b"Error: the disk is full\n")
        assert capfd.readouterr().err == ""
    os.write(2, b"after\n")
    shown = capfd.readouterr().err
    assert shown == "Error: the disk is full\nafter\n"


def test_bytes_that_are_no_text_pass_through(capfdbinary):
    with quiet():
        os.write(2, b"\xff\xfe\n")
    assert capfdbinary.readouterr().err == b"\xff\xfe\n"


def test_what_was_said_before_an_error_is_shown(capfd):
    with pytest.raises(ZeroDivisionError), quiet():
        os.write(2, CHATTER[0].encode() + b"why\n")
        raise ZeroDivisionError
    assert capfd.readouterr().err == "why\n"


def test_no_file_is_left_open():
    before = os.listdir("/dev/fd")
    with quiet():
        pass
    assert os.listdir("/dev/fd") == before


@pytest.mark.parametrize("stream", [None, open(os.devnull, "w")])  # noqa: SIM115
def test_without_standard_error_nothing_happens(monkeypatch, stream, capfd):
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    with quiet():
        os.write(2, CHATTER[0].encode())
    assert capfd.readouterr().err == CHATTER[0]


# When it is held back


def test_a_loud_module_is_quiet_from_now_on(finders, loud, capfd):
    install()
    module = __import__(loud)
    assert capfd.readouterr().err == "a warning of ours\n"
    assert module.VALUE == 7 and module.__spec__.name == loud
    assert __import__(loud) is module


def test_without_the_finder_the_module_is_loud(finders, loud, capfd):
    finders[:] = [each for each in finders if not isinstance(each, QuietFinder)]
    __import__(loud)
    assert capfd.readouterr().err == "".join(CHATTER) + "a warning of ours\n"


def test_it_is_installed_once_and_first(finders):
    finders[:] = [each for each in finders if not isinstance(each, QuietFinder)]
    others = list(finders)
    install()
    load_ipython_extension(ipython=None)
    assert isinstance(finders[0], QuietFinder) and finders[1:] == others


def test_a_log_level_of_the_user_is_kept(finders, monkeypatch):
    install()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    install()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"


def test_only_loud_modules_are_looked_for():
    assert QuietFinder().find_spec("json") is None
    assert QuietFinder.LOUD == ("tensorflow", "tensorflow_text")


def test_a_loud_module_that_is_not_installed_is_missing_as_ever(finders, monkeypatch):
    monkeypatch.setattr(QuietFinder, "LOUD", ("no_such_module",))
    install()
    assert QuietFinder().find_spec("no_such_module") is None
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_module'"):
        import no_such_module  # noqa: F401


# In a process of its own


def test_it_imports_nothing_loud_itself():
    code = (
        "import sys, keras_transformer_quiet as q; q.install(); print({*sys.modules})"
    )
    done = python(["-c", code])
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in eval(done.stdout)}
    assert not loaded & {"keras", "numpy", "tensorflow", "keras_transformer"}


def test_a_process_without_standard_error_imports_what_is_loud(tmp_path):
    (tmp_path / "tensorflow.py").write_text(LOUD.replace("os.write", "print"))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import keras_transformer_quiet as q; q.install()\n"
        "import tensorflow; print(sys.stderr, tensorflow.VALUE)"
    )
    command = ["sh", "-c", 'exec "$0" "$@" 2>&-', sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "None 7"


def test_the_command_translates_quietly(smoke_folder):
    command = ["-c", "import keras_transformer_command as door; door.main()"]
    done = python(command, "translate", smoke_folder, "Brot", "ja")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 2


FIRST_CELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(history_load_length=0)
result = shell.run_cell(sys.argv[1])
result.raise_error()
import tensorflow
"""


def test_the_first_cell_of_a_lesson_is_quiet(tmp_path):
    lesson = json.loads((ROOT / "lessons" / "03_soft_attention.ipynb").read_text())
    cell = next(each for each in lesson["cells"] if each["cell_type"] == "code")
    source = "".join(cell["source"])
    assert f"%load_ext {keras_transformer_quiet.__name__}" in source
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    done = python(["-c", FIRST_CELL], source, env=environment, cwd=ROOT / "lessons")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_library_changes_nothing_in_the_process():
    loaded = "import keras_transformer_quiet as q\nwith q.quiet():\n    import keras\n"
    done = python(["-c", f"{loaded}{CHANGED}print(changed)"])
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")


@pytest.mark.parametrize("memory", [True, False])
def test_a_machine_without_a_temporary_folder_starts(monkeypatch, capfd, memory):
    def nowhere(*arguments, **options):
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(keras_transformer_quiet.tempfile, "TemporaryFile", nowhere)
    if not memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    with quiet():
        os.write(2, b"an error\n")
    assert capfd.readouterr().err == "an error\n"

"""The command before Keras is there: its list, and a stranger under its name."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
from installed import ROOT

import keras_transformer_command as door


class Found:
    """A distribution, as `importlib.metadata` shows one."""

    def __init__(self, version, record):
        self.version = version
        self.record = record

    def read_text(self, name):
        return self.record if name == "RECORD" else None


STRANGER = "keras_transformer/__init__.py,sha256=x,1\nkeras_transformer/x.py,,\n"
IN_PLACE = "_keras_transformer.pth,,\nkeras_transformer-0.1.0.dist-info/RECORD,,\n"


@pytest.fixture
def installed(monkeypatch):
    """`installed(…)`: the distributions that are called `keras-transformer`."""

    def install(*found):
        asked = {"keras-transformer": found}
        monkeypatch.setattr(
            metadata, "distributions", lambda name: iter(asked.get(name, ()))
        )

    return install


def test_a_stranger_of_the_same_name_is_named_with_what_to_do(installed):
    installed(Found("0.40.0", STRANGER))
    said = door.stranger()
    assert "keras-transformer 0.40.0 is another project" in said
    assert "uninstall it and keras-transformer-course, then install" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "found",
    [(), (Found("0.1.0", IN_PLACE),), (Found("0.1.0", None),)],
    ids=["none", "our own, in place", "an egg"],
)
def test_our_own_old_installations_are_no_strangers(installed, found):
    installed(*found)
    assert door.stranger() is None


def test_a_stranger_is_found_beside_an_old_installation(installed):
    installed(Found("0.1.0", IN_PLACE), Found("0.40.0", STRANGER))
    assert "0.40.0" in door.stranger()


def test_a_stranger_ends_the_command_with_one_line(installed):
    installed(Found("0.40.0", STRANGER))
    with pytest.raises(SystemExit) as ended:
        door.main(["corpora", "list"])
    assert ended.value.code == f"keras-transformer: {door.stranger()}"


def test_there_is_no_stranger_here():
    assert door.stranger() is None


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_command_all_of_them_are_listed(capsys, arguments):
    door.main(list(arguments))
    output, errors = capsys.readouterr()
    assert errors == ""
    for name, line in door.COMMANDS.items():
        assert f"\n  {name:14}{line}\n" in output


def test_the_list_takes_neither_keras_nor_the_library():
    code = (
        "import sys, keras_transformer_command; keras_transformer_command.main();"
        "print(sorted(set(sys.modules) & {'keras', 'numpy', 'keras_transformer'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "  translate " in done.stdout and done.stdout.endswith("\n[]\n")


def test_a_command_goes_to_the_command_line(monkeypatch):
    from keras_transformer.cli import main as cli

    asked = []
    monkeypatch.setattr(cli, "main", asked.append)
    door.main(["corpora", "list"])
    monkeypatch.setattr(sys, "argv", ["keras-transformer", "demo"])
    door.main()
    assert asked == [["corpora", "list"], ["demo"]]


def test_a_library_that_cannot_be_imported_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_transformer.cli.main", None)
    with pytest.raises(SystemExit, match=r"^keras-transformer: .*cli\.main"):
        door.main(["corpora", "list"])


WRONG = re.compile(r"pip3? install (?:-\S+ )*['\"]?keras[-_]transformer(?!-course)\b")


def test_nobody_is_told_to_install_the_stranger():
    pages = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("data/**/*.md"),
        *ROOT.glob("lessons/*"),
        *ROOT.glob("keras_transformer/**/*.py"),
        *ROOT.glob("*.py"),
    ]
    pages = [path for path in pages if path.is_file()]
    assert len(pages) > 100
    told = [p.name for p in pages if WRONG.search(p.read_text("utf-8", "ignore"))]
    assert told == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("pip install keras-transformer", True),
        ("pip install -U 'keras-transformer[text]'", True),
        ("pip install keras_transformer==0.40", True),
        ("pip install 'keras-transformer-course[text]'", False),
        ("pip install '.[gpu]'", False),
    ],
)
def test_advice_to_install_the_stranger_is_found(text, wrong):
    assert bool(WRONG.search(text)) is wrong
